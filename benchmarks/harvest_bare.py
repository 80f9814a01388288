"""The bare loop: what aiohttp does at best in one process. It fetches and writes, nothing else.

No checks, no retries, no catalog, no sync to disk, no memory of what it did: the yardstick for
how much all of that costs winnow.
"""

from __future__ import annotations

import argparse
import asyncio
from collections.abc import Iterator
from pathlib import Path

import aiohttp


async def work(session: aiohttp.ClientSession, urls: Iterator[str], folder: Path) -> None:
    """Fetch one address after another."""
    for url in urls:
        try:
            async with session.get(url) as response:
                body = await response.read()
        except aiohttp.ClientError:
            continue
        (folder / url.rpartition("/")[2]).write_bytes(body)


async def fetch_all(log: Path, folder: Path, connections: int) -> None:
    """Fetch all addresses of a log with so many workers."""
    folder.mkdir()
    connector = aiohttp.TCPConnector(limit=0)
    with log.open(encoding="ascii") as lines:
        urls = (line.strip() for line in lines)
        async with aiohttp.ClientSession(connector=connector) as session:
            await asyncio.gather(*(work(session, urls, folder) for _ in range(connections)))


def main() -> None:
    """Read the command line and fetch."""
    parser = argparse.ArgumentParser()
    parser.add_argument("log", type=Path)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--connections", type=int, default=16)
    parser.add_argument("--loop", choices=["asyncio", "uvloop"], default="asyncio")
    given = parser.parse_args()
    job = fetch_all(given.log, given.folder, given.connections)
    if given.loop == "uvloop":
        import uvloop

        uvloop.run(job)
    else:
        asyncio.run(job)


if __name__ == "__main__":
    main()
