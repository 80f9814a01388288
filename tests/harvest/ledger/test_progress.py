"""Progress: plain lines where there is no terminal, results alone on stdout."""

import io

import pytest

from harvest.ledger.progress import (
    PacedNotes,
    PlainProgress,
    Progress,
    number_of,
    progress,
    show_table,
)


class Clock:
    """A clock that stands until it is told."""

    def __init__(self) -> None:
        self.now = 100.0

    def __call__(self) -> float:
        return self.now


def test_without_a_terminal_there_are_plain_lines(capsys) -> None:
    """Notes as they come and one last line, on stderr, without control characters."""
    with progress("check", 3) as bar:
        bar.advance()
        bar.note("a note")
        bar.advance("corrupt", 2)
    out, err = capsys.readouterr()

    assert out == ""
    assert err.isascii()
    assert "\x1b" not in err and "\r" not in err
    assert err.splitlines()[0] == "a note"
    assert err.splitlines()[-1].startswith("check: 3/3 pictures, ")
    assert err.splitlines()[-1].endswith("; corrupt 2, done 1")


def test_a_line_every_ten_seconds() -> None:
    """Rate and time left by the clock that was handed in."""
    clock, out = Clock(), io.StringIO()
    bar = PlainProgress("harvest", 40, "pictures", stream=out, clock=clock)
    for second in range(20):
        clock.now = 100.0 + second + 1
        bar.advance("saved")
    bar.finish()

    assert out.getvalue().splitlines() == [
        "harvest: 10/40 pictures, 1.0/s, 30 s left; saved 10",
        "harvest: 20/40 pictures, 1.0/s, 20 s left; saved 20",
        "harvest: 20/40 pictures, 1.0/s, 20 s left; saved 20",
    ]


def test_a_total_can_come_late_or_never() -> None:
    """Without a total neither it nor the time left is told."""
    clock, out = Clock(), io.StringIO()
    bar = PlainProgress("walk", None, "posts", stream=out, clock=clock)
    clock.now += 2
    bar.advance(n=4)
    without = bar.line()
    bar.total(8)

    assert without == "walk: 4 posts, 2.0/s"
    assert bar.line() == "walk: 4/8 posts, 2.0/s, 2 s left"


def test_quiet_shows_notes_alone(capsys) -> None:
    """`--quiet` and `--json` keep warnings, drop the rest."""
    with progress("check", 2, quiet=True) as bar:
        bar.advance(n=2)
        bar.note("a warning")
    out, err = capsys.readouterr()

    assert (out, err) == ("", "a warning\n")


def test_the_last_line_comes_after_an_error_too_or_not_at_all(capsys) -> None:
    """An error passes through unchanged."""
    with pytest.raises(KeyError), progress("check") as bar:
        bar.advance()
        raise KeyError("x")

    assert "Traceback" not in capsys.readouterr().err


class Terminal(io.StringIO):
    """A stream that says it is a terminal."""

    def isatty(self) -> bool:
        return True


def test_on_a_terminal_there_is_a_bar(capsys) -> None:
    """Rich draws it on stderr; notes stand above it, brackets in them are no markup."""
    with progress("check [red]", 2, stream=Terminal()) as bar:
        bar.total(3)
        bar.advance("saved")
        bar.note("a [note] of a picture")
    out, err = capsys.readouterr()

    assert out == ""
    assert "a [note] of a picture" in err
    assert "check [red]" in err


def test_the_implementations_are_what_commands_expect() -> None:
    """PlainProgress satisfies the protocol that commands are written against."""
    out = io.StringIO()
    bar: Progress = PlainProgress("x", None, "y", stream=out)
    bar.advance()
    bar.note("z")
    bar.total(1)

    assert out.getvalue() == "z\n"


def test_tables_are_aligned_and_clean(capsys) -> None:
    """Numbers on the right, words on the left, control characters shown as such."""
    show_table("Targets", ["target", "saved"], [["twitter:a", 7], ["b\x1b[31m", 1234]])
    out, err = capsys.readouterr()

    assert err == ""
    assert out.splitlines() == [
        "Targets",
        "target     saved",
        "twitter:a      7",
        "b?[31m      1234",
    ]


def test_an_empty_table_has_its_headers(capsys) -> None:
    """No rows, no error."""
    show_table("", ["a", "b"], [])

    assert capsys.readouterr().out == "a  b\n"


def test_the_rate_ends_with_the_last_one() -> None:
    """What is done after the last one does not slow the rate down."""
    now = [0.0]
    bar = PlainProgress("embed", 10, "pictures", stream=io.StringIO(), clock=lambda: now[0])
    now[0] = 2.0
    bar.advance(n=10)
    now[0] = 100.0

    assert bar.line() == "embed: 10/10 pictures, 5.0/s"


def test_nothing_to_do_says_nothing() -> None:
    """A step with nothing to do leaves no line of zeros."""
    out = io.StringIO()

    with progress("check", 0, stream=out):
        pass

    assert out.getvalue() == ""


def test_notes_of_long_work_come_every_ten_seconds() -> None:
    """The others are dropped, and so is the first: short work needs none."""
    clock, out = Clock(), io.StringIO()
    bar = PlainProgress("check", None, "pictures", stream=out, clock=clock)
    notes, nowhere = PacedNotes(bar, clock=clock), PacedNotes(None, clock=clock)
    for second in range(25):
        clock.now = 100.0 + second
        notes.note(f"after {second} s")
        nowhere.note("unheard")

    assert out.getvalue() == "after 10 s\nafter 20 s\n"


@pytest.mark.parametrize(
    ("count", "words"), [(0, "0 pairs"), (1, "1 pair"), (2, "2 pairs"), (1200, "1,200 pairs")]
)
def test_one_is_no_plural(count: int, words: str) -> None:
    """Numbers and their nouns agree."""
    assert number_of(count, "pair") == words
