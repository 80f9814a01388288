"""Our own exports as lists, labels that are numbers, and texts that are not marked as such."""

from __future__ import annotations

import io
import json
import math
from typing import Any

import pytest

from harvest.ledger.lists.columns import Wanted
from harvest.ledger.manifest import ManifestLine, write_manifest

ONE, TWO, THREE = (f"http://a.example/{n}.jpg" for n in (1, 2, 3))
RECORD = {"sha256": "0" * 64, "label": "comic", "urls": [ONE, TWO]}


@pytest.mark.parametrize("name", ["metadata.jsonl", "all.json", "manifest.parquet"])
def test_several_addresses_of_our_own(read, parquet, name: str) -> None:
    """Beside a sha256 they are one picture's, the published one first; one without any is told."""
    records: list[dict[str, Any]] = [RECORD, {**RECORD, "urls": [THREE]}, {**RECORD, "urls": []}]
    if name.endswith(".parquet"):
        data = parquet({key: [record[key] for record in records] for key in RECORD})
    elif name.endswith(".json"):
        data = json.dumps(records)
    else:
        data = "".join(json.dumps(record) + "\n" for record in records)
    lines = read(name, data)

    assert [line.problem for line in lines] == ["", "", "no_url"]
    assert [(line.text, line.label) for line in lines[:2]] == [(ONE, "comic"), (THREE, "comic")]


def test_the_manifest(tmp_path, read) -> None:
    """`manifest.jsonl` gives back each of its lines, by its published address."""
    picture = ManifestLine(
        "train/comic/a.jpg", "0" * 64, "comic", "train", "g", "twitter", "ada", None, (ONE, TWO),
        "2024-01-31T00:00:00+00:00", 1, 1, 1, "0" * 64,
    )  # fmt: skip
    write_manifest(tmp_path / "made.jsonl", [picture])
    (line,) = read("manifest.jsonl", (tmp_path / "made.jsonl").read_bytes())

    assert (line.text, line.label, line.problem) == (ONE, "comic", "")
    assert line.origin is not None
    assert line.origin.author == "ada"


def test_several_addresses_of_others(read) -> None:
    """In a list of others nobody can tell which one is meant."""
    table = json.dumps({"urls": [ONE, TWO], "label": "comic"}) + "\n"

    assert [line.problem for line in read("x.jsonl", table)] == ["several_urls"]


LABELS = [
    (0.0, "0", ""),
    (1.0, "1", ""),
    (-0.0, "0", ""),
    (7, "7", ""),
    (True, "true", ""),
    (False, "false", ""),
    ("0.0", "0.0", ""),
    (math.nan, None, ""),
    (None, None, ""),
    ([], None, ""),
    ([1.0], "1", ""),
    (0.5, None, "0.5"),
    (math.inf, None, "inf"),
    (["a", "b"], None, "['a', 'b']"),
    ({"a": 1}, None, "{'a': 1}"),
]


@pytest.mark.parametrize(("value", "label", "odd"), LABELS, ids=repr)
def test_labels_that_are_no_texts(read, value: object, label: str | None, odd: str) -> None:
    """Whole numbers and truth are labels, NaN and null none; what else there is, is told."""
    (line,) = read("x.jsonl", json.dumps({"url": ONE, "label": value}) + "\n")

    assert (line.problem, line.label, line.odd_label) == ("", label, odd)


@pytest.mark.parametrize(
    ("values", "labels"),
    [
        ([0.0, 1.0, math.nan, None], ["0", "1", None, None]),
        ([True, False, None, True], ["true", "false", None, "true"]),
        ([b"ink", b"oil", None, b""], ["ink", "oil", None, ""]),
    ],
)
def test_labels_in_parquet(read, parquet, values: list[Any], labels: list[str | None]) -> None:
    """Columns of floats, as pandas makes of whole numbers with gaps, of truth, and of bytes."""
    lines = read("x.parquet", parquet({"url": [ONE] * 4, "label": values}))

    assert [line.label for line in lines] == labels


def test_labels_in_text_stay_texts(read) -> None:
    """What a table says in words is taken at its word."""
    lines = read("x.csv", f"url,label\n{ONE},0.0\n{TWO},True\n")

    assert [line.label for line in lines] == ["0.0", "True"]


def test_texts_without_the_mark(read) -> None:
    """Addresses that Spark and Impala wrote are read; one that is no UTF-8 costs its own row."""
    pyarrow = pytest.importorskip("pyarrow")
    from pyarrow.parquet import write_table

    out = io.BytesIO()
    urls = [ONE.encode(), b"http://a.example/\xff", None, f"{TWO}?ä".encode()]
    nested = pyarrow.array([[TWO.encode()], [], None, [b"\xff"]], pyarrow.list_(pyarrow.binary()))
    write_table(pyarrow.table({"url": urls, "link": nested}), out)
    plain, lists = (read("x.parquet", out.getvalue(), Wanted(url=name)) for name in ("url", "link"))

    assert [line.problem for line in plain] == ["", "not_text", "no_url", ""]
    assert [line.text for line in plain if not line.problem] == [ONE, f"{TWO}?ä"]
    assert [line.problem for line in lists] == ["", "no_url", "no_url", "not_text"]


@pytest.mark.parametrize("array", [False, True])
def test_a_number_without_end(read, array: bool) -> None:
    """It is a text like others, too long for a label, and costs no line."""
    text = f'{{"url": "{ONE}", "label": {"9" * 5000}}}'
    (line,) = read("x.json", f"[{text}]" if array else f"{text}\n")

    assert (line.text, line.label) == (ONE, "9" * 5000)
