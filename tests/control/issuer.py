"""A small OpenID provider: its configuration and keys over HTTP, sign-ins by code, tokens that it signs."""

import hashlib
import json
import secrets
import threading
import time
from base64 import urlsafe_b64encode
from collections.abc import Mapping
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qsl, urlencode, urlsplit

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
        self.authorizations: list[str | None] = []
        self.codes: dict[str, dict[str, str]] = {}
        self.of_id_token: dict[str, Any] = {}
        self.of_access_token: dict[str, Any] = {}
        issuer = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                issuer.asked.append(self.path)
                url = urlsplit(self.path)
                if url.path == "/authorize":
                    self.send_response(303)
                    self.send_header("Location", issuer.authorize(dict(parse_qsl(url.query))))
                    self.send_header("Content-Length", "0")
                    self.end_headers()
                    return
                self.tell(200, issuer.answer(self.path))

            def do_POST(self) -> None:
                form = dict(parse_qsl(self.rfile.read(int(self.headers["Content-Length"])).decode()))
                issuer.authorizations.append(self.headers["Authorization"])
                self.tell(*issuer.redeem(form))

            def tell(self, status: int, document: Any) -> None:
                body = json.dumps(document).encode()
                self.send_response(status)
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
            return {
                "issuer": self.url,
                "jwks_uri": f"{self.url}/keys",
                "authorization_endpoint": f"{self.url}/authorize",
                "token_endpoint": f"{self.url}/token",
            } | self.configured
        return {"keys": [_published(kid, key) for kid, key in self.keys.items()]}

    def authorize(self, asked: dict[str, str]) -> str:
        """Where somebody who has just said yes is sent."""
        code = secrets.token_urlsafe(16)
        self.codes[code] = asked
        return f"{asked['redirect_uri']}?{urlencode({'code': code, 'state': asked['state']})}"

    def redeem(self, form: dict[str, str]) -> tuple[int, dict[str, Any]]:
        """The tokens for a code, once, and only for who began."""
        asked = self.codes.pop(form["code"], None)
        challenge = urlsafe_b64encode(hashlib.sha256(form["code_verifier"].encode()).digest())
        if (
            asked is None
            or asked["code_challenge_method"] != "S256"
            or asked["code_challenge"] != challenge.rstrip(b"=").decode()
            or form["redirect_uri"] != asked["redirect_uri"]
            or form["client_id"] != asked["client_id"]
        ):
            return 400, {"error": "invalid_grant"}
        of_id = {"aud": asked["client_id"], "nonce": asked["nonce"], "roles": None, "projects": None}
        kid = next(iter(self.keys))
        return 200, {
            "token_type": "Bearer",
            "id_token": self.token(kid, of_id | self.of_id_token),
            "access_token": self.token(kid, self.of_access_token),
        }

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
