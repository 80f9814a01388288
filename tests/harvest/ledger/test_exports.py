"""Which files in a data set are exports of winnow's, to be written anew or taken down."""

from pathlib import Path

from harvest.ledger.exports import CARD, MARK, find_exports, is_ours


def test_only_what_bears_the_mark_is_ours(tmp_path: Path) -> None:
    """A person's card, and folders beside such a card, are nobody else's business."""
    for name in ("imagefolder", "webdataset", "webdataset.new"):
        (tmp_path / name).mkdir()
        (tmp_path / name / CARD).write_text(f"---\n---\n\n{MARK}\n")
    (tmp_path / "imagefolder" / CARD).write_text("# mine\n")
    (tmp_path / CARD).write_text("# mine\n")
    (tmp_path / "other.parquet").touch()
    found = list(find_exports(tmp_path))
    (tmp_path / CARD).write_text(f"# ours\n{MARK}\n")
    (tmp_path / "manifest.parquet").touch()
    more = list(find_exports(tmp_path))

    assert [path.name for path in found] == ["webdataset", "webdataset.new"]
    assert [path.name for path in more[:2]] == [CARD, "manifest.parquet"]
    assert more[2:] == found


def test_a_card_that_cannot_be_read_is_not_ours(tmp_path: Path) -> None:
    """Nothing there, or a folder of that name: left alone."""
    (tmp_path / CARD).mkdir()

    assert not is_ours(tmp_path / "none" / CARD)
    assert not is_ours(tmp_path / CARD)
