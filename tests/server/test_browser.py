"""What a page in the user's browser cannot do to the server."""

import httpx
import pytest
from tests.server.conftest import Start

READ = "/api/2.0/mlflow/experiments/get?experiment_id=0"


@pytest.mark.parametrize(
    "host",
    [
        "evil.example",
        "127.0.0.1.evil.com",
        "10.evil.com",
        "localhost.evil.com",
        "fc00::1%evil.com",
        "evil",
        "",
        "[::1",
        "169.254.169.254.nip.io",
    ],
)
@pytest.mark.parametrize("path", [READ, "/api/2.0/mlflow/nope"])
def test_a_foreign_host_is_403(client: httpx.Client, host: str, path: str) -> None:
    reply = client.get(path, headers={"host": host})

    assert reply.status_code == 403
    assert reply.json()["error_code"] == "PERMISSION_DENIED"
    assert host == "" or host not in reply.text


@pytest.mark.parametrize("host", ["localhost", "127.0.0.1:1", "[::1]:80", "192.168.1.5", "10.0.0.1:5000"])
def test_addresses_of_ones_own_network_are_served(client: httpx.Client, host: str) -> None:
    assert client.get(READ, headers={"host": host}).status_code == 200


def test_health_is_served_under_any_name(client: httpx.Client) -> None:
    assert client.get("/health", headers={"host": "evil.example"}).status_code == 200


@pytest.mark.parametrize(
    "origin", ["http://evil.com", "http://localhost.evil.com", "null", "", "http://localhost:3000", "file://"]
)
@pytest.mark.parametrize("method", ["GET", "POST"])
def test_foreign_pages_are_403(client: httpx.Client, origin: str, method: str) -> None:
    reply = client.request(method, READ, headers={"origin": origin})

    assert (reply.status_code, reply.json()["message"]) == (403, "Cross-origin request blocked")


def test_a_cross_site_request_without_origin_is_403(client: httpx.Client) -> None:
    assert client.get(READ, headers={"sec-fetch-site": "cross-site"}).status_code == 403


def test_the_servers_own_pages_are_served(client: httpx.Client) -> None:
    own = str(client.base_url).rstrip("/")

    assert client.get(READ, headers={"origin": own, "sec-fetch-site": "same-origin"}).status_code == 200


def test_every_answer_forbids_sniffing_and_framing(client: httpx.Client) -> None:
    for path in (READ, "/health", "/nope", "/version"):
        headers = client.get(path).headers
        assert headers["x-content-type-options"] == "nosniff"
        assert headers["x-frame-options"] == "SAMEORIGIN"


def test_names_and_origins_can_be_allowed(start_server: Start) -> None:
    server = start_server(
        TRACKSTACK_SERVER_ALLOWED_HOSTS="tracking.example",
        TRACKSTACK_SERVER_ALLOWED_ORIGINS="https://console.example",
    )
    with server.client() as client:
        headers = {"host": "tracking.example", "origin": "https://console.example"}
        assert client.get(READ, headers=headers).status_code == 200
        assert client.get(READ, headers={"host": "other.example"}).status_code == 403
    server.stop()
