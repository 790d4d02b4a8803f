import asyncio

import pytest

from trackstack.server.store.gathering import Gathering


class Lookups:
    """Finds the squares of numbers, once it is let; 13 breaks it."""

    def __init__(self) -> None:
        self.asked: list[list[int]] = []
        self.open = asyncio.Event()

    async def find(self, keys: list[int]) -> dict[int, int]:
        self.asked.append(keys)
        await self.open.wait()
        if 13 in keys:
            raise ArithmeticError("13")
        return {key: key * key for key in keys if key >= 0}


def test_what_is_asked_for_during_a_lookup_goes_together_in_the_next() -> None:
    async def ask() -> None:
        lookups = Lookups()
        squares = Gathering(lookups.find)
        asked = [asyncio.create_task(squares.get(key)) for key in (1, 2, 3, -4)]
        await asyncio.sleep(0)
        lookups.open.set()

        assert await asyncio.gather(*asked) == [1, 4, 9, None]
        assert lookups.asked == [[1], [2, 3, -4]]
        assert await squares.get(5) == 25
        assert lookups.asked[2:] == [[5]]

    asyncio.run(ask())


def test_an_error_reaches_all_of_its_lookup_and_nobody_else() -> None:
    async def ask() -> None:
        lookups = Lookups()
        squares = Gathering(lookups.find)
        asked = [asyncio.create_task(squares.get(key)) for key in (1, 13, 2)]
        await asyncio.sleep(0)
        lookups.open.set()

        first, *others = await asyncio.gather(*asked, return_exceptions=True)
        assert first == 1
        assert [type(other) for other in others] == [ArithmeticError, ArithmeticError]
        assert await squares.get(2) == 4

    asyncio.run(ask())


@pytest.mark.parametrize("gone", [0, 1])
def test_a_request_that_goes_away_holds_up_no_other(gone: int) -> None:
    async def ask() -> None:
        lookups = Lookups()
        squares = Gathering(lookups.find)
        asked = [asyncio.create_task(squares.get(key)) for key in range(3)]
        await asyncio.sleep(0)
        asked[gone].cancel()
        lookups.open.set()

        answers = await asyncio.gather(*asked, return_exceptions=True)
        assert [answer for at, answer in enumerate(answers) if at != gone] == [
            at * at for at in range(3) if at != gone
        ]
        assert isinstance(answers[gone], asyncio.CancelledError)
        assert await squares.get(9) == 81

    asyncio.run(ask())


def test_of_many_only_some_go_at_once() -> None:
    async def ask() -> None:
        lookups = Lookups()
        squares = Gathering(lookups.find)
        asked = [asyncio.create_task(squares.get(key)) for key in range(20, 220)]
        await asyncio.sleep(0)
        lookups.open.set()

        assert await asyncio.gather(*asked) == [key * key for key in range(20, 220)]
        assert max(map(len, lookups.asked)) < 100

    asyncio.run(ask())
