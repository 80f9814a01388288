"""Files as file managers, editors and other systems leave them."""

from __future__ import annotations

import os
import unicodedata

import pytest

import winnow
from curate.labels import Manner, sync
from harvest.ledger.errors import UsageError


def small(draw, n: int) -> bytes:
    return draw.encode(draw.comic(n, (240, 180)))


@pytest.mark.parametrize(
    "name",
    [
        ".DS_Store",
        "._x.jpg",
        "Thumbs.db",
        "ehthumbs.db",
        "desktop.ini",
        "Desktop.INI",
        ".directory",
        "x.jpg.part",
        "x.jpg.crdownload",
        "x.jpg~",
        "~$x.jpg",
        ".Trash-1000/files/x.jpg",
        "$RECYCLE.BIN/S-1-5/x.jpg",
        "@eaDir/x.jpg",
        "#recycle/x.jpg",
        "System Volume Information/x.jpg",
    ],
)
def test_a_programs_own_files_are_passed_over(draw, make, name: str) -> None:
    """Nothing is said of them, nothing taken in, even where they hold a picture."""
    make.add(small(draw, 1), "comic")
    for top in (make.folder.images, make.folder.images / "comic"):
        (top / name).parent.mkdir(parents=True, exist_ok=True)
        (top / name).write_bytes(small(draw, 9))
    found = sync(make.folder)

    assert (found.taken_in, found.strays, found.folders) == (0, [], {"comic": 1})


def test_a_picture_in_the_trash_is_removed_and_comes_back(draw, make_both) -> None:
    """As file managers delete it, and as they restore it."""
    make = make_both
    sha256 = make.add(small(draw, 1), "comic")
    make.add(small(draw, 2), "comic")
    home = make.path(sha256)
    make.move(sha256, ".Trash-1000/files")
    gone = sync(make.folder)
    make.path(sha256).rename(home)
    back = sync(make.folder)

    assert (gone.removed, gone.pictures) == (1, 1)
    assert (back.labelled, back.taken_in, back.folders) == (1, 0, {"comic": 2})


def test_a_folder_name_in_another_form_is_the_same_label(draw, make_both) -> None:
    """macOS writes accents apart: no move, and one label."""
    make = make_both
    label = "caf\u00e9"
    make.add(small(draw, 1), label)
    sync(make.folder)
    (make.folder.images / label).rename(make.folder.images / unicodedata.normalize("NFD", label))
    found = sync(make.folder)

    assert (found.hand_moves, found.folders) == (0, {label: 1})


def test_folders_below_rejected_are_verdicts_by_hand(draw, make_both) -> None:
    """Its root, a new folder and one deep within it."""
    make = make_both
    for n, to in enumerate(("_rejected", "_rejected/ugly", "_rejected/ugly/very/much")):
        make.move(make.add(small(draw, n), "comic"), to)
    make.move(make.add(small(draw, 5), "comic"), "_unsorted")
    found = sync(make.folder)

    assert (found.rejected, found.unlabelled) == (3, 1)
    assert found.folders == {"_rejected": 1, "_rejected/ugly": 2, "_unsorted": 1}


def test_a_very_deep_folder_is_read(draw, make) -> None:
    """Hundreds of folders within each other are one label."""
    sha256 = make.add(small(draw, 1))
    make.move(sha256, "comic/" + "/".join("d" * 800))

    assert sync(make.folder).folders == {"comic": 1}


def test_links_are_told_and_left_alone(draw, make) -> None:
    """A link to a file or a folder is no picture, wherever it leads."""
    sha256 = make.add(small(draw, 1), "comic")
    outside = make.folder.root.with_name("outside")
    outside.mkdir()
    (outside / "x.jpg").write_bytes(small(draw, 9))
    (make.folder.images / "comic/a.jpg").symlink_to(make.path(sha256))
    (make.folder.images / "comic/b").symlink_to(outside)
    found = sync(make.folder)

    assert len(found.strays) == 2
    assert (found.taken_in, found.folders) == (0, {"comic": 1})


def test_a_file_that_is_half_written_waits(draw, make_both) -> None:
    """It is told and taken in when it is whole; old and torn, it is a picture for the checks."""
    make = make_both
    make.add(small(draw, 1), "comic")
    data = small(draw, 9)
    young, old = make.folder.images / "comic/young.jpg", make.folder.images / "comic/old.jpg"
    young.write_bytes(data[:2000])
    old.write_bytes(data[:3000])
    os.utime(old, (10**9, 10**9))
    first = sync(make.folder)
    young.write_bytes(data)
    second = sync(make.folder)

    assert (first.taken_in, first.waiting) == (1, ["comic/young.jpg"])
    assert (second.taken_in, second.waiting) == (1, [])


def test_a_picture_being_written_over_is_not_removed(draw, make_both) -> None:
    """While the edited copy is torn its picture is left as it was; then one goes, one comes."""
    make = make_both
    sha256 = make.add(small(draw, 1), "comic")
    make.add(small(draw, 2), "comic")
    sync(make.folder)
    data = small(draw, 9)
    make.path(sha256).unlink()
    make.path(sha256).write_bytes(data[:2000])
    half = sync(make.folder)
    make.path(sha256).write_bytes(data)
    whole = sync(make.folder)

    assert (half.removed, len(half.waiting)) == (0, 1)
    assert (whole.removed, whole.taken_in, len(whole.edited)) == (0, 1, 1)
    assert list(whole.edited.values()) == [sha256]


def test_bytes_in_raw_that_no_picture_has_are_told(draw, make) -> None:
    """Edited through a link that was then deleted: nothing is thrown away, and it is said."""
    sha256 = make.add(small(draw, 1), "comic")
    make.add(small(draw, 2), "comic")
    sync(make.folder)
    make.path(sha256).chmod(0o644)
    make.path(sha256).write_bytes(small(draw, 9))
    make.path(sha256).unlink()
    found = sync(make.folder)

    assert (found.changed_raw, found.edited_raw) == ([sha256], [])
    assert make.folder.raw_path(sha256, "jpg").read_bytes() == small(draw, 9)


@pytest.mark.parametrize(("here", "there"), [("photo", "comic"), ("comic", "photo")])
def test_a_file_moved_past_the_look_is_not_removed(
    draw, make, monkeypatch, here: str, there: str
) -> None:
    """What one look misses, as it moves from a later folder to an earlier one, the next sees."""
    sha256 = make.add(small(draw, 1), here)
    make.add(small(draw, 2), there)
    sync(make.folder)
    true_scandir, moved = os.scandir, []

    def scandir(path):
        if str(path).endswith(here) and not moved:
            moved.append(make.move(sha256, there))
        return true_scandir(path)

    monkeypatch.setattr(os, "scandir", scandir)
    found = sync(make.folder)

    assert moved
    assert (found.removed, found.labelled) == (0, 1)


@pytest.mark.parametrize("name", ["", "  ", "x" * 65, "a\nb", "winnow"])
def test_a_name_that_cannot_sign_is_told(draw, make, name: str) -> None:
    """One line, and nothing is read."""
    sha256 = make.add(small(draw, 1))
    make.move(sha256, "comic")
    with pytest.raises(UsageError, match="--as NAME") as caught:
        sync(make.folder, Manner(who=name))

    assert "\n" not in str(caught.value)
    assert sync(make.folder).labelled == 1


def test_folders_that_are_no_labels_are_named(draw, make) -> None:
    """A name that begins with _ is no label; what stands there is unsorted, and that is told."""
    sha256 = make.add(small(draw, 1))
    make.move(sha256, "_maybe")
    found = sync(make.folder)

    assert found.unlabelled == 1
    assert [note.partition(":")[0] for note in found.notes] == ["images/_maybe/"]
    assert "1 pictures count as unsorted" in found.notes[0]


def test_pictures_that_were_only_hidden_are_named(draw, make_both) -> None:
    """They count as removed; the note says which file still stands where. Trash is trash."""
    make = make_both
    later, dot, gone, _ = (make.add(small(draw, n), "comic") for n in range(4))
    sync(make.folder)
    make.move(later, ".later")
    make.move(dot, "comic", ".dot.jpg")
    make.move(gone, ".Trash-1000/files")
    found = sync(make.folder)

    assert found.removed == 3
    assert len(found.notes) == 1
    assert found.notes[0].startswith("images/.later/")
    assert found.notes[0].endswith("; so do 1 more")


def test_an_edited_copy_of_a_renamed_file_keeps_its_post(draw, make_both) -> None:
    """The path at which the last look saw the picture tells which one it was."""
    make = make_both
    sha256, other = make.add(small(draw, 1), "comic"), make.add(small(draw, 2), "comic")
    stands, moved = make.move(sha256, "comic", "best.jpg"), make.move(other, "comic", "1.jpg")
    sync(make.folder)
    stands.unlink()
    stands.write_bytes(small(draw, 9))
    make.move(other, "comic", "2.jpg")
    moved.write_bytes(small(draw, 10))
    found = sync(make.folder)

    assert list(found.edited.values()) == [sha256]
    assert (found.taken_in, found.hand_moves) == (2, 0)


def test_all_unfit_folders_are_named_at_once(draw, make) -> None:
    """And two that look the same are told by their bytes."""
    make.add(small(draw, 1), "comic")
    for name in ("con", "é", "e\u0301", "x" * 70):
        (make.folder.images / name).mkdir()
    with pytest.raises(UsageError) as caught:
        sync(make.folder)
    told = str(caught.value)

    assert "\n" not in told
    assert all(name in told for name in ("'con'", "x" * 70, r"'e\u0301'", r"'\xe9'"))


def test_a_name_that_is_no_text_is_no_removal(draw, make_both, capsys) -> None:
    """It is told as it is on the disk, as often as one looks, and the picture was not removed."""
    make = make_both
    sha256 = make.add(draw.encode(draw.photo(1)), "comic")
    make.add(draw.encode(draw.photo(2)), "comic")
    sync(make.folder)
    odd = os.fsdecode(b"caf\xe9.jpg")
    there = make.path(sha256).rename(make.path(sha256).with_name(odd))
    first, second = sync(make.folder), sync(make.folder)
    winnow.main(["curate", "sync", str(make.folder.root)])
    told = capsys.readouterr().err
    there.rename(there.with_name("cafe.jpg"))
    last = sync(make.folder)

    assert (first.removed, second.removed) == (0, 0)
    assert "images/comic/caf\\xe9.jpg: the name is not UTF-8" in told
    assert "removed" not in told
    assert (last.hand_moves, last.pictures) == (0, 2)
