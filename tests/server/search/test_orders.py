"""Orders and page tokens."""

import base64

import pytest

from trackstack.server.errors import ApiError
from trackstack.server.search import orders, pages
from trackstack.server.search.kinds import RUNS
from trackstack.server.search.tree import Entity, Order


def test_each_item_is_a_name_and_a_direction() -> None:
    assert orders.parse(["metrics.`a b` desc", "Created"], RUNS) == (
        Order(Entity.METRIC, "a b", False),
        Order(Entity.ATTRIBUTE, "start_time", True),
    )


def test_the_same_name_twice_is_refused() -> None:
    with pytest.raises(ApiError, match="duplicate fields"):
        orders.parse(["start_time", "attributes.start_time DESC"], RUNS)


@pytest.mark.parametrize(
    "item", ["metrics.m ASC; --", "metrics.m ASC, run_id", "(metrics.m)", "a" * 5000, "1"]
)
def test_an_item_that_says_more_is_refused(item: str) -> None:
    with pytest.raises(ApiError, match=r"Could not be parsed\."):
        orders.parse([item], RUNS)


def test_a_direction_must_be_asc_or_desc() -> None:
    with pytest.raises(ApiError, match="Invalid ordering key in order_by clause"):
        orders.parse(["metrics.a foo"], RUNS)


def test_a_token_gives_its_offset_back_and_is_mlflows() -> None:
    assert pages.token_for(2) == "eyJvZmZzZXQiOiAyfQ=="
    assert pages.offset(pages.token_for(12345)) == 12345
    assert pages.offset(None) == pages.offset("") == 0


@pytest.mark.parametrize(
    "token",
    [
        "nonsense",
        "é",
        base64.b64encode(b"\xff\xfe").decode(),
        base64.b64encode(b"{}").decode(),
        base64.b64encode(b'{"offset": 0}').decode(),
        base64.b64encode(b'{"offset": -1}').decode(),
        base64.b64encode(b'{"offset": 1e999}').decode(),
        base64.b64encode(b'{"offset": 99999999999999999999}').decode(),
        base64.b64encode(b'{"offset": 1, "sql": "1"}').decode(),
        base64.b64encode(b"[" * 10000).decode(),
    ],
)
def test_a_forged_token_is_refused(token: str) -> None:
    with pytest.raises(ApiError, match="Invalid page token, could not base64-decode"):
        pages.offset(token)
