"""Hand moves are read back, whatever a file manager did, and outrank every verdict."""

from __future__ import annotations

import json
import os
import shutil
import sqlite3

import pytest
from PIL import Image

from curate.dataset import build
from curate.labels import Manner, sync
from curate.run import check
from curate.settings import ChecksSettings
from harvest.ledger.errors import DataError, UsageError


def white() -> Image.Image:
    return Image.new("RGB", (300, 300), (255, 255, 255))


def decisions(make) -> list[tuple[str, list[str], list[str], int]]:
    with sqlite3.connect(make.folder.catalog) as sql:
        rows = sql.execute("SELECT sha256, before, after, hand FROM decision ORDER BY id")
        return [(s, json.loads(before), json.loads(after), hand) for s, before, after, hand in rows]


def test_a_move_into_a_label_folder_is_a_label(draw, make_both) -> None:
    """A new folder becomes a label; the decision says who, when, and what was before."""
    make = make_both
    sha256 = make.add(draw.encode(draw.comic(1)))
    first = sync(make.folder)
    make.move(sha256, "comic", "renamed on the way.jpg")
    found = sync(make.folder)
    with sqlite3.connect(make.folder.catalog) as sql:
        who, how, at = sql.execute("SELECT who, how, at FROM decision").fetchone()

    assert first.hand_moves == 0
    assert (found.labelled, found.hand_moves) == (1, 1)
    assert found.folders == {"comic": 1}
    assert decisions(make) == [(sha256, ["_unsorted"], ["comic"], 1)]
    assert who and how == "sync" and at.endswith("+00:00")
    assert sync(make.folder).hand_moves == 0


def test_a_picture_that_a_person_takes_out_of_rejected_stays_out(draw, make_both) -> None:
    """A hand move outranks every verdict, in this check and in all later ones."""
    make = make_both
    blank = make.add(draw.encode(white()), "comic")
    make.add(draw.encode(draw.comic(1)), "comic")
    check(make.folder)
    aside = make.folder.images / "_rejected/blank"
    (file,) = aside.iterdir()
    file.rename(make.folder.images / "comic" / file.name)
    found = check(make.folder)
    again = check(make.folder)

    assert blank in make.tree()["comic"]
    assert (found.protected, again.protected) == (1, 1)
    assert found.flagged == again.flagged == {"blank": 1}
    assert again.moved == {}


def test_a_picture_that_a_person_rejects_stays_rejected(draw, make_both) -> None:
    """A move into `_rejected`, or a folder of its own there, is a verdict by hand."""
    make = make_both
    sha256 = make.add(draw.encode(draw.comic(1)), "comic")
    make.move(sha256, "_rejected/dull")
    found = check(make.folder)

    assert found.sync.rejected == 1
    assert make.tree() == {"_rejected/dull": {sha256}}


def test_a_removed_picture_is_rejected_and_never_placed_again(draw, make_both) -> None:
    """Deleting a file below images/ keeps the bytes in raw/ and says no for ever."""
    make = make_both
    gone = make.add(draw.encode(draw.comic(1)), "comic")
    stays = make.add(draw.encode(draw.comic(2)), "comic")
    make.path(gone).unlink()
    found = sync(make.folder)
    check(make.folder)

    assert found.removed == 1
    assert decisions(make) == [(gone, ["comic"], [], 1)]
    assert make.tree() == {"comic": {stays}}
    assert make.folder.raw_path(gone, "jpg").exists()
    assert sync(make.folder).removed == 0


def test_a_removed_picture_that_is_put_back_is_known(draw, make_both) -> None:
    """The content tells: the same bytes are the same picture, not a new one."""
    make = make_both
    data = draw.encode(draw.comic(1))
    sha256 = make.add(data, "comic")
    make.path(sha256).unlink()
    sync(make.folder)
    (make.folder.images / "comic" / "from my backup.jpeg").write_bytes(data)
    found = sync(make.folder)

    assert (found.labelled, found.taken_in) == (1, 0)
    assert found.folders == {"comic": 1}


def test_a_foreign_picture_becomes_one_of_the_source_folder(draw, make_both) -> None:
    """It is copied to raw/, read-only, and is labelled by where it lies."""
    make = make_both
    make.add(draw.encode(draw.comic(1)), "comic")
    file = make.folder.images / "photo" / "IMG 0001.JPG"
    file.parent.mkdir()
    file.write_bytes(draw.encode(draw.photo(1), "WEBP"))
    found = check(make.folder)
    with sqlite3.connect(make.folder.catalog) as sql:
        (sha256, source, target) = sql.execute(
            "SELECT sha256, source, target FROM provenance WHERE source = 'folder'"
        ).fetchone()
    raw = make.folder.raw_path(sha256, "webp")

    assert (found.sync.taken_in, found.sync.labelled) == (1, 0)
    assert (source, target) == ("folder", "folder:images")
    assert raw.read_bytes() == file.read_bytes()
    assert raw.stat().st_mode & 0o777 == 0o444
    assert not list(make.folder.parts.iterdir())
    assert sync(make.folder).taken_in == 0


def test_a_foreign_picture_in_unsorted_is_judged_as_any_other(draw, make) -> None:
    """Who throws a picture in to be sorted has not judged it."""
    make.add(draw.encode(draw.comic(1)), "comic")
    make.folder.unsorted.mkdir()
    (make.folder.unsorted / "empty page.png").write_bytes(draw.encode(white(), "PNG"))
    found = check(make.folder)

    assert found.sync.hand_moves == 0
    assert found.moved == {"_rejected/blank": 1}


def test_files_that_are_no_pictures_are_left_alone(draw, make) -> None:
    """Hidden files and downloads under way are not mentioned, other files are, and all stay."""
    make.add(draw.encode(draw.comic(1)), "comic")
    comic = make.folder.images / "comic"
    quiet = [comic / ".DS_Store", comic / "Thumbs.db", comic / "new.jpg.part", comic / "._x.jpg"]
    loud = [comic / "notes.txt", comic / "not really.jpg", comic / "nothing.png"]
    for path in (*quiet, loud[0]):
        path.write_text("x")
    loud[1].write_text("<html>")
    loud[2].write_bytes(b"")
    found = check(make.folder)

    assert len(found.sync.strays) == 3
    assert all(any(path.name in line for line in found.sync.strays) for path in loud)
    assert all(path.exists() for path in (*quiet, *loud))


def test_a_picture_in_two_label_folders_is_a_conflict(draw, make_both) -> None:
    """It is shown and left out of the build until one of the files goes."""
    make = make_both
    both = make.add(draw.encode(draw.comic(1)), "comic")
    for n in range(2, 6):
        make.add(draw.encode(draw.comic(n)), "comic")
        make.add(draw.encode(draw.photo(n)), "photo")
    copy = make.folder.images / "photo" / "copied.jpg"
    original = make.path(both).relative_to(make.folder.images)
    shutil.copyfile(make.path(both), copy)
    found = check(make.folder)
    built = build(make.folder)
    copy.unlink()
    later = build(make.folder)

    why = f"stands in {original} and photo/copied.jpg; keep one of them"
    assert found.sync.conflicts == {both: why}
    assert (built.pictures, built.left_out) == (8, {"conflict": 1})
    assert (later.pictures, later.left_out) == (9, {})


def test_targets_that_disagree_leave_the_picture_to_a_person(draw, make) -> None:
    """Labelled twice by the list: unsorted, with the conflict told; a hand move settles it."""
    data = draw.encode(draw.comic(1))
    sha256 = make.add(data, targets={"tumblr:comic": "comic"})
    make.add(data, targets={"twitter:paul": "photo"})
    found = check(make.folder)
    placed = make.tree()
    (file,) = make.folder.unsorted.iterdir()
    file.rename(make.folder.images / "comic" / file.name)
    settled = check(make.folder)

    assert found.sync.conflicts == {sha256: "tumblr:comic says comic, twitter:paul says photo"}
    assert placed == {"_unsorted": {sha256}}
    assert settled.sync.conflicts == {}
    assert make.tree() == {"comic": {sha256}}


def test_duplicates_under_two_labels_are_a_conflict(draw, make) -> None:
    """The keeper waits for a person, rather than that one label wins by its pixels."""
    keeper = make.add(draw.encode(draw.comic(1)), "comic")
    loser = make.add(draw.encode(draw.comic(1), quality=50), "photo")
    found = check(make.folder)

    assert list(found.sync.conflicts) == [keeper]
    assert make.tree() == {"_unsorted": {keeper}, "_rejected/near_duplicate": {loser}}


def test_duplicates_that_people_labelled_differently_stay_and_are_shown(draw, make) -> None:
    """No hand move is undone; both are left out of the build."""
    for n in range(2, 6):
        make.add(draw.encode(draw.comic(n)), "comic")
        make.add(draw.encode(draw.photo(n)), "photo")
    one = make.add(draw.encode(draw.comic(1)))
    other = make.add(draw.encode(draw.comic(1), quality=50))
    make.move(one, "comic")
    make.move(other, "photo")
    found = check(make.folder)

    assert set(found.sync.conflicts) == {one, other}
    assert one in make.tree()["comic"]
    assert other in make.tree()["photo"]
    assert build(make.folder).left_out == {"conflict": 2}


def test_the_twin_of_a_dismissed_keeper_does_not_come_back(draw, make) -> None:
    """Who removes a picture does not get its duplicate in return."""
    keeper = make.add(draw.encode(draw.comic(1)), "comic")
    twin = make.add(draw.encode(draw.comic(1), quality=50), "comic")
    check(make.folder)
    make.path(keeper).unlink()
    check(make.folder)
    again = check(make.folder)

    assert make.tree() == {"_rejected/near_duplicate": {twin}}
    assert again.moved == {}


def test_a_whole_label_folder_can_be_renamed(draw, make_both) -> None:
    """Every picture in it is labelled anew."""
    make = make_both
    hashes = {make.add(draw.encode(draw.comic(n)), "comic") for n in range(3)}
    sync(make.folder)
    (make.folder.images / "comic").rename(make.folder.images / "strip")
    found = sync(make.folder)

    assert found.labelled == 3
    assert make.tree() == {"strip": hashes}
    assert found.folders == {"strip": 3}


def test_sub_folders_belong_to_their_label(draw, make) -> None:
    """People sort in heaps: images/comic/later/x.jpg is a comic."""
    sha256 = make.add(draw.encode(draw.comic(1)))
    make.move(sha256, "comic/later")

    assert sync(make.folder).folders == {"comic": 1}


@pytest.mark.parametrize("name", ["con", "a:b", "x" * 65, "line\nbreak", " comic"])
def test_a_folder_that_cannot_be_a_label_is_told_in_one_line(draw, make, name: str) -> None:
    """Nothing is read, nothing is changed, and the line names the folder."""
    sha256 = make.add(draw.encode(draw.comic(1)), "comic")
    make.move(sha256, name)
    with pytest.raises(UsageError) as caught:
        sync(make.folder)

    assert "\n" not in str(caught.value)
    assert repr(name)[:40] in str(caught.value)
    assert decisions(make) == []


def test_folders_that_differ_by_case_only_are_told_in_one_line(draw, make) -> None:
    """`Comic` beside `comic` would be one folder on other systems."""
    make.add(draw.encode(draw.comic(1)), "comic")
    (make.folder.images / "Comic").mkdir()
    with pytest.raises(UsageError, match="'Comic' and 'comic' differ by case"):
        sync(make.folder)


def test_an_edit_in_place_through_a_link_is_noticed(draw, make) -> None:
    """The changed bytes are a picture of their own; the old one is told to be damaged."""
    sha256 = make.add(draw.encode(draw.comic(1)), "comic")
    check(make.folder)
    path = make.path(sha256)
    path.chmod(0o644)
    edited = draw.encode(draw.comic(7))
    path.write_bytes(edited)
    found = check(make.folder)

    assert found.sync.edited_raw == [sha256]
    assert (found.sync.taken_in, found.sync.removed) == (1, 0)
    assert found.pictures == 2
    again = sync(make.folder)
    assert (again.hand_moves, again.taken_in) == (0, 0)
    assert (again.changed_raw, again.missing_raw) == ([], [sha256])


def test_an_edited_copy_in_place_of_a_picture_is_a_new_one(draw, make_both) -> None:
    """Editors that write a new file leave raw/ alone: one picture goes, one comes."""
    make = make_both
    sha256 = make.add(draw.encode(draw.comic(1)), "comic")
    check(make.folder)
    path = make.path(sha256)
    new = path.with_name("new")
    new.write_bytes(draw.encode(draw.comic(7)))
    new.replace(path)
    found = check(make.folder)

    assert (found.sync.taken_in, found.sync.removed, found.sync.changed_raw) == (1, 0, [])
    assert len(make.tree()["comic"]) == 1


def test_a_touched_file_is_still_the_same(draw, make) -> None:
    """Another time with the same bytes is no change."""
    sha256 = make.add(draw.encode(draw.comic(1)), "comic")
    sync(make.folder)
    os.utime(make.path(sha256), (1, 1))
    found = sync(make.folder)

    assert (found.hand_moves, found.changed_raw, found.taken_in) == (0, [], 0)


def test_a_picture_that_harvest_has_not_placed_yet_is_nobodys_move(draw, make) -> None:
    """A harvest stopped before it noted a place is not taken for a person."""
    waiting = make.add(draw.encode(draw.comic(1)), "comic", placed=False)
    shown = make.add(draw.encode(draw.comic(2)), "comic")
    with sqlite3.connect(make.folder.catalog) as sql:
        sql.execute("UPDATE image SET placed_as = NULL")
    found = sync(make.folder)

    assert found.hand_moves == 0
    assert make.tree() == {"comic": {shown}}
    assert waiting not in {s for s, *_ in decisions(make)}


def test_a_place_that_harvest_changes_is_nobodys_move(draw, make) -> None:
    """Harvest learns late that targets disagree, and moves its own file: no hand did that."""
    icon = draw.encode(draw.comic(1).resize((60, 50)), "PNG")
    sha256 = make.add(icon, "comic")
    check(make.folder)
    check(make.folder, ChecksSettings.model_validate({"too_small": False}))
    make.add(icon, targets={"twitter:paul": "photo"})
    make.move(sha256, "_unsorted")
    with sqlite3.connect(make.folder.catalog) as sql:
        sql.execute("UPDATE image SET placed_as = ?", (make.names[sha256],))
    found = check(make.folder, ChecksSettings.model_validate({"too_small": False}))

    assert found.sync.hand_moves == 0
    assert list(found.sync.conflicts) == [sha256]
    assert [hand for *_, hand in decisions(make)] == [0, 0, 0]


def test_images_gone_as_a_whole_is_not_ten_thousand_rejections(draw, make) -> None:
    """An unmounted or misnamed folder is refused; nothing is decided."""
    make.add(draw.encode(draw.comic(1)), "comic")
    make.folder.images.rename(make.folder.root / "imagse")
    with pytest.raises(DataError, match="put them back"):
        sync(make.folder)

    assert decisions(make) == []


def test_all_pictures_gone_at_once_are_not_rejected_whatever_came_since(draw, make) -> None:
    """A new harvest into a fresh images/ hides no loss; a backup undoes it without a trace."""
    labelled = [make.add(draw.encode(draw.comic(n, (240, 180))), "comic") for n in range(10)]
    sync(make.folder)
    backup = make.folder.root / "backup"
    make.folder.images.rename(backup)
    new = make.add(draw.encode(draw.comic(50)), "comic")
    with pytest.raises(DataError, match="all 10 pictures") as caught:
        sync(make.folder)
    with pytest.raises(DataError, match="all 10 pictures"):
        check(make.folder)
    refused = decisions(make)
    shutil.copytree(backup, make.folder.images, dirs_exist_ok=True)
    found = sync(make.folder)

    assert refused == []
    assert "\n" not in str(caught.value)
    assert f"--all-removed {make.folder.root}" in str(caught.value)
    assert found.hand_moves == 0
    assert make.tree() == {"comic": {*labelled, new}}


@pytest.mark.parametrize("left", [(), ("images",)])
def test_a_loss_that_is_meant_can_be_said(draw, make, left: tuple[str, ...]) -> None:
    """`all_removed` rejects them all, with or without the folder, and later looks are as ever."""
    for n in range(10):
        make.add(draw.encode(draw.comic(n, (240, 180))), "comic")
    sync(make.folder)
    shutil.rmtree(make.folder.images)
    for name in left:
        (make.folder.root / name).mkdir()
    found = sync(make.folder, Manner(all_removed=True))
    make.folder.images.mkdir(exist_ok=True)
    again = sync(make.folder)

    assert (found.removed, again.removed) == (10, 0)
    assert len(decisions(make)) == 10


def test_a_few_pictures_can_all_be_removed_in_one_go(draw, make) -> None:
    """Nine that go together are nine rejections; so are nine of ten."""
    hashes = [make.add(draw.encode(draw.comic(n, (240, 180))), "comic") for n in range(10)]
    sync(make.folder)
    for sha256 in hashes[1:]:
        make.path(sha256).unlink()
    most = sync(make.folder)
    make.path(hashes[0]).unlink()
    last = sync(make.folder)

    assert (most.removed, last.removed) == (9, 1)


def test_decisions_are_only_ever_added(draw, make) -> None:
    """The history cannot be rewritten."""
    sha256 = make.add(draw.encode(draw.comic(1)))
    make.move(sha256, "comic")
    sync(make.folder)

    with (
        sqlite3.connect(make.folder.catalog) as sql,
        pytest.raises(sqlite3.IntegrityError, match="only ever added"),
    ):
        sql.execute("UPDATE decision SET hand = 0")


def test_what_harvest_forgets_curation_forgets_too(draw, make) -> None:
    """Deleting an image row takes every opinion and decision about it along."""
    sha256 = make.add(draw.encode(draw.comic(1)))
    make.add(draw.encode(draw.comic(1), quality=40))
    make.move(sha256, "comic")
    check(make.folder)
    with sqlite3.connect(make.folder.catalog) as sql:
        sql.execute("PRAGMA foreign_keys = ON")
        sql.execute("DELETE FROM seen")
        sql.execute("DELETE FROM sighting")
        sql.execute("DELETE FROM image")
        tables = ("measure", "verdict", "pair", "cluster", "decision", "place")
        left = [sql.execute(f"SELECT COUNT(*) FROM {t}").fetchone()[0] for t in tables]

    assert left == [0] * len(tables)
