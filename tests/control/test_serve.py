"""How a control plane is started: on which addresses, with TLS, with which settings."""

import subprocess
from datetime import UTC, datetime, timedelta
from ipaddress import ip_address
from pathlib import Path

import httpx
import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import NameOID
from tests.control.serving import BIN, PROJECT, ControlPlane, assert_error

from trackstack.control.access.limits import Limiter
from trackstack.control.errors import ApiError


def certificate(folder: Path) -> tuple[Path, Path]:
    """A certificate for 127.0.0.1, and its key."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "127.0.0.1")])
    now = datetime.now(UTC)
    made = (
        x509.CertificateBuilder(name, name, key.public_key(), x509.random_serial_number())
        .not_valid_before(now - timedelta(hours=1))
        .not_valid_after(now + timedelta(hours=1))
        .add_extension(x509.SubjectAlternativeName([x509.IPAddress(ip_address("127.0.0.1"))]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    cert, secret = folder / "cert.pem", folder / "key.pem"
    cert.write_bytes(made.public_bytes(Encoding.PEM))
    secret.write_bytes(key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))
    return cert, secret


def test_it_speaks_tls_where_it_has_a_certificate(own: ControlPlane) -> None:
    import ssl

    cert, key = certificate(own.home)
    own.flags += ("--tls-cert", str(cert), "--tls-key", str(key))
    own.scheme, own.verify = "https", ssl.create_default_context(cafile=str(cert))
    own.start()

    assert own.client().get("/instances").status_code == 200
    with pytest.raises(httpx.TransportError):
        httpx.get(f"http://127.0.0.1:{own.port}/health")


@pytest.mark.parametrize(
    ("flags", "message"),
    [
        (("--host", "0.0.0.0"), "--host 0.0.0.0 is open to other machines: give --tls-cert and --tls-key"),  # noqa: S104
        (("--host", "::"), "--host :: is open to other machines"),
        (("--tls-cert", "x"), "--tls-cert and --tls-key belong together"),
        (("--tls-cert", "/no/x", "--tls-key", "/no/y"), "there is no file /no/x"),
        (("--workers", "0"), "--workers must be 1 at least"),
        (("--default-project", "x"), "--default-project must be a UUID, not 'x'"),
        (("--oidc-issuer", "http://idp.example", "--oidc-audience", "x"), "must be an https:// URL"),
        (("--port", "http"), "'http' is not a valid integer"),
        (("--public-url", "ml.example.org"), "--public-url 'ml.example.org' must be scheme and host"),
        (("--oidc-client-id", "x"), "--oidc-client-id needs --oidc-issuer"),
        (("--oidc-client-secret-file", "/no/x"), "there is no file /no/x"),
        (("--session-s", "0"), "--session-s must be 1 at least"),
    ],
)
def test_settings_that_cannot_be_are_one_clear_line(
    own: ControlPlane, flags: tuple[str, ...], message: str
) -> None:
    done = subprocess.run(
        [BIN / "trackstack", "serve", "--project", own.folder, *flags],
        env=own.environment,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )

    assert done.returncode == 2 and message in done.stderr
    assert done.stderr.count("\n") == 1, done.stderr


def test_a_first_token_is_made_once(own: ControlPlane) -> None:
    own.start()
    first = own.token
    own.stop()
    own.start()

    assert own.token == first
    assert own.client().get("/instances").status_code == 200
    assert own.stop() == 0


def test_operations_that_wait_are_bounded(own: ControlPlane) -> None:
    own.flags += ("--queue-length", "2", "--workers", "1")
    own.start()
    client = own.client()

    answers = [client.post("/instances", json={"name": "d"}) for _ in range(4)]

    assert [answer.status_code for answer in answers[:2]] == [202, 202]
    assert_error(answers[3], 429, "Too many operations")
    assert int(answers[3].headers["retry-after"]) >= 1


def test_who_asks_too_often_is_told_when_to_come_again(own: ControlPlane) -> None:
    own.flags = ("--requests-per-s", "1", "--requests-burst", "2")
    own.start()
    other = own.command("access", "create", "--project-id", PROJECT).strip()

    answers = [own.client().get("/instances") for _ in range(4)]

    assert {answer.status_code for answer in answers} == {200, 429}
    assert own.client(other).get("/instances").status_code == 200
    guesses = [own.client("x").get("/instances").status_code for _ in range(5)]
    assert guesses[0] == 401 and 429 in guesses


def test_a_limiter_counts_time() -> None:
    now = 0.0
    limiter = Limiter(2, 3, lambda: now)
    passed = 0
    for _ in range(100):  # in 10 seconds
        try:
            limiter.check("a")
            passed += 1
        except ApiError as error:
            assert error.headers["Retry-After"] == "1"
        now += 0.1
    assert passed == 3 + 2 * 10 - 1
