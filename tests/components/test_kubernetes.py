import json
from typing import Any

import pytest
from tests.components.registrations import Out, dependencies, recorded, register

from trackstack.components.kubernetes.instance import KubernetesArgs, KubernetesInstance
from trackstack.components.settings.kubernetes import KubernetesSettings

POSTGRES: dict[str, Any] = {"kind": "postgres"}
S3: dict[str, Any] = {
    "kind": "s3",
    "mode": "direct",
    "url": "s3://artifacts/team-a",
    "endpoint": "https://s3.example.com:9000",
    "region": "eu01",
    "access_key": {"name": "s3", "key": "id"},
    "secret_key": {"name": "s3", "key": "secret"},
}
INGRESS: dict[str, Any] = {"kind": "ingress", "host": "mlflow.example.com"}
SCALED: dict[str, Any] = {"database": POSTGRES, "bucket": S3, "replicas": 2, "most_replicas": 5}
EVERYTHING: dict[str, Any] = {
    **SCALED,
    "size": "medium",
    "image": "registry.example.com/trackstack-server:1.0",
    "exposure": {**INGRESS, "path": "/team-a", "class_name": "nginx", "cluster_issuer": "letsencrypt"},
    "service_monitor": True,
}
OWN = ("demo", "trackstack-demo")


def arguments(settings: dict[str, Any] | None = None, **changes: Any) -> KubernetesArgs:
    """Arguments with the version's default image replaced, which every version changes."""
    parsed = KubernetesSettings.model_validate({"image": "trackstack-server:1.0", **(settings or {})})
    return KubernetesArgs(settings=parsed, **changes)


def make(settings: dict[str, Any] | None = None, **changes: Any) -> tuple[dict[str, Any], dict[str, Out]]:
    """What an instance named demo registers, and its outputs."""
    args = arguments(settings, **changes)
    return register(lambda: KubernetesInstance("demo", args).outputs)


def inputs(settings: dict[str, Any] | None = None, **changes: Any) -> dict[str, Any]:
    """The inputs of each part."""
    return {name: part["inputs"] for name, part in make(settings, **changes)[0].items()}


def pods(parts: dict[str, Any]) -> dict[str, dict[str, Any]]:
    """The pods that parts describe, by part."""
    found = {}
    for name, given in parts.items():
        spec = given.get("spec", {})
        spec = spec.get("jobTemplate", {}).get("spec", spec)
        if "template" in spec:
            found[name] = spec["template"]["spec"]
    return found


def environment(parts: dict[str, Any], part: str = "demo-deployment-server") -> dict[str, Any]:
    """The variables of a part's container, plain or where they are from."""
    (container,) = pods(parts)[part]["containers"]
    return {each["name"]: each.get("value") or each["valueFrom"] for each in container["env"]}


def leaves(document: Any, path: str = "") -> dict[str, Any]:
    """Every value of a document by its path."""
    if isinstance(document, dict) and document:
        below = [leaves(item, f"{path}.{name}") for name, item in document.items()]
    elif isinstance(document, list) and document:
        labels = [item.get("name", i) if isinstance(item, dict) else i for i, item in enumerate(document)]
        below = [leaves(item, f"{path}[{label}]") for label, item in zip(labels, document, strict=True)]
    else:
        return {path: document}
    return {place: value for each in below for place, value in each.items()}


def changed(before: dict[str, Any], after: dict[str, Any]) -> set[str]:
    """The parts, and within them the fields, that differ."""
    old, new = leaves(before), leaves(after)
    return {path.removeprefix(".") for path in old.keys() | new.keys() if old.get(path) != new.get(path)}


@pytest.mark.parametrize(("name", "settings"), [("kubernetes_small", {}), ("kubernetes", EVERYTHING)])
def test_an_instance_registers_what_was_recorded(name: str, settings: dict[str, Any]) -> None:
    registered, _ = make(settings, description="for team a", labels={"team": "a"})

    assert json.loads(json.dumps(registered)) == recorded(name)


@pytest.mark.parametrize(("name", "settings"), [("kubernetes_small", {}), ("kubernetes", EVERYTHING)])
def test_types_and_names_stay_as_they_were_released(name: str, settings: dict[str, Any]) -> None:
    """Another type or name would replace what runs; a renamed part needs an alias."""
    registered, _ = make(settings)

    assert {part: each["type"] for part, each in registered.items()} == {
        part: each["type"] for part, each in recorded(name).items()
    }


def test_every_part_is_a_child_whose_name_starts_with_its_parents() -> None:
    registered, _ = make(EVERYTHING)

    for name, part in registered.items():
        if name not in OWN:
            assert name.startswith(f"{part['parent']}-")


def test_outputs_tell_where_everything_is_and_only_the_token_is_secret() -> None:
    _, outputs = make(EVERYTHING, retention="7d")

    assert outputs == {
        "url": Out("https://mlflow.example.com/team-a"),
        "token": Out("tsk1.id.secret", secret=True),
        "namespace": Out("demo"),
        "service": Out("demo-server"),
        "service_url": Out("http://demo-server.demo.svc:5000"),
        "bucket": Out("s3://artifacts/team-a"),
        "image": Out("registry.example.com/trackstack-server:1.0"),
        "retention": Out("7d"),
    }


SERVER = "demo-deployment-server.spec"
GC = "demo-retention-gc.spec"
POD = f"{SERVER}.template.spec"
GC_POD = f"{GC}.jobTemplate.spec.template.spec"
CONTAINER, MIGRATE = f"{POD}.containers[server]", f"{POD}.initContainers[migrate]"
GC_CONTAINER = f"{GC_POD}.containers[gc]"


def everywhere(field: str) -> set[str]:
    """The field of every container of the image."""
    return {f"{each}.{field}" for each in (CONTAINER, MIGRATE, GC_CONTAINER)}


def in_pods(field: str) -> set[str]:
    return {f"{POD}.{field}", f"{GC_POD}.{field}"}


@pytest.mark.parametrize(
    ("settings", "fields"),
    [
        ({"image": "trackstack-server:2.0"}, everywhere("image")),
        ({"env": {"A": "1"}}, everywhere("env[A].name") | everywhere("env[A].value")),
        (
            {"env_secrets": {"A": {"name": "s", "key": "k"}}},
            {
                path
                for end in ("name", "valueFrom.secretKeyRef.name", "valueFrom.secretKeyRef.key")
                for path in everywhere(f"env[A].{end}")
            },
        ),
        (
            {"resources": {"memory_limit": "3Gi"}},
            {f"{each}.resources.limits.memory" for each in (CONTAINER, MIGRATE)},
        ),
        ({"scratch": "7Gi"}, in_pods("volumes[tmp].emptyDir.sizeLimit")),
        ({"pull_secrets": ["pull"]}, in_pods("imagePullSecrets[pull].name")),
        ({"node_selector": {"disk": "ssd"}}, in_pods("nodeSelector.disk")),
        (
            {"tolerations": [{"key": "gpu", "operator": "Exists", "effect": "NoSchedule"}]},
            {path for end in ("key", "operator", "effect") for path in in_pods(f"tolerations[0].{end}")},
        ),
        ({"pod_annotations": {"a": "b"}}, {f"{SERVER}.template.metadata.annotations.a"}),
        ({"service_account_annotations": {"role": "r"}}, {"demo-account-server.metadata.annotations.role"}),
        ({"gc_schedule": "0 1 * * *"}, {f"{GC}.schedule"}),
        ({"timeout_s": 60}, {f"{SERVER}.progressDeadlineSeconds"}),
        ({"egress": ["10.0.0.0/8"]}, {"demo-network-server.spec.egress[1].to[0].ipBlock.cidr"}),
        ({"database": {"storage": "1Gi"}}, {"demo-database-volume.spec.resources.requests.storage"}),
        ({"database": {"storage_class": "fast"}}, {"demo-database-volume.spec.storageClassName"}),
        ({"bucket": {"storage": "1Gi"}}, {"demo-bucket-volume.spec.resources.requests.storage"}),
        ({"bucket": {"storage_class": "fast"}}, {"demo-bucket-volume.spec.storageClassName"}),
        ({"context": "other"}, set()),
        ({"kubeconfig": "k.yaml"}, set()),
    ],
    ids=lambda given: next(iter(given), "") if isinstance(given, dict) else "",
)
def test_a_setting_reaches_exactly_the_part_it_is_about(settings: dict[str, Any], fields: set[str]) -> None:
    assert changed(inputs(), inputs(settings)) == fields


@pytest.mark.parametrize(
    ("changes", "fields"),
    [
        ({"retention": "7d"}, everywhere("env[TRACKSTACK_SERVER_RETENTION].value")),
        ({"rotation": "2"}, {"demo-token-admin.rotation"}),
        ({"description": "text"}, {"demo.description"}),
        ({"running": False}, {f"{SERVER}.replicas", f"{GC}.suspend"}),
    ],
    ids=lambda given: next(iter(given), "") if isinstance(given, dict) else "",
)
def test_what_all_targets_know_reaches_exactly_its_part(changes: dict[str, Any], fields: set[str]) -> None:
    assert changed(inputs(), inputs(**changes)) == fields


@pytest.mark.parametrize(
    ("settings", "gone", "new"),
    [
        ({"namespace": "ml"}, {"demo-namespace-own"}, set()),
        ({"network_policy": False}, {"demo-network", "demo-network-server"}, set()),
        ({"database": {"claim": "c"}}, {"demo-database-volume"}, set()),
        (
            {"database": {"kind": "postgres", "claim": "c", "secret": {"name": "s", "key": "k"}}},
            {"demo-database-volume"},
            {
                "demo-database-server",
                "demo-database-service",
                "demo-migration",
                "demo-migration-job",
                "demo-network-database",
            },
        ),
        ({"bucket": {"claim": "c"}}, {"demo-bucket-volume"}, set()),
        ({"bucket": S3}, {"demo-bucket-volume"}, set()),
        ({"secret_key": {"name": "s", "key": "k"}}, {"demo-key", "demo-key-secret"}, set()),
        (
            {"admin_token": {"name": "s", "key": "k"}},
            {"demo-token-admin", "demo-token-digest", "demo-token-token"},
            set(),
        ),
        ({"exposure": INGRESS}, set(), {"demo-ingress", "demo-ingress-ingress"}),
        ({"service_monitor": True}, set(), {"demo-monitor", "demo-monitor-server"}),
        (
            {"database": POSTGRES},
            set(),
            {
                "demo-database-password",
                "demo-database-secret",
                "demo-database-server",
                "demo-database-service",
                "demo-migration",
                "demo-migration-job",
                "demo-network-database",
            },
        ),
        (
            {"database": {"kind": "url", "secret": {"name": "s", "key": "k"}}},
            {"demo-database-volume"},
            {"demo-migration", "demo-migration-job"},
        ),
        (
            {"database": {"kind": "cloudnativepg"}},
            {"demo-database-volume"},
            {
                "demo-database-cluster",
                "demo-migration",
                "demo-migration-job",
                "demo-network-database",
            },
        ),
    ],
    ids=lambda given: next(iter(given), "") if isinstance(given, dict) else "",
)
def test_parts_are_there_where_they_are_needed(
    settings: dict[str, Any], gone: set[str], new: set[str]
) -> None:
    small, other = inputs().keys(), inputs(settings).keys()

    assert (small - other, other - small) == (gone, new)


def test_several_pods_have_a_budget_and_an_autoscaler_that_decides_how_many() -> None:
    parts = inputs(SCALED)

    assert "replicas" not in parts["demo-deployment-server"]["spec"]
    assert parts["demo-scaling-autoscaler"]["spec"]["minReplicas"] == 2
    assert parts["demo-scaling-autoscaler"]["spec"]["maxReplicas"] == 5
    assert parts["demo-scaling-budget"]["spec"]["maxUnavailable"] == 1


def test_a_fixed_number_of_pods_has_a_budget_and_no_autoscaler() -> None:
    parts = inputs({**SCALED, "most_replicas": 2})

    assert parts["demo-deployment-server"]["spec"]["replicas"] == 2
    assert "demo-scaling-autoscaler" not in parts
    assert "demo-scaling-budget" in parts


def test_a_stopped_instance_has_no_pods_and_nothing_that_makes_some() -> None:
    parts = inputs(SCALED, running=False)

    assert parts["demo-deployment-server"]["spec"]["replicas"] == 0
    assert parts["demo-database-server"]["spec"]["replicas"] == 0
    assert parts["demo-retention-gc"]["spec"]["suspend"] is True
    assert not [name for name in parts if "scaling" in name or "migration" in name]
    assert "demo-database-volume" in parts


@pytest.mark.parametrize(
    ("settings", "strategy"),
    [
        ({}, {"type": "Recreate"}),
        ({"database": POSTGRES}, {"type": "Recreate"}),
        (SCALED, {"type": "RollingUpdate", "rollingUpdate": {"maxSurge": 1, "maxUnavailable": 0}}),
    ],
)
def test_a_volume_that_one_pod_may_mount_is_given_up_before_the_next_pod(
    settings: dict[str, Any], strategy: dict[str, Any]
) -> None:
    assert inputs(settings)["demo-deployment-server"]["spec"]["strategy"] == strategy


def test_the_schema_is_migrated_before_the_server_serves() -> None:
    """By the only pod where the database is on its volume, else by a Job of the image's own name."""
    (first,) = pods(inputs())["demo-deployment-server"]["initContainers"]
    parts = inputs({"database": POSTGRES})
    other = inputs({"database": POSTGRES, "image": "trackstack-server:2.0"})

    assert first["args"] == ["migrate"]
    assert "initContainers" not in pods(parts)["demo-deployment-server"]
    assert pods(parts)["demo-migration-job"]["containers"][0]["args"] == ["migrate"]
    names = [each["demo-migration-job"]["metadata"]["name"] for each in (parts, other)]
    assert names[0] != names[1]


@pytest.mark.parametrize("settings", [{}, EVERYTHING, {"database": POSTGRES}])
def test_every_pod_passes_the_restricted_pod_security_standard(settings: dict[str, Any]) -> None:
    found = pods(inputs(settings))

    assert found
    for pod in found.values():
        assert pod["securityContext"]["runAsNonRoot"] is True
        assert pod["securityContext"]["runAsUser"] > 0
        assert pod["securityContext"]["seccompProfile"] == {"type": "RuntimeDefault"}
        assert pod["automountServiceAccountToken"] is False
        assert not pod.keys() & {"hostNetwork", "hostPID", "hostIPC"}
        assert all(
            volume.keys() & {"emptyDir", "persistentVolumeClaim", "secret"} for volume in pod["volumes"]
        )
        for container in [*pod["containers"], *pod.get("initContainers", ())]:
            assert container["securityContext"] == {
                "allowPrivilegeEscalation": False,
                "readOnlyRootFilesystem": True,
                "capabilities": {"drop": ["ALL"]},
            }
            assert container["resources"].keys() == {"requests", "limits"}


def test_secrets_go_into_secrets_only_and_are_secret_there() -> None:
    registered, _ = make(EVERYTHING)
    plain = {}
    for name, part in registered.items():
        if part["type"] == "kubernetes:core/v1:Secret":
            marked = part["inputs"]["stringData"]
            assert marked["4dabf18193072939515e22adb298388d"] == "1b47061264138c4ac30d75fd1eb44270"
            assert set(part["secret_outputs"]) == {"data", "stringData"}
        else:
            plain[name] = part

    text = json.dumps(plain)
    assert "p4ssw0rd" not in text
    assert "tsk1.id.secret" not in text


def test_pods_know_no_more_than_the_tokens_digest() -> None:
    for pod in pods(inputs(EVERYTHING)).values():
        mounted = {volume["secret"]["secretName"] for volume in pod["volumes"] if "secret" in volume}
        assert mounted <= {"demo-digest", "demo-key"}


def test_everything_carries_the_instances_labels() -> None:
    registered, _ = make(EVERYTHING, labels={"team": "a"})

    for part in registered.values():
        if part["type"].startswith("kubernetes:"):
            labels = part["inputs"]["metadata"]["labels"]
            assert (
                labels.items()
                >= {
                    "team": "a",
                    "app.kubernetes.io/name": "trackstack",
                    "app.kubernetes.io/instance": "demo",
                    "app.kubernetes.io/managed-by": "trackstack",
                }.items()
            )


def test_selectors_are_never_changed_by_the_users_labels() -> None:
    plain, labelled = inputs(SCALED), inputs(SCALED, labels={"team": "a"})

    for part in ("demo-deployment-server", "demo-database-server", "demo-service-server"):
        assert plain[part]["spec"]["selector"] == labelled[part]["spec"]["selector"]


def test_the_server_is_told_its_hosts_and_where_users_reach_it() -> None:
    env = environment(inputs({**SCALED, "exposure": {**INGRESS, "path": "/team-a", "tls": True}}))

    assert env["TRACKSTACK_SERVER_ALLOWED_HOSTS"].split(",") == [
        "mlflow.example.com",
        "demo-server",
        "demo-server.demo",
        "demo-server.demo.svc",
        "demo-server.demo.svc.cluster.local",
    ]
    assert env["TRACKSTACK_SERVER_PUBLIC_URL"] == "https://mlflow.example.com/team-a"
    assert env["TRACKSTACK_SERVER_ROOT_PATH"] == "/team-a"
    assert env["TRACKSTACK_SERVER_FORWARDED_FROM"] == "*"
    assert env["TRACKSTACK_SERVER_DATABASE_URL"] == {
        "secretKeyRef": {"name": "demo-postgres", "key": "database-url"}
    }
    assert env["AWS_SECRET_ACCESS_KEY"] == {"secretKeyRef": {"name": "s3", "key": "secret"}}


def test_probes_ask_by_a_name_that_the_server_knows() -> None:
    parts = inputs(EVERYTHING)
    (server,) = pods(parts)["demo-deployment-server"]["containers"]
    hosts = environment(parts)["TRACKSTACK_SERVER_ALLOWED_HOSTS"].split(",")

    asked = {kind: server[f"{kind}Probe"]["httpGet"] for kind in ("startup", "readiness", "liveness")}

    assert {kind: get["path"] for kind, get in asked.items()} == {
        "startup": "/health",
        "readiness": "/ready",
        "liveness": "/health",
    }
    assert all(get["httpHeaders"][0]["value"] in hosts for get in asked.values())


def test_the_way_in_is_an_ingress_with_a_certificate() -> None:
    spec = inputs(EVERYTHING)["demo-ingress-ingress"]["spec"]

    assert spec["ingressClassName"] == "nginx"
    assert spec["tls"] == [{"hosts": ["mlflow.example.com"], "secretName": "demo-tls"}]
    (rule,) = spec["rules"]
    (path,) = rule["http"]["paths"]
    assert (rule["host"], path["path"], path["pathType"]) == ("mlflow.example.com", "/team-a", "Prefix")
    assert path["backend"]["service"] == {"name": "demo-server", "port": {"number": 5000}}


def test_the_way_in_is_a_gateways_route() -> None:
    gateway = {"name": "edge", "namespace": "infra", "section": "https"}
    exposure = {"kind": "gateway", "host": "a.example.com", "gateway": gateway, "tls": True}

    parts, outputs = make({"exposure": exposure})

    spec = parts["demo-ingress-route"]["inputs"]["spec"]
    assert spec["parentRefs"] == [{"name": "edge", "namespace": "infra", "sectionName": "https"}]
    assert spec["hostnames"] == ["a.example.com"]
    assert outputs["url"] == Out("https://a.example.com")


def test_the_network_lets_pods_reach_what_they_need_and_nothing_else() -> None:
    small = inputs()["demo-network-server"]["spec"]
    large = inputs(EVERYTHING)["demo-network-server"]["spec"]

    def ports(spec: dict[str, Any]) -> list[set[int]]:
        return [{port["port"] for port in rule["ports"]} for rule in spec["egress"]]

    assert ports(small) == [{53}]
    assert small["ingress"][0]["from"] == [{"podSelector": {}}]
    assert ports(large) == [{53}, {5432}, {9000}]


def test_only_the_controllers_that_are_named_come_in() -> None:
    exposure = {**INGRESS, "namespaces": ["ingress-nginx"]}

    (rule,) = inputs({"exposure": exposure})["demo-network-server"]["spec"]["ingress"]

    assert rule["from"] == [
        {"podSelector": {}},
        {"namespaceSelector": {"matchLabels": {"kubernetes.io/metadata.name": "ingress-nginx"}}},
    ]


def test_an_operated_database_is_chosen_by_its_operators_label_and_sleeps_while_stopped() -> None:
    settings = {"database": {"kind": "cloudnativepg", "instances": 3}}
    parts, asleep = inputs(settings), inputs(settings, running=False)

    policy = parts["demo-network-database"]["spec"]
    assert policy["podSelector"] == {"matchLabels": {"cnpg.io/cluster": "demo-postgres"}}
    assert [port["port"] for port in policy["ingress"][1]["ports"]] == [5432, 8000]
    cluster = parts["demo-database-cluster"]
    assert cluster["spec"]["instances"] == 3
    assert cluster["metadata"]["annotations"]["pulumi.com/waitFor"] == "condition=Ready"
    assert asleep["demo-database-cluster"]["metadata"]["annotations"] == {"cnpg.io/hibernation": "on"}
    assert environment(parts)["TRACKSTACK_SERVER_DATABASE_URL"] == {
        "secretKeyRef": {"name": "demo-postgres-app", "key": "uri"}
    }


def test_a_collection_runs_where_the_volume_is_mounted() -> None:
    assert "affinity" in pods(inputs())["demo-retention-gc"]
    assert "affinity" not in pods(inputs(SCALED))["demo-retention-gc"]


@pytest.mark.parametrize(
    ("settings", "retained"),
    [
        ({}, set()),
        (
            {"database": {"keep": True}},
            {"demo-database-volume", "demo-key-secret", "demo-namespace-own"},
        ),
        ({"bucket": {"keep": True}}, {"demo-bucket-volume", "demo-key-secret", "demo-namespace-own"}),
        (
            {"database": {**POSTGRES, "keep": True}, "bucket": S3, "namespace": "ml"},
            {"demo-database-volume", "demo-database-secret", "demo-key-secret"},
        ),
        (
            {"database": {"kind": "cloudnativepg", "keep": True}, "bucket": S3, "namespace": "ml"},
            {"demo-database-cluster", "demo-key-secret"},
        ),
    ],
)
def test_what_is_kept_outlives_the_instance_with_what_one_needs_to_read_it(
    settings: dict[str, Any], retained: set[str]
) -> None:
    registered, _ = make(settings)

    assert {name for name, part in registered.items() if part.get("retained")} == retained


def test_pods_come_after_all_that_they_need() -> None:
    args = arguments(EVERYTHING)
    after = dependencies(lambda: KubernetesInstance("demo", args).outputs)

    needed = {"demo-account-server", "demo-token-digest", "demo-database-server", "demo-network-server"}
    assert after["demo-migration-job"] >= needed
    assert after["demo-deployment-server"] >= {*needed, "demo-migration-job", "demo-key-secret"}
    assert after["demo-database-server"] >= {"demo-database-volume", "demo-database-secret"}
    for name, before in after.items():
        if name.startswith("demo-") and "namespace" not in name and name.count("-") > 1:
            assert "demo-namespace-own" in before or name in ("demo-token-admin", "demo-database-password")
