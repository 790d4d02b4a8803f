"""Answers that are no JSON."""

from dataclasses import dataclass

STYLED = "default-src 'none'; style-src 'unsafe-inline'"


@dataclass(frozen=True)
class Page:
    """A page or a text, as it is sent. `status` is that of its route if it is 0."""

    body: bytes
    media_type: str
    status: int = 0
    headers: tuple[tuple[str, str], ...] = (("Content-Security-Policy", STYLED),)
