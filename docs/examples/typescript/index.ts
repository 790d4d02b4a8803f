import { TrackingInstance } from "@pulumi/trackstack-components";

const vision = new TrackingInstance("vision", {
    target: "local",
    retention: "14d",
    labels: { project: "vision" },
});

export const url = vision.url;
export const token = vision.token;
