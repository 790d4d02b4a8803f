"""A small OpenID provider: its configuration and its keys over HTTP, and tokens that it signs."""

import json
import threading
import time
from collections.abc import Mapping
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import jwt
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from jwt.algorithms import ECAlgorithm, RSAAlgorithm

Key = rsa.RSAPrivateKey | ec.EllipticCurvePrivateKey


class Issuer:
    """Signs with the key `signing`; publishes all of `keys`."""

    def __init__(self) -> None:
        self.keys: dict[str, Key] = {}
        self.asked: list[str] = []
        self.configured: dict[str, Any] = {}
        issuer = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                issuer.asked.append(self.path)
                body = json.dumps(issuer.answer(self.path)).encode()
                self.send_response(200)
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, format: str, *args: Any) -> None:
                """Nothing on the screen."""

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._thread = threading.Thread(target=self._server.serve_forever)
        self._thread.start()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self._server.server_port}"

    def close(self) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()

    def add(self, kid: str, kind: str = "RSA") -> Key:
        """Another key, published from now on."""
        key: Key = (
            rsa.generate_private_key(65537, 2048)
            if kind == "RSA"
            else ec.generate_private_key(ec.SECP256R1())
        )
        self.keys[kid] = key
        return key

    def answer(self, path: str) -> Any:
        if path == "/.well-known/openid-configuration":
            return {"issuer": self.url, "jwks_uri": f"{self.url}/keys"} | self.configured
        return {"keys": [_published(kid, key) for kid, key in self.keys.items()]}

    def token(self, kid: str, claims: Mapping[str, Any] | None = None, key: Any = None, **header: Any) -> str:
        """A token that is good but for what `claims` and `header` say; None leaves a claim out."""
        now = int(time.time())
        every = {
            "iss": self.url,
            "aud": "trackstack",
            "sub": "alice",
            "iat": now,
            "exp": now + 60,
            "roles": ["editor"],
            "projects": ["792ff0e7-be72-4135-91fa-74adab5cec76"],
        }
        signing = key or self.keys[kid]
        algorithm = header.pop("alg", "RS256" if isinstance(signing, rsa.RSAPrivateKey) else "ES256")
        payload = {name: value for name, value in (every | dict(claims or {})).items() if value is not None}
        return jwt.encode(payload, signing, algorithm, headers={"kid": kid} | header)


def public_pem(key: Key) -> bytes:
    """What everybody may have of a key."""
    return key.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)


def _published(kid: str, key: Key) -> dict[str, Any]:
    if isinstance(key, rsa.RSAPrivateKey):
        document = RSAAlgorithm.to_jwk(key.public_key(), as_dict=True)
        return {**document, "kid": kid, "alg": "RS256", "use": "sig"}
    return {**ECAlgorithm.to_jwk(key.public_key(), as_dict=True), "kid": kid, "alg": "ES256", "use": "sig"}
