"""Counts, samples and the files made of them, whatever the lines hold."""

from __future__ import annotations

import csv
from pathlib import Path

import pytest

from harvest.ledger.lockfile import LockLine
from harvest.ledger.records import Image
from harvest.run.attrition.categories import Category
from harvest.run.attrition.lines import NO_HOST, Line, host_of
from harvest.run.attrition.report import CSV_COLUMNS, CsvFile
from harvest.run.attrition.sample import MOST_SHOWN, Sample
from harvest.run.attrition.tally import OTHERS, Tally


def line(number: int, category: Category = Category.SAME, **more: object) -> Line:
    url = f"http://host{number}.example/{number}.jpg"
    return Line("comic", url, category, f"host{number}.example", **more)


def image(number: int) -> Image:
    return Image(f"{number:064x}", "image/jpeg", 1000)


def test_many_hosts() -> None:
    """A million hosts take bounded memory: later ones are counted together, and none is lost."""
    tally = Tally()
    for number in range(12_000):
        tally.add([line(number)])
    headers, rows = tally.table("host")

    assert len(tally.groups["host"]) == 10_001
    assert tally.groups["host"][OTHERS].total() == 2_000
    assert headers == ["host", "lines", "same bytes"]
    assert len(rows) == 42
    assert rows[-1] == ["all", 12_000, 12_000]
    assert sum(int(str(row[1])) for row in rows[:-1]) == 12_000


def test_order() -> None:
    """Hosts stand by their lines, years by time with the unknown last."""
    tally = Tally()
    for number, year in ((1, 2020), (2, None), (2, 2013), (2, 2013)):
        tally.add([line(number, year=year)])

    assert [row[0] for row in tally.table("host")[1]] == ["host2.example", "host1.example", "all"]
    assert [row[0] for row in tally.table("year")[1]] == ["2013", "2020", "unknown", "all"]


@pytest.mark.parametrize(
    ("url", "host"),
    [
        ("https://Pictures.Example:8080/a", "pictures.example"),
        ("http://name:word@pictures.example/a", "pictures.example"),
        ("http://[2001:db8::1]:80/a", "[2001:db8::1]"),
        ("http://x.example?q", "x.example"),
        ("file:///etc/passwd", NO_HOST),
        ("", NO_HOST),
    ],
)
def test_hosts(url: str, host: str) -> None:
    """A host is what stands between the slashes, less name, password and port."""
    assert host_of(url) == host


def test_the_doubtful_ones_are_shown() -> None:
    """Of too many, those nearest to the other verdict are shown, in one order always."""
    sample = Sample()
    for number in range(200):
        apart = number % 40
        sample.add([line(number, Category.REENCODED, image=image(number), apart=apart)])
        sample.add([line(number, Category.REPLACED, image=image(number), apart=60 + apart)])
    far = [one.apart for one in sample.lines(Category.REENCODED)]
    near = [one.apart for one in sample.lines(Category.REPLACED)]

    assert len(far) == len(near) == MOST_SHOWN
    assert far == sorted(far, reverse=True)
    assert (far[0], near[0]) == (39, 60)
    assert near == sorted(near)


def test_a_placeholder_is_shown_once() -> None:
    """However many addresses give it, a placeholder is one picture with a number."""
    sample = Sample()
    for number in range(500):
        sample.add([line(number, Category.PLACEHOLDER, image=image(number % 2))])

    assert [one.url for one in sample.lines(Category.PLACEHOLDER)] == [line(0).url, line(1).url]
    assert sample.placeholders == {image(0).sha256: 250, image(1).sha256: 250}


def test_no_formula(tmp_path: Path) -> None:
    """No cell that we write is run by a spreadsheet, whatever stands in a list."""
    evil = ("=1+1", "+1", "-1", "@a", "\t=1", "'=1")
    with CsvFile(tmp_path / "out.csv") as out:
        for text in evil:
            lock = LockLine(text, text, "0" * 64, "", 1, 1, 1, "", "")
            out.add([Line(text, text, Category.REFUSED, text, text, locked=lock)])
    with (tmp_path / "out.csv").open(newline="") as stream:
        rows = list(csv.reader(stream))

    assert tuple(rows[0]) == CSV_COLUMNS
    assert [row[0] for row in rows[1:]] == [str(number) for number in range(1, len(evil) + 1)]
    assert not [c for row in rows for c in row if c.startswith(("=", "+", "-", "@", "\t"))]


def test_no_half_file(tmp_path: Path) -> None:
    """What breaks off midway leaves the file of before."""
    path = tmp_path / "out.csv"
    path.write_text("of before")

    with pytest.raises(KeyError), CsvFile(path) as out:
        out.add([line(1)])
        raise KeyError

    assert [p.name for p in tmp_path.iterdir()] == ["out.csv"]
    assert path.read_text() == "of before"
