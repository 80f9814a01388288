"""What people say of duplicates stands: told apart, protected, looked at and left alone."""

from __future__ import annotations

import hashlib
import sqlite3
from pathlib import Path

import pytest

import winnow
from curate.differ import differ
from curate.run import check
from curate.settings import ChecksSettings
from harvest.ledger.errors import UsageError


def copies(draw, make) -> tuple[str, str, str]:
    """A picture and two copies of it, the best one first."""
    picture = draw.comic(1, (600, 450))
    best = make.add(draw.encode(picture, quality=95), "comic")
    return best, *(make.add(draw.encode(picture, quality=q), "comic") for q in (70, 50))


def aside(make) -> set[str]:
    return make.tree().get("_rejected/near_duplicate", set())


def test_what_is_told_apart_comes_back_and_stays(draw, make) -> None:
    """A loser that is called another picture returns, and every later check respects it."""
    best, second, third = copies(draw, make)
    check(make.folder)
    before = aside(make)
    differ(make.folder, best[:8], make.path(second).name)
    check(make.folder)
    after = aside(make)
    make.add(draw.encode(draw.comic(1, (600, 450)), quality=40), "comic")
    check(make.folder)

    assert before == {second, third}
    assert after == {third}
    assert second in make.tree()["comic"]


def test_a_rescued_picture_does_not_cost_its_keeper(draw, make) -> None:
    """Moved back by hand, both stay from then on; what the two share a copy with stays aside."""
    best, second, third = copies(draw, make)
    check(make.folder)
    make.move(_shown(make, second), "comic")
    summaries = [check(make.folder) for _ in range(2)]

    assert aside(make) == {third}
    assert {best, second} <= make.tree()["comic"]
    assert [s.moved for s in summaries] == [{}, {}]


def test_a_rescue_can_be_taken_back(draw, make) -> None:
    """As any word that two pictures differ: then the one that a person placed is kept."""
    best, second, _ = copies(draw, make)
    check(make.folder)
    make.move(_shown(make, second), "comic")
    check(make.folder)
    differ(make.folder, best, second, undo=True)
    check(make.folder)

    assert best in aside(make)
    assert second in make.tree()["comic"]


def test_two_copies_that_a_person_placed_are_still_one_picture(draw, make) -> None:
    """Only what is taken out of the duplicates is told apart: both stay, one is flagged."""
    best, second, third = copies(draw, make)
    for sha256 in (best, second):
        make.move(sha256, "other")
    for _ in range(2):
        found = check(make.folder)

    assert found.groups == 1
    assert found.protected == 1
    assert aside(make) == {third}


def _shown(make, sha256: str) -> str:
    """The picture, its file found where the check has put it."""
    [path] = make.folder.images.rglob(make.path(sha256).name)
    make.names[sha256] = path.relative_to(make.folder.images).as_posix()
    return sha256


def test_no_third_picture_joins_two_that_were_told_apart(draw, make) -> None:
    """Both like a third one, they still do not stand in one group."""
    best, second, third = copies(draw, make)
    differ(make.folder, second, third)
    check(make.folder)

    assert len(aside(make)) == 1
    assert best in make.tree()["comic"]


def test_the_last_word_on_a_pair_stands(draw, make) -> None:
    """Taken back, the pixels decide again; the words before are kept."""
    best, second, third = copies(draw, make)
    for undo in (False, True, False, True):
        differ(make.folder, best, second, undo=undo)
    check(make.folder)

    assert aside(make) == {second, third}
    with sqlite3.connect(make.folder.catalog) as sql:
        assert [r[0] for r in sql.execute("SELECT different FROM likeness")] == [1, 0, 1, 0]
        with pytest.raises(sqlite3.IntegrityError, match="only ever added"):
            sql.execute("UPDATE likeness SET different = 1")


@pytest.mark.parametrize(
    ("one", "other", "words"),
    [
        ("ffffffffff", "{0}", "no picture of that name"),
        ("{0}", "{0}", "wanted two"),
        ("nothing.jpg", "{0}", "no picture of that name"),
    ],
)
def test_a_name_that_is_no_picture_is_refused(draw, make, one: str, other: str, words: str) -> None:
    """One line says which name, and what was wanted."""
    best, *_ = copies(draw, make)
    with pytest.raises(UsageError, match=words):
        differ(make.folder, one.format(best), other.format(best))


def test_undoing_what_was_never_said_is_refused(draw, make) -> None:
    """There is nothing to take back."""
    best, second, _ = copies(draw, make)
    with pytest.raises(UsageError, match="nothing to undo"):
        differ(make.folder, best, second, undo=True)


def test_the_command_says_what_it_did(draw, make, capsys) -> None:
    """`winnow curate differ` names both and what acts on it."""
    best, second, _ = copies(draw, make)
    code = winnow.main(["curate", "differ", str(make.folder.root), best[:10], second[:10]])
    said = capsys.readouterr().out

    assert code == 0
    assert best[:8] in said
    assert "different pictures" in said


def test_a_protected_picture_is_kept_and_never_moved(draw, make) -> None:
    """The worst copy in a protected folder outranks better ones, and every other check."""
    picture = draw.comic(2, (600, 450))
    poor = make.add(draw.encode(picture, quality=30), "gold")
    good = make.add(draw.encode(picture, "PNG"), "comic")
    tiny = make.add(draw.encode(draw.comic(3).resize((40, 30)), "PNG"), "gold")
    other = make.add(draw.encode(picture, quality=60), "comic")
    found = check(make.folder, ChecksSettings.model_validate({"protected": ["gold"]}))

    assert make.tree()["gold"] == {poor, tiny}
    assert aside(make) == {good, other}
    assert found.protected == 1


def test_protected_outranks_placed_by_hand(draw, make) -> None:
    """A better copy that a person has placed elsewhere is not the keeper."""
    picture = draw.comic(2, (600, 450))
    poor = make.add(draw.encode(picture, quality=30), "gold")
    good = make.add(draw.encode(picture, "PNG"))
    make.move(good, "comic")
    check(make.folder, ChecksSettings.model_validate({"protected": ["gold"]}))
    with sqlite3.connect(make.folder.catalog) as sql:
        keepers = dict(sql.execute("SELECT sha256, keeper FROM cluster"))

    assert keepers == {poor: poor, good: poor}
    assert good in make.tree()["comic"]


def test_two_protected_copies_both_stay(draw, make) -> None:
    """None of them is rejected for the sake of the other."""
    picture = draw.comic(2, (600, 450))
    both = {make.add(draw.encode(picture, quality=q), "gold") for q in (90, 50)}
    check(make.folder, ChecksSettings.model_validate({"protected": "gold"}))

    assert make.tree() == {"gold": both}


@pytest.mark.parametrize("value", [[""], [3], "", {"a": 1}])
def test_protected_names_folders(value: object) -> None:
    """Anything else is refused."""
    with pytest.raises(ValueError, match="folders below images"):
        ChecksSettings.model_validate({"protected": value})


def contents(root: Path) -> dict[str, str]:
    return {
        path.relative_to(root).as_posix(): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in sorted(root.rglob("*"))
        if path.is_file()
    }


def test_a_dry_run_changes_no_byte(draw, make, capsys) -> None:
    """It says what would move, and every file of the data set is as it was, the catalog too."""
    copies(draw, make)
    make.folder.images.joinpath("comic", "mine.jpg").write_bytes(draw.encode(draw.photo(9)))
    root = make.folder.root
    winnow.main(["curate", "sync", str(root)])
    make.add(draw.encode(draw.comic(1, (600, 450)), quality=33), "comic")
    before = contents(root)
    code = winnow.main(["curate", "check", str(root), "--dry-run"])
    said = capsys.readouterr().out

    assert code == 0
    assert "would be moved to _rejected/near_duplicate" in said
    assert contents(root) == before


@pytest.mark.parametrize("dry_run", [True, False])
def test_duplicates_that_disagree_are_told_of_protected_folders_too(draw, make, dry_run) -> None:
    """As a sync and a build tell it; the protected picture stays where it is."""
    picture = draw.comic(1)
    kept = make.add(draw.encode(picture), "gold")
    make.add(draw.encode(picture.resize((240, 180))), "comic")
    settings = ChecksSettings.model_validate({"protected": ["gold"]})
    found = check(make.folder, settings, dry_run=dry_run)
    again = check(make.folder, settings)

    assert "its duplicates disagree" in found.sync.conflicts[kept]
    assert again.sync.conflicts == found.sync.conflicts
    assert make.path(kept).is_file()
