"""Undo leads to any earlier state, is itself undone, and loses no picture; log tells the story."""

from __future__ import annotations

import errno
import json
import shutil
import sqlite3
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

import winnow
from curate.history import Goal
from curate.labels import Manner, sync
from curate.run import check
from curate.settings import ChecksSettings
from curate.story import tell_batches, tell_story
from curate.undo import undo
from curate.way_back import WayBack
from harvest.ledger.errors import UsageError


def small(draw, n: int) -> bytes:
    return draw.encode(draw.comic(n, (240, 180)))


def words(story) -> str:
    return "\n".join(f"{line.head} {line.words}" for line in story.lines)


def test_the_last_batch_is_undone_and_undone_again(draw, make_both) -> None:
    """Moves that nobody has read yet are read first: what was done by mistake is undone at once."""
    make = make_both
    one, two = make.add(small(draw, 1)), make.add(small(draw, 2), "comic")
    make.move(one, "comic")
    make.path(two).unlink()
    back = undo(make.folder, Goal(), who="ada")
    undone = make.tree()
    again = undo(make.folder, Goal(), who="ada")

    assert back.moves == {"comic -> _unsorted": 1, "nowhere -> comic": 1}
    assert undone == {"_unsorted": {one}, "comic": {two}}
    assert again.moves == {"_unsorted -> comic": 1, "comic -> nowhere": 1}
    assert make.tree() == {"comic": {one}}
    assert make.folder.raw_path(two, "jpg").exists()


def test_a_file_comes_back_as_harvest_shows_it(draw, make_both) -> None:
    """A link where there are links, a copy where there are copies, under harvest's name."""
    make = make_both
    gone, _ = make.add(small(draw, 1), "comic"), make.add(small(draw, 2), "comic")
    make.path(gone).unlink()
    undo(make.folder, Goal())
    linked = make.path(gone).samefile(make.folder.raw_path(gone, "jpg"))

    assert linked == (make.mode == "link")


def test_an_undone_hand_move_is_the_checks_to_judge_again(draw, make) -> None:
    """Undo restores also that nobody had said anything; a taken-out picture stays dismissed."""
    icon = draw.encode(draw.comic(1).resize((60, 50)), "PNG")
    sha256 = make.add(icon, "comic")
    check(make.folder)
    make.names[sha256] = f"_rejected/too_small/{make.path(sha256).name}"
    make.move(sha256, "comic")
    kept = check(make.folder).protected
    undo(make.folder, Goal())
    judged = check(make.folder)

    assert kept == 1
    assert make.tree() == {"_rejected/too_small": {sha256}}
    assert judged.protected == 0


def test_who_undoes_a_check_has_judged(draw, make) -> None:
    """The picture comes back, and the next check leaves it there."""
    sha256 = make.add(draw.encode(draw.comic(1).resize((60, 50)), "PNG"), "comic")
    check(make.folder)
    undo(make.folder, Goal())
    again = check(make.folder)

    assert make.tree() == {"comic": {sha256}}
    assert (again.protected, again.moved) == (1, {})


def test_a_release_without_a_move_is_noted(draw, make) -> None:
    """Back to when a check had it there, it is the checks' again though it stays where it is."""
    sha256 = make.add(draw.encode(draw.comic(1).resize((60, 50)), "PNG"), "comic")
    off = ChecksSettings.model_validate({"too_small": False})
    check(make.folder)
    check(make.folder, off)
    (batch,) = tell_batches(make.folder)[1:]
    check(make.folder)
    make.names[sha256] = f"_rejected/too_small/{make.path(sha256).name}"
    make.move(sha256, "comic")
    sync(make.folder)
    back = undo(make.folder, Goal(to=batch.number))
    check(make.folder)

    assert (back.released, back.moves) == (1, {})
    assert make.tree() == {"_rejected/too_small": {sha256}}


def test_a_picture_put_in_goes_out_and_comes_back(draw, make_both) -> None:
    """Before it was put in it stood nowhere; its bytes are in raw/ all the while."""
    make = make_both
    mine = make.add(small(draw, 1), "comic")
    (make.folder.images / "comic/IMG 1.jpg").write_bytes(small(draw, 9))
    (make.folder.images / "later.jpg").write_bytes(small(draw, 8))
    sync(make.folder)
    full = make.tree()
    undo(make.folder, Goal(to=0))
    start = make.tree()
    undo(make.folder, Goal())

    assert start == {"comic": {mine}}
    assert {s for some in make.tree().values() for s in some} == {
        s for some in full.values() for s in some
    }
    assert make.tree()["comic"] == full["comic"]


def test_one_picture_alone(draw, make) -> None:
    """`picture` counts that picture's own decisions and leaves all others."""
    one, two = make.add(small(draw, 1)), make.add(small(draw, 2))
    make.move(one, "comic")
    make.move(two, "comic")
    sync(make.folder)
    undo(make.folder, Goal(picture=one[:8]))

    assert make.tree() == {"_unsorted": {one}, "comic": {two}}


def test_since_a_time(draw, make) -> None:
    """What was decided from that time on is undone; what was decided before stays."""
    one, two = make.add(small(draw, 1)), make.add(small(draw, 2))
    noon = datetime(2024, 6, 1, 12, tzinfo=UTC)
    make.move(one, "comic")
    sync(make.folder, clock=lambda: noon)
    make.move(two, "comic")
    sync(make.folder, clock=lambda: noon + timedelta(hours=1))
    undo(make.folder, Goal(since=noon + timedelta(minutes=1)))

    assert make.tree() == {"_unsorted": {two}, "comic": {one}}


def test_case_only_renames_are_undone(draw, make_both) -> None:
    """The folder has its old spelling again, and no twin of it is left behind."""
    make = make_both
    sha256 = make.add(small(draw, 1), "comic")
    sync(make.folder)
    (make.folder.images / "comic").rename(make.folder.images / "Comic")
    (make.folder.images / "Comic/.DS_Store").write_text("x")
    undo(make.folder, Goal())

    assert make.path(sha256).exists()
    assert sync(make.folder).folders == {"comic": 1}


def test_no_file_is_written_over(draw, make_both) -> None:
    """A name that another file has by now is left to it."""
    make = make_both
    sha256 = make.add(small(draw, 1), "comic")
    sync(make.folder)
    old = make.path(sha256)
    make.move(sha256, "photo")
    sync(make.folder)
    old.write_text("notes of mine")
    undo(make.folder, Goal())

    assert old.read_text() == "notes of mine"
    assert sha256 in make.tree()["comic"]
    assert "photo" not in make.tree()


@pytest.mark.parametrize("left", [True, False])
def test_what_is_nowhere_any_more_is_told(draw, make, left: bool) -> None:
    """Without its bytes nothing can be shown; where a file of it stands, raw/ gets it back."""
    sha256 = make.add(small(draw, 1), "comic")
    raw = make.folder.raw_path(sha256, "jpg")
    sync(make.folder)
    if left:
        shutil.copyfile(make.path(sha256), make.folder.images / "comic/copy.jpg")
    make.path(sha256).unlink()
    raw.unlink()
    sync(make.folder)
    if left:
        (make.folder.images / "comic/copy.jpg").rename(make.folder.images / "moved.jpg")
    found = undo(make.folder, Goal())

    assert found.lost == ([] if left else [sha256])
    assert make.tree() == ({"comic": {sha256}} if left else {})


@pytest.mark.parametrize("moved", [0, 1, 3])
@pytest.mark.parametrize("again", ["sync", "undo"])
def test_a_killed_undo_is_finished_by_the_next_command(
    draw, make, monkeypatch, moved: int, again: str
) -> None:
    """Before, between and after the moves; none of them counts as a move by hand."""
    hashes = [make.add(small(draw, n)) for n in range(3)]
    for sha256 in hashes:
        make.move(sha256, "comic")
    sync(make.folder)
    lead, done = WayBack.lead, []

    def killed(*_: object) -> None:
        raise KeyboardInterrupt

    def led(way, each) -> object:
        if len(done) == moved:
            killed()
        done.append(each)
        return lead(way, each)

    with monkeypatch.context() as patch:
        patch.setattr(WayBack, "lead", led)
        patch.setattr("curate.returns.record_return", killed)
        with pytest.raises(KeyboardInterrupt):
            undo(make.folder, Goal())
    dry = undo(make.folder, Goal(), dry_run=True)
    found = sync(make.folder) if again == "sync" else undo(make.folder, Goal()).sync
    finished = make.tree()
    undo(make.folder, Goal())

    assert (dry.pictures, dry.sync.unfinished, dry.sync.hand_moves) == (0, 3, 0)
    assert (found.resumed, found.hand_moves) == (3, 0)
    assert finished == {"_unsorted": set(hashes)}
    assert make.tree() == {"comic": set(hashes)}
    assert [b.record()["how"] for b in tell_batches(make.folder)] == ["sync", "undo", "undo"]


def test_what_a_person_moved_after_a_kill_is_theirs(draw, make, monkeypatch) -> None:
    """An undo that is finished later passes over what stands or lies elsewhere by then."""
    hashes = [make.add(small(draw, n)) for n in range(3)]
    for sha256 in hashes:
        make.move(sha256, "comic")
    sync(make.folder)
    with monkeypatch.context() as patch:
        patch.setattr(WayBack, "lead", lambda *_: (_ for _ in ()).throw(KeyboardInterrupt))
        with pytest.raises(KeyboardInterrupt):
            undo(make.folder, Goal())
    make.move(hashes[0], "photo")
    make.path(hashes[1]).unlink()
    found = sync(make.folder)

    assert (found.resumed, found.labelled, found.removed) == (1, 1, 1)
    assert make.tree() == {"photo": {hashes[0]}, "_unsorted": {hashes[2]}}


def test_a_move_that_fails_leaves_the_file_in_one_folder(draw, make, monkeypatch) -> None:
    """Where the old name cannot be taken away, the new one is; the next command finishes."""
    sha256 = make.add(small(draw, 1))
    make.move(sha256, "comic")
    sync(make.folder)
    stands, unlink = make.path(sha256), Path.unlink

    def guarded(path: Path, **options: bool) -> None:
        if path == stands:
            raise PermissionError(errno.EACCES, "Permission denied", str(path))
        unlink(path, **options)

    with monkeypatch.context() as patch:
        patch.setattr(Path, "unlink", guarded)
        code = winnow.main(["curate", "undo", str(make.folder.root)])
    between = make.tree()
    found = undo(make.folder, Goal())

    assert code == 2
    assert between == {"comic": {sha256}}
    assert found.sync.resumed == 1
    assert make.tree() == {"_unsorted": {sha256}}


def test_faults_are_told_in_one_line(draw, make) -> None:
    """No decision, no such number, no such picture."""
    make.add(small(draw, 1), "comic")
    for goal in (Goal(), Goal(to=7), Goal(picture="nobody.jpg")):
        with pytest.raises(UsageError) as caught:
            undo(make.folder, goal)

        assert "\n" not in str(caught.value)


def test_the_log_tells_a_picture(draw, make) -> None:
    """Post, account, verdicts with their time, group and keeper, decisions, and where it is now."""
    keeper = make.add(small(draw, 1), "comic")
    loser = make.add(draw.encode(draw.comic(1, (240, 180)), quality=40), "comic")
    check(make.folder)
    make.move(keeper, "photo")
    sync(make.folder, Manner(who="ada"))
    told, other = (
        words(tell_story(make.folder, keeper[:8])),
        words(tell_story(make.folder, loser[:8])),
    )

    assert f"now in images/{make.names[keeper]}" in told
    assert "https://x.example/1001, by ada, on 2024-01-01T01:00:00+00:00" in told
    assert f"duplicates {loser[:8]}" in told
    assert "ada (sync): comic -> photo: moved by hand" in told
    assert f"a duplicate of {keeper[:8]}" in other
    assert "near_duplicate: set aside" in other
    assert "winnow (machine, check): comic -> _rejected/near_duplicate" in other


def test_the_commands(draw, make, capsys, monkeypatch) -> None:
    """`--as`, `WINNOW_USER`, the numbers of `log` for `undo --to`, JSON, dry runs, faults."""
    sha256 = make.add(small(draw, 1))
    make.add(small(draw, 2))
    root = str(make.folder.root)
    monkeypatch.setenv("WINNOW_USER", "bea")
    codes = []
    for label, extra in (("comic", ["--as", "ada"]), ("photo", [])):
        make.move(sha256, label)
        codes.append(winnow.main(["curate", "sync", root, *extra]))
    capsys.readouterr()
    codes.append(winnow.main(["curate", "log", root, "--json"]))
    batches = json.loads(capsys.readouterr().out)["batches"]
    codes.append(winnow.main(["curate", "undo", root, "--to", "0", "--dry-run", "--json"]))
    dry = json.loads(capsys.readouterr().out)
    stands = make.path(sha256).exists()
    codes.append(winnow.main(["curate", "undo", root, "--to", str(batches[0]["number"])]))
    codes.append(winnow.main(["curate", "log", root, sha256[:10]]))
    told = capsys.readouterr().out
    faults = [
        winnow.main(["curate", "undo", root, *words])
        for words in (["2", "--to", "1"], ["--since", "noon"], ["--as", " "])
    ]

    assert codes == [0] * 6
    assert [b["who"] for b in batches] == ["ada", "bea"]
    assert dry["moves"] == {"photo -> _unsorted": 1}
    assert stands
    assert sha256 in make.tree()["comic"]
    assert "bea (undo): photo -> comic: back to how it stood after decision 1" in told
    assert faults == [2] * 3


def test_decisions_from_before_batches_are_batches_by_the_second(draw, make) -> None:
    """Rows of an older winnow have no batch: those of one second, person and way are one."""
    hashes = [make.add(small(draw, n)) for n in range(3)]
    for sha256 in hashes:
        make.move(sha256, "comic")
    with sqlite3.connect(make.folder.catalog) as sql:
        for sha256, at in zip(hashes, ("10:00:00", "11:00:00", "11:00:00"), strict=True):
            sql.execute(
                "INSERT INTO decision(sha256, at, who, how, hand, before, after, why) VALUES"
                " (?, ?, 'ada', 'sync', 1, '[\"_unsorted\"]', '[\"comic\"]', '')",
                (sha256, f"2024-06-01T{at}+00:00"),
            )
    undo(make.folder, Goal())

    assert make.tree() == {"comic": {hashes[0]}, "_unsorted": set(hashes[1:])}


def test_an_undo_of_nothing_says_so(draw, make, capsys) -> None:
    """No promise to take back what was not done, and no batch for it; too many are refused."""
    make.move(make.add(small(draw, 1)), "comic")
    root = str(make.folder.root)
    winnow.main(["curate", "sync", root])
    capsys.readouterr()
    codes, told = [], []
    for how in (["--to", "1"], ["--since", "2999-01-01"], ["99"]):
        codes.append(winnow.main(["curate", "undo", root, *how]))
        shown = capsys.readouterr()
        told.append(shown.out + shown.err)

    assert codes == [0, 0, 2]
    assert "nothing to undo: all stands as after decision 1" in told[0]
    assert "2999-01-01T00:00:00+00:00 is yet to come" in told[1]
    assert "undo 99: there is only one batch" in told[2]
    assert not any("takes this back" in words for words in told)
    assert len(tell_batches(make.folder)) == 1


def test_the_log_says_what_undo_takes(draw, make, capsys) -> None:
    """Its first words are an option; a set without decisions gets a note, not silence."""
    sha256 = make.add(small(draw, 1))
    root = str(make.folder.root)
    winnow.main(["curate", "log", root])
    empty = capsys.readouterr()
    make.move(sha256, "a + b")
    winnow.main(["curate", "sync", root])
    capsys.readouterr()
    winnow.main(["curate", "log", root])
    told = capsys.readouterr().out

    assert (empty.out, "no decision was made yet" in empty.err) == ("", True)
    assert told.startswith("--to 1 ")
    assert '_unsorted -> "a + b"' in told


def test_the_log_knows_a_file_by_its_former_name(draw, make) -> None:
    """The name in the folder from which it was taken, where that is one picture's."""
    sha256 = make.add(small(draw, 1), source="folder")
    with sqlite3.connect(make.folder.catalog) as sql:
        sql.execute("UPDATE sighting SET fallback_urls = '[\"holidays/315d0934d0a0679.jpg\"]'")

    assert tell_story(make.folder, "315d0934d0a0679.jpg").sha256 == sha256
