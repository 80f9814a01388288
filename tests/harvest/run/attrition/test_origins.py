"""A list that tells of posts: what it tells is judged, kept, and known to the report."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from harvest.sandbox.server import Sandbox
from harvest.sandbox.world import World
from harvest.store.schema import open_store

PLACE = "http://pictures.example"


@pytest.fixture
async def sandbox():
    """A host that has a picture for every path."""
    async with Sandbox(World.build(pictures=1), answer_all=True) as running:
        yield running


async def test_posts_of_a_list(relist, sandbox: Sandbox, tmp_path: Path) -> None:
    """Years come from the list's times; what is no address, no time or too long is left out."""
    told = [
        ("http://b.example/1", "ada", "2019-12-31T23:30:00-01:00"),
        ("http://b.example/2", "", "2020-05-06 07:08:09 UTC"),
        ("http://a:b@b.example/3", "x" * 5000, "yesterday"),
        ("javascript:alert(1)", " a\nb\x1b ", "2021-02-30T00:00:00Z"),
        ("", "", ""),
    ]
    names = ("post_url", "author", "posted_at")
    rows = [
        {"url": f"{PLACE}/{n}.jpg"} | dict(zip(names, cells, strict=True))
        for n, cells in enumerate(told)
    ]
    path = tmp_path / "posts.jsonl"
    path.write_text("".join(json.dumps(row) + "\n" for row in rows))
    report = await relist(sandbox, "set", paths=[path])
    with open_store(report.folder / "catalog.sqlite", read_only=True) as catalog:
        kept = [
            tuple(row)
            for row in catalog.connection.execute(
                "SELECT post_url, author, posted_at FROM provenance ORDER BY url"
            )
        ]

    assert kept == [
        ("http://b.example/1", "ada", "2020-01-01T00:30:00+00:00"),
        ("http://b.example/2", None, "2020-05-06T07:08:09+00:00"),
        (None, "x" * 199 + "…", None),
        (None, "a b\ufffd", None),
        (None, None, None),
    ]
    assert {name: sum(counts.values()) for name, counts in report.record["by_year"].items()} == {
        "2020": 2,
        "unknown": 3,
    }
