import pytest
from tests.components.registrations import Out, recorded, register

from trackstack.components.local.instance import LocalArgs, LocalInstance
from trackstack.providers.local import Local


def make(**changes: object) -> tuple[dict[str, dict[str, object]], dict[str, Out]]:
    """What an instance named demo registers, and its outputs."""
    settings = {"data_dir": "/d", "retention": "30d", **changes}
    args = LocalArgs(**settings)  # type: ignore[arg-type]  # a table of changes
    return register(lambda: LocalInstance("demo", args).outputs)


def test_an_instance_registers_what_was_recorded() -> None:
    registered, _ = make(description="for team a", labels={"team": "a"})

    assert registered == recorded("instance")


def test_types_and_names_stay_as_they_were_released() -> None:
    """Another type or name would replace what runs; a renamed part needs an alias."""
    registered, _ = make()

    assert {name: part["type"] for name, part in registered.items()} == {
        name: part["type"] for name, part in recorded("instance").items()
    }


def test_every_part_is_a_child_whose_name_starts_with_its_parents() -> None:
    registered, _ = make()

    for name, part in registered.items():
        if name not in ("demo", "trackstack-demo"):
            assert name.startswith(f"{part['parent']}-")


def test_outputs_tell_where_everything_is_and_only_the_token_is_secret() -> None:
    _, outputs = make()

    assert outputs == {
        "url": Out("http://127.0.0.1:20001"),
        "token": Out("tsk1.id.secret", secret=True),
        "port": Out(20001),
        "data_dir": Out("/d"),
        "log_file": Out("/d/server.log"),
        "bucket": Out("/d/artifacts"),
        "database_url": Out("sqlite:////d/tracking.db"),
        "retention": Out("30d"),
    }


@pytest.mark.parametrize(
    ("changes", "part", "inputs"),
    [
        ({"port": 5000}, "demo-ingress-address", {"requestedPort": 5000}),
        ({"running": False}, "demo-deployment-server", {"running": False}),
        ({"retention": "7d"}, "demo-retention-schedule", {"retention": "7d"}),
        ({"rotation": "2027"}, "demo-token-admin", {"rotation": "2027"}),
        ({"labels": {"a": "b"}}, "demo", {"labels": {"a": "b"}}),
    ],
)
def test_a_setting_reaches_exactly_the_part_it_is_about(
    changes: dict[str, object], part: str, inputs: dict[str, object]
) -> None:
    before, _ = make()
    after, _ = make(**changes)

    before[part]["inputs"] |= inputs  # type: ignore[operator]  # JSON
    assert after == before


def test_every_custom_resource_passes_the_providers_own_checks() -> None:
    registered, _ = make(port=5000)
    resources = Local().resources

    for part in registered.values():
        if part["type"] in resources:
            resource = resources[str(part["type"])]
            assert not list(resource.check(resource.inputs.model_validate(part["inputs"])))


def test_a_relative_folder_is_refused() -> None:
    with pytest.raises(ValueError, match=r"^data_dir must be an absolute path, got 'd'$"):
        LocalArgs(data_dir="d", retention="30d")
