"""The heap between fetching and committing."""

from __future__ import annotations

import asyncio

from harvest.run.basket import Basket


async def test_full_groups() -> None:
    """A full group is taken at once, in the order of coming; what is over waits for the next."""
    basket: Basket[int] = Basket(4, 8, seconds=60)
    giver = asyncio.create_task(give(basket, range(6)))
    first = await basket.take()
    await giver
    basket.close()

    assert first == [0, 1, 2, 3]
    assert await basket.take() == [4, 5]
    assert await basket.take() == []


async def give(basket: Basket[int], numbers: range) -> None:
    for number in numbers:
        await basket.put(number)


async def test_a_small_group_after_its_time() -> None:
    """What comes slowly is not kept waiting for company."""
    basket: Basket[int] = Basket(4, 8, seconds=0)
    await basket.put(1)

    assert await basket.take() == [1]


async def test_bounded() -> None:
    """What was taken counts until it is done with: then those who wait to give may."""
    basket: Basket[int] = Basket(2, 4, seconds=0)
    givers = [asyncio.create_task(basket.put(number)) for number in range(7)]
    await turns()
    full = [giver.done() for giver in givers].count(True)
    groups = [await basket.take(), await basket.take()]
    await turns()
    taken = [giver.done() for giver in givers].count(True)
    late = asyncio.create_task(basket.put(7))  # nobody is asked in before those who wait
    await turns()
    came_early = late.done()
    basket.done(2)
    await turns()
    after = [giver.done() for giver in givers].count(True)
    basket.done(2)
    groups += [await basket.take(), await basket.take()]

    assert (full, taken, after, came_early) == (4, 4, 6, False)
    assert groups == [[0, 1], [2, 3], [4, 5], [6, 7]]


async def turns() -> None:
    for _ in range(5):  # whoever is ready to run comes first
        await asyncio.sleep(0)


async def test_a_giver_that_was_cancelled() -> None:
    """A run that stops cancels those who wait; the others are not stuck behind them."""
    basket: Basket[int] = Basket(1, 1, seconds=0)
    await basket.put(0)
    lost, kept = (asyncio.create_task(basket.put(number)) for number in (1, 2))
    await turns()
    lost.cancel()
    first = await basket.take()
    basket.done(1)
    second = await basket.take()
    await asyncio.gather(lost, kept, return_exceptions=True)

    assert (first, second) == ([0], [2])
