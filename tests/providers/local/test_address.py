import os
import socket
from collections.abc import Iterator

import pytest
from tests.providers.remote import Refused, Remote

from trackstack.providers.local import ports

KIND = "trackstack:local:LoopbackAddress"


@pytest.fixture
def taken() -> Iterator[int]:
    """A port that this process listens on."""
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        listener.listen()
        yield listener.getsockname()[1]


def test_a_free_port_is_chosen_below_those_of_outgoing_connections(remote: Remote) -> None:
    made = remote.create(KIND, {})

    assert made.outputs["port"] in ports.CHOICE
    assert made.outputs["url"] == f"http://127.0.0.1:{made.outputs['port']}"
    assert remote.read(made) == made


def test_the_port_that_was_asked_for_is_taken(remote: Remote) -> None:
    port = ports.choose("127.0.0.1")

    assert remote.create(KIND, {"requestedPort": port}).outputs["port"] == port


def test_a_chosen_port_is_nobody_elses_choice_while_its_server_starts() -> None:
    port = ports.choose("127.0.0.1")

    with socket.socket() as another, pytest.raises(OSError):
        another.bind(("127.0.0.1", port))
    assert ports.is_free("127.0.0.1", port)  # to listen at
    ports.let_go(port)
    with socket.socket() as another:
        another.bind(("127.0.0.1", port))


def test_a_taken_port_is_refused_with_its_holder(remote: Remote, taken: int) -> None:
    message = (
        rf"^port {taken} on 127.0.0.1 is taken by process {os.getpid()} \(.+\); stop that or choose another"
    )

    with pytest.raises(Refused, match=message):
        remote.create(KIND, {"requestedPort": taken})
    made = remote.create(KIND, {})
    with pytest.raises(Refused, match=message):
        remote.update(made, {"requestedPort": taken})


def test_asking_for_the_port_it_has_and_then_for_none_changes_nothing(remote: Remote) -> None:
    made = remote.create(KIND, {})
    port = made.outputs["port"]

    asked = remote.update(made, {"requestedPort": port})

    assert asked.outputs["port"] == port
    assert remote.update(asked, {}).outputs["port"] == port


def test_another_port_is_an_update_in_place_that_the_preview_knows(remote: Remote) -> None:
    made = remote.create(KIND, {})

    diff = remote.diff(made, {"requestedPort": 25000})

    assert list(diff.diffs) == ["requestedPort"] and not diff.replaces
    assert (
        remote.foretell(KIND, {"host": "127.0.0.1", "requestedPort": 25000})["url"]
        == "http://127.0.0.1:25000"
    )


@pytest.mark.parametrize(
    ("inputs", "failure"),
    [
        ({"host": "0.0.0.0"}, {"host": "must be a loopback address such as 127.0.0.1, got '0.0.0.0'"}),  # noqa: S104
        ({"host": "db"}, {"host": "must be a loopback address such as 127.0.0.1, got 'db'"}),
        ({"requestedPort": 0}, {"requestedPort": "must be between 1 and 65535, got 0"}),
        ({"requestedPort": 65536}, {"requestedPort": "must be between 1 and 65535, got 65536"}),
    ],
)
def test_an_address_outside_loopback_or_port_range_is_refused(
    remote: Remote, inputs: dict[str, object], failure: dict[str, str]
) -> None:
    assert remote.check(KIND, inputs)[1] == failure
