"""The checks of Host and Origin, refusing as the server does."""

from collections.abc import Iterable

from trackstack import browser
from trackstack.browser import names
from trackstack.server.errors import PERMISSION_DENIED, ApiError

__all__ = ["BrowserGuard", "names"]


class BrowserGuard(browser.BrowserGuard):
    """Refuses requests for foreign hosts, and those that foreign pages make."""

    def __init__(self, hosts: Iterable[str], origins: Iterable[str]) -> None:
        super().__init__(hosts, origins, "TRACKSTACK_SERVER_ALLOWED_HOSTS")

    def check(self, hosts: list[bytes], origins: list[bytes], site: bytes | None) -> None:
        """Raises ApiError PERMISSION_DENIED; takes the values of Host, Origin and Sec-Fetch-Site."""
        try:
            super().check(hosts, origins, site)
        except browser.ForeignRequest as error:
            raise ApiError(PERMISSION_DENIED, str(error)) from None
