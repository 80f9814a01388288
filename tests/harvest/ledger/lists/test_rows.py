"""Rows of tables that are not as they should be: each line for itself, none lost."""

from __future__ import annotations

import pytest

from harvest.ledger.errors import DataError, UsageError
from harvest.ledger.lists import rows
from harvest.ledger.lists.columns import Wanted
from harvest.ledger.lists.given import GivenList
from harvest.ledger.urllog import PROBLEMS

PLACE = "http://z.example"


def table(n: int, start: int = 0) -> str:
    return "".join(f"{PLACE}/{i}.jpg,a,t\n" for i in range(start, start + n))


@pytest.mark.parametrize("n", [0, 1, 500, 9000])
@pytest.mark.parametrize("odd", ['"5 o clock', '"', '"said ""so""'])
def test_a_stray_quote(read, odd: str, n: int) -> None:
    """A quote that nobody closes costs its own line, and no line behind it."""
    lines = read("x.csv", f"url,label,title\n{table(1)}{PLACE}/x.jpg,a,{odd}\n{table(n, 1)}")

    assert [line.problem for line in lines] == ["", "open_quote", *[""] * n]
    assert [line.number for line in lines] == list(range(2, n + 4))
    assert len({line.text for line in lines}) == n + 2


def test_a_stray_quote_that_another_one_closes(read) -> None:
    """What is a row by itself is never taken for text within a cell."""
    text = f'url,label,title\n{PLACE}/1.jpg,a,"5 o clock\n{table(9)}{PLACE}/2.jpg,a,12"\n'
    lines = read("x.csv", text)

    assert [line.problem for line in lines] == ["open_quote", *[""] * 10]


def test_a_stray_quote_among_addresses(read) -> None:
    """The same holds for a list of one column, and where all cells are quoted."""
    single = read("x.csv", f'url\n"{PLACE}/1.jpg\n{PLACE}/2.jpg\n')
    quoted = read("x.csv", f'"url","t"\n"{PLACE}/1.jpg","5\n"{PLACE}/2.jpg","6"\n')

    for lines in (single, quoted):
        assert [line.problem for line in lines] == ["open_quote", ""]


def test_cells_over_line_breaks(read) -> None:
    """A caption over many lines is one row, told by its first line; more than that is none."""
    poem = "\n".join(f'a line, ""of"" {n}' for n in range(rows.MOST_LINES - 1))
    text = f'url,title,label\n{PLACE}/1.jpg,"{poem}",x\n{PLACE}/2.jpg,"5"" screen",y\n'
    one, two = read("x.csv", text)

    assert (one.label, two.label) == ("x", "y")
    assert (one.number, two.number) == (2, 2 + rows.MOST_LINES - 1)
    first, *others = read("x.csv", text.replace('"a line', '"\n\n\na line'))
    assert first.problem == "open_quote"
    assert others[-1].label == "y"


def test_quotes_within_a_cell(read) -> None:
    """They are taken as they stand; what csv cannot read at all is a refused line."""
    text = f'url,title\n{PLACE}/1.jpg,"5" screen\n{PLACE}/2.jpg,5" screen\n{PLACE}/3.jpg,"a" \rb\n'

    assert [line.problem for line in read("x.csv", text)] == ["", "", "not_csv"]


def test_too_many_stray_quotes(tmp_path, monkeypatch) -> None:
    """A file of nothing but open quotes is given up, in one line that tells where."""
    monkeypatch.setattr(rows, "MOST_OPEN", 5)
    path = tmp_path / "x.csv"
    path.write_text("url,title\n" + f'{PLACE}/1.jpg,"5\n' * 9)
    lines = GivenList(path).lines()
    some = [next(lines) for _ in range(5)]

    assert {line.problem for line in some} == {"open_quote"}
    with pytest.raises(DataError, match="line 7: over 5 quotes have no end"):
        next(lines)


def test_excels_own_first_line(read) -> None:
    """`sep=;` says how cells are divided, and is no row."""
    for sign in ";,\t|":
        text = f"\ufeffsep={sign}\r\nurl{sign}label\r\n{PLACE}/1.jpg{sign}a\r\n"
        for name in ("x.csv", "x.txt"):
            (line,) = read(name, text)
            assert (line.text, line.label, line.number) == (f"{PLACE}/1.jpg", "a", 3)


def test_columns_of_one_name(read) -> None:
    """Two columns of one name are told apart by their numbers, as the message says."""
    text = f"url,url,label\n{PLACE}/1.jpg,{PLACE}/2.jpg,a\n"
    for name in (None, "url"):
        with pytest.raises(UsageError, match="or its number: --url-column 1 "):
            read("x.csv", text, Wanted(url=name))
    for n in ("1", "2"):
        (line,) = read("x.csv", text, Wanted(url=n))
        assert (line.text, line.label) == (f"{PLACE}/{n}.jpg", "a")

    with pytest.raises(UsageError, match="no such column"):
        read("x.csv", text, Wanted(url="4"))


def test_a_second_column_that_lies_unused(tmp_path) -> None:
    """It is told once, with what to do; not where its labels were asked for."""
    path = tmp_path / "x.log"
    path.write_text(f"{PLACE}/1.jpg\tcomic\n")
    (note,) = GivenList(path).notes

    assert "--label-column 2" in note
    assert GivenList(path, Wanted(label="2")).notes == ()
    assert GivenList(path, Wanted(labels=False)).notes == ()


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("x.tsv", f"A cat, grey\t{PLACE}/1.jpg\nA dog\t{PLACE}/2.jpg\n"),
        ("x", f"A cat, grey\t{PLACE}/1.jpg\nA dog\t{PLACE}/2.jpg\n"),
        ("x.csv", f'"A cat, grey",{PLACE}/1.jpg\nA dog,{PLACE}/2.jpg\n'),
        ("x.csv", f"A cat, grey;{PLACE}/1.jpg\nA dog;{PLACE}/2.jpg\n"),
    ],
)
def test_a_first_row_that_is_no_header(tmp_path, name: str, text: str) -> None:
    """Where the column that was named by its number holds an address, no row is taken for names."""
    path = tmp_path / name
    path.write_text(text)
    given, labelled = (GivenList(path, Wanted("2", label)) for label in (None, "1"))

    assert [line.text for line in given.lines()] == [f"{PLACE}/1.jpg", f"{PLACE}/2.jpg"]
    assert [line.label for line in labelled.lines()] == ["A cat, grey", "A dog"]
    assert "--label-column 1" in given.notes[0]


@pytest.mark.parametrize("header", ["text,link", "1,2", f"2,{PLACE}/odd.jpg", "text,2"])
def test_a_number_beside_names(read, header: str) -> None:
    """With a line of names the number counts columns, unless one is called so."""
    text = f"{header}\n{PLACE}/0.jpg,{PLACE}/1.jpg\n"
    column = 0 if header.startswith("2") else 1

    assert [line.text for line in read("x.csv", text, Wanted("2"))] == [f"{PLACE}/{column}.jpg"]


def test_each_problem_has_words(read) -> None:
    """What a line can be refused for is said in words."""
    long = f"{PLACE}/{'x' * 9000}"
    table_of = (
        f'url,t\n,x\n{long},x\nno,x\n{PLACE}/\udcff,x\n{PLACE},1,2\n{PLACE},"1\n{PLACE},"" \r1'
    )
    lines = read("x.csv", table_of.encode("utf-8", "surrogateescape"))
    lines += read("x.jsonl", f'{{"url": ["{PLACE}", "{PLACE}/2"]}}\n{{oh\n')
    lines += read("x.log", "http://name:word@a.example/1.jpg\n")

    assert {line.problem for line in lines} == set(PROBLEMS)


@pytest.mark.parametrize("long", [rows.MOST_CHARACTERS, 2_000_000])
def test_a_cell_without_measure(read, long: int) -> None:
    """A cell over line breaks that is too long, or holds an endless line, is a stray quote."""
    lines = read("x.csv", f'url,title\n{PLACE}/1.jpg,"a\n{"b" * long}",\n{PLACE}/2.jpg,c\n')

    assert lines[0].problem == "open_quote"
    assert [line.number for line in lines] == [2, 3, 4]
