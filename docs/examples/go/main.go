package main

import (
	trackstackcomponents "example.com/pulumi-trackstack-components/sdk/go/trackstack-components"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"
)

func main() {
	pulumi.Run(func(ctx *pulumi.Context) error {
		target, retention := "local", "14d"
		vision, err := trackstackcomponents.NewTrackingInstance(ctx, "vision", &trackstackcomponents.TrackingInstanceArgs{
			Target:    &target,
			Retention: &retention,
			Labels:    map[string]string{"project": "vision"},
		})
		if err != nil {
			return err
		}
		ctx.Export("url", vision.Url)
		ctx.Export("token", vision.Token)
		return nil
	})
}
