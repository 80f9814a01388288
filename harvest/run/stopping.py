"""How runs end early: by Ctrl-C, in two stages, and by errors that come together."""

from __future__ import annotations

import asyncio
import signal
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from harvest.ledger.errors import WinnowError
from harvest.pacing.limits import Clock

_STOPS = (signal.SIGINT, signal.SIGTERM)


@contextmanager
def two_stages(stop: Callable[[], None], tell: Callable[[str], None]) -> Iterator[None]:
    """Ctrl-C or SIGTERM once: `stop()`. Twice: what they do without us."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    loop = asyncio.get_running_loop()

    def first() -> None:
        for number in _STOPS:
            loop.remove_signal_handler(number)
        tell("stopping: what is under way is brought in; Ctrl-C again stops at once")
        stop()

    for number in _STOPS:
        loop.add_signal_handler(number, first)
    try:
        yield
    finally:
        for number in _STOPS:
            loop.remove_signal_handler(number)


def most_telling(group: BaseExceptionGroup[BaseException]) -> BaseException:
    """What is to be told of errors that came together: ours first, else the first one."""
    flat: list[BaseException] = []
    todo: list[BaseException] = [group]
    while todo:
        error = todo.pop(0)
        if isinstance(error, BaseExceptionGroup):
            todo.extend(error.exceptions)
        else:
            flat.append(error)
    return next((error for error in flat if isinstance(error, WinnowError)), flat[0])


async def nap(clock: Clock, stop: asyncio.Event, seconds: float) -> None:
    """Wait so long, or until `stop` is set."""
    sleep = asyncio.ensure_future(clock.sleep(seconds))
    stopped = asyncio.ensure_future(stop.wait())
    try:
        await asyncio.wait({sleep, stopped}, return_when=asyncio.FIRST_COMPLETED)
    finally:
        sleep.cancel()
        stopped.cancel()
