"""`raw/` is brought back from `images/`, where the true bytes stand there."""

from __future__ import annotations

import shutil

import pytest

from curate.dataset import build
from curate.labels import sync
from curate.rawfiles import read_raw, take_back
from curate.run import check
from curate.store.facts import read_images
from curate.store.schema import open_store
from harvest.ledger.folder import DatasetFolder


def fill(draw, make) -> list[str]:
    labels = ("comic", "photo")
    return [make.add(draw.encode(draw.comic(n, (240, 180))), labels[n % 2]) for n in range(6)]


def test_a_copied_data_set_mends_a_raw_file_that_was_changed(draw, make, tmp_path) -> None:
    """Copies are no links: a byte more in raw/ costs nothing while images/ holds the picture."""
    one, *_ = fill(draw, make)
    check(make.folder)
    copied = DatasetFolder(shutil.copytree(make.folder.root, tmp_path / "copied"))
    raw = copied.raw_path(one, "jpg")
    true = raw.read_bytes()
    raw.chmod(0o644)
    raw.write_bytes(true + b"!")
    found = sync(copied)

    assert (found.restored_raw, found.changed_raw, found.missing_raw) == ([one], [], [])
    assert raw.read_bytes() == true
    assert raw.stat().st_mode & 0o222 == 0
    assert sync(copied).restored_raw == []


@pytest.mark.parametrize("mode", [0o444, 0o644])
def test_a_raw_file_that_is_gone_comes_back_and_is_built(draw, make, mode: int) -> None:
    """As a link; of a copy that people may edit, as a copy."""
    one, *_ = fill(draw, make)
    check(make.folder)
    raw = make.folder.raw_path(one, "jpg")
    raw.unlink()
    make.path(one).chmod(mode)
    made = build(make.folder)

    assert made.sync.restored_raw == [one]
    assert made.pictures == 6
    assert raw.samefile(make.path(one)) == (mode == 0o444)


def test_a_dry_run_brings_nothing_back(draw, make) -> None:
    """It changes nothing."""
    one, *_ = fill(draw, make)
    check(make.folder)
    make.folder.raw_path(one, "jpg").unlink()
    check(make.folder, dry_run=True)

    assert not make.folder.raw_path(one, "jpg").exists()


def test_bytes_that_stand_nowhere_else_are_not_overwritten(draw, make) -> None:
    """What was edited in place, through a link that is still there, is no damage."""
    one, *_ = fill(draw, make)
    check(make.folder)
    link, twin = make.path(one), make.path(one).with_name("twin.jpg")
    shutil.copyfile(link, twin)
    sync(make.folder)
    link.chmod(0o644)
    link.write_bytes(draw.encode(draw.comic(77, (240, 180))))
    found = sync(make.folder)

    assert (found.taken_in, found.restored_raw) == (1, [one])
    assert link.read_bytes() == draw.encode(draw.comic(77, (240, 180)))
    assert make.folder.raw_path(one, "jpg").read_bytes() == twin.read_bytes()


def test_a_picture_that_is_being_edited_is_waited_for(draw, make) -> None:
    """Half written through its link: raw/ is left as it is until the edit is whole."""
    one, *_ = fill(draw, make)
    check(make.folder)
    link = make.path(one)
    shutil.copyfile(link, link.with_name("twin.jpg"))
    sync(make.folder)
    link.chmod(0o644)
    link.write_bytes(draw.encode(draw.comic(77, (240, 180)))[:2000])
    found = sync(make.folder)

    assert len(found.waiting) == 1
    assert found.restored_raw == []
    assert make.folder.raw_path(one, "jpg").samefile(link)


def test_what_was_written_over_since_is_not_brought_back(draw, make) -> None:
    """A file that held the bytes when it was looked at, and holds others now, is no source."""
    one, other, *_ = fill(draw, make)
    check(make.folder)
    raw = make.folder.raw_path(one, "jpg")
    raw.unlink()
    with open_store(make.folder) as catalog:
        images = read_images(catalog)
    shown = {one: [make.path(other).relative_to(make.folder.images).as_posix()]}
    found, back = take_back(make.folder, images, read_raw(make.folder, images), shown)

    assert (found.missing, back) == ({one}, set())
    assert not raw.exists()
