"""Browser sessions: a cookie that proves that its holder once showed a token, and nothing is stored.

The value is `<token id>.<expiry>.<HMAC>`, keyed with the digest that is kept of the token. So the cookie
does not reveal the token, any replica can check it, and it ends with the token: a revoked token has no
digest any more. Its name carries the port, since browsers share cookies among all ports of a host, and the
path below which the server was found, since a cookie of the host's root is sent there, too.
"""

import hashlib
import hmac
from dataclasses import dataclass
from http.cookies import CookieError, SimpleCookie

LIFETIME_S = 12 * 3600
_NAME = "trackstack-session"


@dataclass(frozen=True)
class Session:
    """What a session cookie says; only `proven` tells whether it is true. `expires`: seconds since 1970."""

    token_id: str
    expires: int
    proof: str

    @classmethod
    def sealed(cls, token_id: str, digest: str, expires: int) -> "Session":
        """A session of the token whose digest is known."""
        return cls(token_id, expires, _proof(token_id, digest, expires))

    @classmethod
    def of(cls, header: str, host: str, root: str = "") -> "Session | None":
        """What the Cookie header of a request to `host`, below the path `root`, claims; None where it holds
        no session."""
        try:
            morsel = SimpleCookie(header).get(_name(host, root))
        except CookieError:
            return None
        token_id, _, rest = (morsel.value if morsel else "").partition(".")
        expiry, _, proof = rest.partition(".")
        if not (token_id and expiry.isascii() and expiry.isdigit() and len(expiry) < 12):
            return None
        return cls(token_id, int(expiry), proof)

    def proven(self, digest: str, now: float) -> bool:
        """Whether it was sealed with that digest and has not ended."""
        proof = _proof(self.token_id, digest, self.expires)
        return now < self.expires and hmac.compare_digest(proof.encode(), self.proof.encode())

    def cookie(self, host: str, root: str = "", *, secure: bool) -> bytes:
        """The Set-Cookie header's value: out of scripts' reach, and never sent from other sites."""
        value = f"{_name(host, root)}={self.token_id}.{self.expires}.{self.proof}; Max-Age={LIFETIME_S}"
        return (value + _attributes(root) + ("; Secure" if secure else "")).encode()


def _attributes(root: str) -> str:
    return f"; Path={root or '/'}; HttpOnly; SameSite=Strict"


def farewell(host: str, root: str = "") -> bytes:
    """The Set-Cookie header's value that ends the session in this browser."""
    return f"{_name(host, root)}=; Max-Age=0{_attributes(root)}".encode()


def _name(host: str, root: str) -> str:
    port = host.rpartition(":")[2]
    name = f"{_NAME}-{port}" if port.isascii() and port.isdigit() else _NAME
    return name + root.replace("/", "-")


def _proof(token_id: str, digest: str, expires: int) -> str:
    return hmac.new(digest.encode(), f"{token_id}.{expires}".encode(), hashlib.sha256).hexdigest()
