"""What lists tell of the posts behind their addresses, as they tell it."""

from __future__ import annotations

import json
from datetime import UTC, datetime

import pytest

from harvest.ledger.lists.columns import Wanted
from harvest.ledger.urllog import Origin

URL = "http://a.example/1.jpg"
TOLD = Origin("http://b.example/post/1", "@ada", "2020-05-06T07:08:09Z")
ROW = {"url": URL, "post_url": TOLD.post_url, "author": TOLD.author, "posted_at": TOLD.posted_at}


def test_tables(read) -> None:
    """Columns of these names are read, less the quote that keeps spreadsheets from running them."""
    (line,) = read("x.csv", "post_url,url,author,posted_at\n{1},{0},'{2},{3}\n".format(URL, *TOLD))
    (account,) = read("x.tsv", f"url\taccount\tauthor_note\n{URL}\tada\tx\n")
    (short,) = read("y.csv", f"url,label,post_url\n{URL}\n")

    assert line.origin == TOLD
    assert account.origin == Origin(author="ada")
    assert short.origin is None


def test_objects(read) -> None:
    """Keys of these names are read, also `account` and null as our manifest has them."""
    rows = [ROW, ROW | {"author": None, "post_url": 7, "posted_at": ["2020"]}]
    lines = read("x.jsonl", "".join(json.dumps(row) + "\n" for row in rows))
    own = {"urls": [URL], "account": "ada", "post_url": None, "posted_at": None}
    (ours,) = read("manifest.jsonl", json.dumps(own) + "\n")

    assert [line.origin for line in lines] == [TOLD, Origin("7", "", "2020")]
    assert ours.origin == Origin(author="ada")


def test_parquet(read, parquet) -> None:
    """Parquet's own times are read as texts are; columns may stand in any order."""
    at = datetime(2020, 5, 6, 7, 8, 9, tzinfo=UTC)
    columns = {
        "posted_at": [at, None],
        "author": ["@ada", None],
        "label": ["comic", "photo"],
        "url": [URL, URL],
        "post_url": [TOLD.post_url, None],
    }
    first, second = read("x.parquet", parquet(columns))

    assert first.origin == TOLD._replace(posted_at=at.isoformat())
    assert (first.text, first.label) == (URL, "comic")
    assert (second.origin, second.label) == (None, "photo")


@pytest.mark.parametrize("name", ["author", "account"])
def test_a_column_of_labels_is_no_author(read, name: str) -> None:
    """A column that holds the labels tells nothing else."""
    (line,) = read("x.csv", f"url,{name}\n{URL},ada\n", Wanted(label=name))

    assert (line.label, line.origin) == ("ada", None)
