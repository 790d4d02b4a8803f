"""The catalog's surface: the API's callers, and errors in OpenMetadata's shape."""

import msgspec
from starlette.requests import Request

from trackstack import catalog_requests
from trackstack.control.answers import Page
from trackstack.control.errors import ApiError
from trackstack.control.surfaces import Api

PREFIX = "/api/v1/"


class Catalog(Api):
    """What OpenMetadata's clients call."""

    def refused(self, request: Request, error: ApiError) -> Page:
        """With `code`; a change is refused with where it can be made."""
        message = error.message
        if error.status == 405:
            message += " The catalog is only read here: change an instance's own, at its URL."
        body = msgspec.json.encode(catalog_requests.error(error.status, message))
        return Page(body, "application/json", error.status, tuple(error.headers.items()))
