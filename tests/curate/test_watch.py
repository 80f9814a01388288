"""Moves are read back while people sort: batch by batch, the data set free in between."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from datetime import UTC, datetime, timedelta

import pytest

from curate.labels import Manner
from curate.watch import Time, Turn, watch
from harvest.ledger.errors import UsageError


class Hands:
    """What happens at each look at the folders, on a clock that jumps."""

    def __init__(self, *deeds: object, offset: timedelta = timedelta(hours=1)) -> None:
        self.deeds, self.seconds, self.offset = list(deeds), 0.0, offset

    def pause(self, seconds: float) -> bool:
        self.seconds += seconds
        if not self.deeds:
            return True
        deed = self.deeds.pop(0)
        if callable(deed):
            deed()
        else:
            self.seconds += deed
        return False

    @property
    def time(self) -> Time:
        return Time(lambda: self.seconds, self.pause, lambda: datetime.now(UTC) + self.offset)


def told(make, hands: Hands) -> list[Turn]:
    return list(watch(make.folder, Manner(who="ada"), hands.time))


@pytest.fixture
def filled(draw, make):
    """Four pictures, unsorted."""
    hashes = [make.add(draw.encode(draw.comic(n, (240, 180)))) for n in range(4)]
    return make, hashes


def test_a_batch_is_what_came_without_a_pause(filled) -> None:
    """Moves within a second of each other are one batch; those after a pause the next."""
    make, (one, two, three, four) = filled
    turns = told(
        make,
        Hands(
            2,
            lambda: make.move(one, "comic"),
            lambda: make.move(two, "comic"),
            2,
            2,
            lambda: make.move(three, "photo"),
            2,
            2,
            lambda: make.path(four).unlink(),
        ),
    )

    assert [t.found.hand_moves for t in turns] == [0, 2, 1, 1]
    assert turns[1].found.folders == {"_unsorted": 2, "comic": 2}
    assert turns[3].found.removed == 1


def test_moves_without_end_are_read_all_the_same(filled) -> None:
    """Who never pauses is read every five seconds."""
    make, (one, *_) = filled
    steps = [lambda n=n: make.move(one, ("comic", "photo", "strip")[n % 3]) for n in range(60)]
    turns = told(make, Hands(2, *steps))

    assert len(turns) >= 4


def test_nothing_is_told_where_nothing_moves(filled) -> None:
    """Minutes pass, looks at all files are taken, and there is one line: the first."""
    make, _ = filled
    turns = told(make, Hands(*[30.0] * 20))

    assert len(turns) == 1


def test_an_edit_within_a_file_is_found_by_the_look_at_all(filled, draw) -> None:
    """No folder shows it; a minute later it is read."""
    make, (one, *_) = filled

    def edit() -> None:
        make.path(one).chmod(0o644)
        make.path(one).write_bytes(draw.encode(draw.comic(50, (240, 180))))

    turns = told(make, Hands(2, 2, edit, 70, 70))

    assert turns[-1].found.edited_raw == [one]


def test_a_held_data_set_is_waited_for(filled) -> None:
    """Another command at work is named once, and the moves are read after it."""
    make, (one, *_) = filled
    held = make.folder.lock("curate check")
    turns = told(
        make,
        Hands(
            2,
            2,
            held.__enter__,
            lambda: make.move(one, "comic"),
            *[2] * 18,
            lambda: held.__exit__(None, None, None),
            *[2] * 3,
        ),
    )

    assert ["curate check" in t.note for t in turns] == [False, True, False]
    assert turns[-1].found.labelled == 1


def test_a_held_data_set_is_waited_for_at_the_beginning(filled) -> None:
    """Also by the first look."""
    make, _ = filled
    held = make.folder.lock("curate check")
    held.__enter__()
    turns = told(make, Hands(*[2] * 18, lambda: held.__exit__(None, None, None), 2, 2))

    assert [bool(t.note) for t in turns] == [True, False]
    assert turns[-1].found.pictures == 4


def test_what_holds_the_data_set_for_a_moment_is_not_told(filled) -> None:
    """Another watcher, or a short command: within half a minute there is nothing to say."""
    make, (one, *_) = filled
    held = make.folder.lock("curate sync --watch")
    free = lambda: held.__exit__(None, None, None)  # noqa: E731
    deeds = (2, 2, held.__enter__, lambda: make.move(one, "comic"), *[2] * 8, free, *[2] * 3)
    turns = told(make, Hands(*deeds))

    assert [t.note for t in turns] == ["", ""]
    assert turns[-1].found.labelled == 1


def test_what_is_not_read_in_the_end_is_told(filled) -> None:
    """A data set that is held until the end leaves a line that says what to do."""
    make, (one, *_) = filled
    held = make.folder.lock("curate check")
    turns = told(make, Hands(2, 2, held.__enter__, lambda: make.move(one, "comic")))
    held.__exit__(None, None, None)

    assert "run `winnow curate sync`" in turns[-1].note


def test_the_folder_may_be_gone_for_a_moment(filled) -> None:
    """images/ renamed and back again, and even the whole data set: told once, nothing decided."""
    make, _ = filled
    aside = make.folder.root / "aside"
    elsewhere = make.folder.root.with_name("elsewhere")
    turns = told(
        make,
        Hands(
            2,
            2,
            lambda: make.folder.images.rename(aside),
            *[2] * 4,
            lambda: aside.rename(make.folder.images),
            *[2] * 4,
            lambda: make.folder.root.rename(elsewhere),
            *[2] * 4,
            lambda: elsewhere.rename(make.folder.root),
            *[2] * 4,
        ),
    )

    assert [bool(t.note) for t in turns] == [False, True, True]
    assert "put them back" in turns[1].note
    assert all(t.found.hand_moves == 0 for t in turns if t.found)


def test_a_bad_folder_name_is_told_and_waited_out(filled) -> None:
    """At the first look it is an error as ever; later a line, until it is put right."""
    make, (one, *_) = filled
    images = make.folder.images
    turns = told(
        make,
        Hands(
            2,
            2,
            lambda: make.move(one, "con"),
            *[2] * 4,
            lambda: (images / "con").rename(images / "comic"),
            *[2] * 4,
        ),
    )
    (images / "comic").rename(images / "con")

    assert [bool(t.note) for t in turns] == [False, True, False]
    assert turns[-1].found.labelled == 1
    with pytest.raises(UsageError, match="'con'"):
        told(make, Hands())


def test_a_file_is_not_read_while_it_is_written(filled, draw) -> None:
    """Half of it is no picture; whole and left alone for two seconds, it is taken in once."""
    make, _ = filled
    data = draw.encode(draw.comic(9, (240, 180)))
    goal = make.folder.images / "comic/big.jpg"

    def half() -> None:
        goal.parent.mkdir(exist_ok=True)
        goal.write_bytes(data[: len(data) // 2])

    def whole() -> None:
        goal.write_bytes(data)

    def rest() -> None:
        past = datetime.now(UTC).timestamp() - 5
        os.utime(goal, (past, past))

    deeds = (2, 2, half, *[1] * 5, whole, *[1] * 5, rest, *[1] * 5)
    turns = told(make, Hands(*deeds, offset=timedelta()))

    assert [t.found.taken_in for t in turns if t.found] == [0, 1]
    assert len(list(make.folder.raw.glob("??/*"))) == 5


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_the_command_ends_in_order(filled, number: int) -> None:
    """Ctrl-C and SIGTERM end it with 0; a line of JSON a batch; what was moved is read."""
    make, (one, *_) = filled
    words = [sys.executable, "-m", "winnow", "curate", "sync", "--watch", "--json", "--as", "ada"]
    with subprocess.Popen(
        [*words, str(make.folder.root)], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    ) as running:
        lines = [json.loads(running.stdout.readline())]
        make.move(one, "comic")
        lines.append(json.loads(running.stdout.readline()))
        running.send_signal(number)
        rest, errors = running.communicate(timeout=60)

    assert running.returncode == 0
    assert [line["labelled"] for line in lines] == [0, 1]
    assert rest == ""
    assert "Traceback" not in errors
