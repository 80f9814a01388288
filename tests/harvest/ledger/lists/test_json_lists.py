"""JSON as people write it: keys that come late, lists of addresses, what stands behind the end."""

from __future__ import annotations

import gzip
import json
from pathlib import Path

import pytest

from harvest.ledger.errors import DataError, UsageError
from harvest.ledger.lists.columns import Wanted
from harvest.ledger.lists.given import GivenList

ONE, TWO = "http://a.example/1.jpg", "http://a.example/2.jpg"


@pytest.mark.parametrize("wanted", [None, Wanted(url="url"), Wanted(label="label")])
def test_keys_that_come_late(read, wanted: Wanted | None) -> None:
    """The first object need not have all keys; one without an address is a refused line."""
    text = f'{{"id": 1, "error": "x"}}\n{{"url": "{ONE}"}}\n{{"url": "{TWO}", "label": "a"}}\n'
    lines = read("x.jsonl", text, wanted)

    assert [line.problem for line in lines] == ["no_url", "", ""]
    assert [line.label for line in lines[1:]] == [None, "a"]


def test_several_addresses_in_one_row(read, parquet) -> None:
    """Which one is meant nobody can tell: the row is refused; a list of one is that one."""
    text = f'{{"url": ["{ONE}", "{TWO}"]}}\n{{"url": ["{TWO}"]}}\n'
    table = parquet({"url": [[ONE, TWO], [TWO]]})

    for lines in (read("x.jsonl", text), read("x.parquet", table)):
        assert [line.problem for line in lines] == ["several_urls", ""]


def test_an_array_of_addresses(read) -> None:
    """It needs no keys."""
    lines = read("x.json", json.dumps([ONE, TWO, "no address"], indent=1))

    assert [(line.text, line.problem) for line in lines[:2]] == [(ONE, ""), (TWO, "")]
    assert lines[2].problem == "bad_url"


@pytest.mark.parametrize("rest", ["x", "\n\n[]", "{}", " " * 400_000 + "]"])
def test_behind_the_end_of_an_array(tmp_path: Path, rest: str) -> None:
    """What came before is read, then one line tells that there is more."""
    path = tmp_path / "x.json"
    path.write_text(json.dumps([{"url": ONE}, {"url": TWO}]) + rest)
    lines = []
    with pytest.raises(DataError, match="more behind the end"):
        for line in GivenList(path).lines():
            lines.append(line.text)

    assert lines == [ONE, TWO]


def test_one_object_over_several_lines(read) -> None:
    """A clear line, not a refused one for each of its lines."""
    with pytest.raises(UsageError, match=r"no JSON object in its first 3 lines.*one a line"):
        read("x.json", json.dumps({"url": ONE}, indent=1))
    with pytest.raises(UsageError, match=r"no JSON object in its only line"):
        read("x.json", "{oh")


@pytest.mark.parametrize("packed", [False, True])
def test_an_array_that_breaks_off(tmp_path: Path, packed: bool) -> None:
    """All items before the tear are read, whether it is one of the text or of its packing."""
    text = json.dumps([{"url": f"{ONE}?{n}"} for n in range(30_000)]).encode()
    data = gzip.compress(text)[:-9] if packed else text[:-5]
    path = tmp_path / "x.json"
    path.write_bytes(data)
    lines = 0
    with pytest.raises(DataError, match=r"cannot be unpacked|item 30000"):
        for _ in GivenList(path).lines():
            lines += 1

    assert lines >= 29_999


def test_an_array_that_is_not_utf8(read) -> None:
    """The item with the odd byte is refused, the others are read."""
    text = b'[{"url": "%s"}, {"url": "http://a.example/\xff"}, {"url": "%s"}]'
    lines = read("x.json", text % (ONE.encode(), TWO.encode()))

    assert [line.problem for line in lines] == ["", "not_text", ""]
