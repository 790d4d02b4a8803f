"""Tokens made on the command line, in the hands of MLflow's own client."""

import time

import mlflow
import pytest
from mlflow.exceptions import MlflowException
from tests.e2e.machine import Machine

HELD_WITHIN_S = 1.0  # a revoked token is refused by then


@pytest.fixture(autouse=True)
def patience(monkeypatch: pytest.MonkeyPatch) -> None:
    """The client asks once, so that a refusal comes at once."""
    monkeypatch.setenv("MLFLOW_HTTP_REQUEST_MAX_RETRIES", "0")


def client(machine: Machine, token: str, monkeypatch: pytest.MonkeyPatch) -> mlflow.MlflowClient:
    """MLflow's own client on demo, with a token."""
    monkeypatch.setenv("MLFLOW_TRACKING_TOKEN", token)
    return mlflow.MlflowClient(machine.json("show", "demo")["url"])


def admin_token(machine: Machine) -> str:
    """As `trackstack env` prints it."""
    return str(machine.json("env", "demo")["MLFLOW_TRACKING_TOKEN"])


def made(machine: Machine, *options: str) -> dict[str, str]:
    """A new token as its document tells it."""
    token: dict[str, str] = machine.json("token", "create", "demo", *options)["token"]
    return token


def test_a_token_is_shown_once_and_alone_on_stdout(demo: Machine, monkeypatch: pytest.MonkeyPatch) -> None:
    done = demo.run("token", "create", "demo", "--name", "ci", "--label", "team=vision", "--ttl", "7d")

    token = done.stdout.strip()
    _, id_, secret = token.split(".")
    assert done.stdout == f"{token}\n"
    assert f"ci ({id_}) may write until" in done.stderr
    assert secret not in done.stderr
    client(demo, token, monkeypatch).create_experiment("made by ci")
    listed = demo.run("token", "list", "demo").stdout
    assert secret not in listed
    assert [line.split()[:4] for line in listed.splitlines() if id_ in line] == [
        [id_, "ci", "write", "active"]
    ]
    [one] = [each for each in demo.json("token", "list", "demo")["tokens"] if each["id"] == id_]
    assert one["labels"] == {"team": "vision"}
    assert "content" not in one
    assert secret not in demo.instance_files("demo").joinpath("server.log").read_text()


def test_a_token_is_listed_with_its_user_and_tenant(demo: Machine) -> None:
    token = made(demo, "--user", "ada@example.org", "--tenant", "vision")

    assert (token["user"], token["tenant"]) == ("ada@example.org", "vision")
    [line] = [each for each in demo.run("token", "list", "demo").stdout.splitlines() if token["id"] in each]
    assert line.split()[3:6] == ["active", "ada@example.org", "vision"]


def test_a_token_to_read_cannot_write(demo: Machine, monkeypatch: pytest.MonkeyPatch) -> None:
    tracking = client(demo, made(demo, "--scope", "read")["content"], monkeypatch)

    assert tracking.search_experiments()
    with pytest.raises(MlflowException, match="needs a token with the scope write"):
        tracking.create_experiment("refused")


def test_a_revoked_token_is_refused_within_a_second(demo: Machine, monkeypatch: pytest.MonkeyPatch) -> None:
    token = made(demo)
    tracking = client(demo, token["content"], monkeypatch)
    assert tracking.search_experiments()

    demo.run("token", "revoke", "demo", token["id"])

    time.sleep(HELD_WITHIN_S)
    with pytest.raises(MlflowException, match="unknown, expired or revoked"):
        tracking.search_experiments()
    assert token["id"] not in demo.run("token", "list", "demo").stdout
    line = demo.refused("token", "revoke", "demo", token["id"], code=1)
    assert (
        line == f"No token with id '{token['id']}' exists; `trackstack token list demo` shows those there are"
    )


def test_a_rotated_token_lives_on_as_long_as_it_was_given(
    demo: Machine, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = made(demo, "--name", "nightly", "--scope", "read")
    second = demo.json("token", "rotate", "demo", first["id"], "--overlap", "1h")["token"]
    third = demo.run("token", "rotate", "demo", second["id"]).stdout.strip()

    assert (second["name"], second["scope"]) == ("nightly", "read")
    time.sleep(HELD_WITHIN_S)
    assert client(demo, first["content"], monkeypatch).search_experiments()
    assert client(demo, third, monkeypatch).search_experiments()
    with pytest.raises(MlflowException, match="unknown, expired or revoked"):
        client(demo, second["content"], monkeypatch).search_experiments()


def test_the_admin_token_rotates_and_env_prints_the_new_one(
    demo: Machine, monkeypatch: pytest.MonkeyPatch
) -> None:
    old, written = admin_token(demo), made(demo)["content"]

    done = demo.run("token", "rotate", "demo", "--admin")

    new = admin_token(demo)
    assert new != old
    assert new not in done.stdout + done.stderr
    assert client(demo, new, monkeypatch).search_experiments()
    assert client(demo, written, monkeypatch).search_experiments()
    with pytest.raises(MlflowException, match="unknown, expired or revoked"):
        client(demo, old, monkeypatch).search_experiments()
    demo.run("preview", "demo", "--expect-no-changes")


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (
            ["--ttl", "5y"],
            "ttl '5y' is not a duration: write days, hours, minutes, seconds, such as 30d or 1d12h",
        ),
        (["--ttl", "185d"], "ttl '185d' is too long; 184d at most."),
        (["--description", "x" * 161], "description must have 160 printable characters at most"),
        (["--label", "-a=b"], "'-a' is no label's key"),
    ],
    ids=["no duration", "too long", "description", "label"],
)
def test_what_the_server_does_not_allow_is_wrong_usage(
    options: list[str], message: str, demo: Machine
) -> None:
    assert demo.refused("token", "create", "demo", *options, code=2).startswith(message)


def test_a_stopped_instance_says_how_to_start_it(machine: Machine) -> None:
    machine.run("create", "demo")
    machine.run("stop", "demo")

    line = machine.refused("token", "list", "demo", code=1)

    assert line == "demo is stopped; `trackstack start demo` has it answer"
    before = admin_token(machine)
    machine.run("token", "rotate", "demo", "--admin")
    assert admin_token(machine) != before
    assert machine.servers() == []
