"""Secrets that a stack makes and keeps in its state, wherever they are used."""

from trackstack.providers.secrets.password import Password
from trackstack.providers.secrets.token import MintedToken

__all__ = ["MintedToken", "Password"]
