"""Answers that are no JSON."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Page:
    """A page or a text, as it is sent."""

    body: bytes
    media_type: str
