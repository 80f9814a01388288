"""Pictures that stand in for many: found by where they were seen, or by a list that is shared."""

from __future__ import annotations

import json
import sqlite3
from pathlib import Path

import pytest

import winnow
from curate.run import check
from curate.settings import ChecksSettings
from curate.sharing import share_placeholders
from harvest.ledger.errors import SettingsError
from harvest.ledger.fingerprint import fingerprint_file, hamming
from harvest.ledger.placeholders import read_placeholders
from harvest.ledger.settings import load_settings

SHA = "ab" * 32
LOOK = "0f" * 32


def verdicts(make) -> dict[str, tuple[int, int, str]]:
    """sha256 -> (flagged, warned, reason) of the placeholder check, as the catalog has it."""
    with sqlite3.connect(make.folder.catalog) as sql:
        rows = sql.execute(
            "SELECT sha256, flagged, warned, reason FROM verdict WHERE check_name = 'placeholder'"
        )
        return {sha256: (flagged, warned, reason) for sha256, flagged, warned, reason in rows}


def written_by(make, sha256: str, author: str) -> None:
    with sqlite3.connect(make.folder.catalog) as sql:
        sql.execute("UPDATE sighting SET author = ? WHERE sha256 = ?", (author, sha256))


def test_the_same_bytes_under_many_posts_are_warned_of_and_stay(draw, make) -> None:
    """The tenth post makes a placeholder; warnings are in the catalog and in the summary."""
    nine, ten = draw.encode(draw.comic(1)), draw.encode(draw.comic(2))
    hashes = [make.add(nine), make.add(ten)]
    for _ in range(8):
        make.add(nine)
        make.add(ten)
    make.add(ten)
    summary = check(make.folder)
    said = verdicts(make)

    assert said[hashes[0]] == (0, 0, "")
    assert said[hashes[1]] == (0, 1, "the same file under 10 posts")
    assert summary.warned["placeholder"] == 1
    assert make.tree() == {"_unsorted": set(hashes)}


def test_re_encoded_copies_count_by_account(draw, make) -> None:
    """Five accounts, each with its own encoding, make one; another drawing counts for itself."""
    copies = [make.add(draw.encode(draw.comic(1), quality=q)) for q in (60, 70, 80, 88, 95)]
    lonely = make.add(draw.encode(draw.comic(2)))
    for number, sha256 in enumerate(copies):
        written_by(make, sha256, f"account {number}")
    setting = {"placeholder": {"action": "reject"}, "near_duplicate": False}
    summary = check(make.folder, ChecksSettings.model_validate(setting))
    fewer = check(make.folder, ChecksSettings.model_validate({"placeholder": {"min_accounts": 6}}))

    assert summary.flagged == {"placeholder": 5}
    assert make.tree()["_unsorted"] >= {lonely}
    assert "placeholder" not in fewer.flagged | fewer.warned


def test_one_account_may_draw_the_same_panels_every_day(draw, make) -> None:
    """A series on one template hashes alike and is no placeholder."""
    for n in range(12):
        make.add(draw.encode(draw.comic(99, words=f"{n} words")))
    summary = check(make.folder)

    assert "placeholder" not in summary.warned


def test_empty_pages_of_many_accounts_are_blank_and_no_placeholder(draw, make) -> None:
    """Flat pictures hash alike whatever they are."""
    from PIL import Image

    for n in range(6):
        page = draw.encode(Image.new("RGB", (300 + n, 300), (250 - 20 * n, 20 * n, 80)))
        written_by(make, make.add(page), f"account {n}")
    summary = check(make.folder)

    assert summary.flagged == {"blank": 6}
    assert "placeholder" not in summary.warned


def test_a_shared_list_sets_aside_in_another_data_set(draw, make, make_another) -> None:
    """What a person dismissed here is known there, by its bytes or by its look."""
    here, there = make, make_another("there")
    data = draw.encode(draw.photo(5))
    sha256 = here.add(data)
    here.add(draw.encode(draw.photo(6)))
    check(here.folder)
    here.move(sha256, "_rejected/placeholder")
    path = here.folder.reports / "lists" / "placeholders.txt"
    count = share_placeholders(here.folder, path)
    copy = there.add(draw.encode(draw.photo(5), quality=60))
    other = there.add(draw.encode(draw.photo(6)))
    check(there.folder, ChecksSettings.model_validate({"placeholder": {"list": str(path)}}))

    assert count == 1
    assert f"sha256:{sha256}" in path.read_text()
    assert there.tree() == {"_rejected/placeholder": {copy}, "_unsorted": {other}}
    assert verdicts(there)[copy] == (1, 0, "a known placeholder: 480 x 360")


def test_the_command_writes_the_list_and_says_where(draw, make, capfd) -> None:
    """By default beside the catalog; an empty one is told; no address and no picture is in it."""
    root = str(make.folder.root)
    sha256 = make.add(draw.encode(draw.photo(5)))
    codes = [winnow.main(["curate", "placeholders", root])]
    said = capfd.readouterr()
    make.move(sha256, "_rejected/placeholder")
    shared = make.folder.reports / "shared.txt"
    codes.append(winnow.main(["curate", "placeholders", root, "-o", str(shared), "--json"]))
    told = json.loads(capfd.readouterr().out)
    empty = make.folder.root / "placeholders.txt"

    assert codes == [0, 0]
    assert said.out == f"{empty}\n"
    assert "no picture stands in images/_rejected/placeholder/" in said.err
    assert [line for line in empty.read_text().splitlines() if line[:1] != "#"] == []
    assert told == {"list": str(shared), "pictures": 1}
    assert shared.read_text().splitlines()[1:] == [f"sha256:{sha256}"]


def test_a_list_is_read_leniently(tmp_path: Path) -> None:
    """Comments, blank lines, a BOM, capitals, `sha256sum`'s own form: all are understood."""
    path = tmp_path / "list.txt"
    path.write_bytes(
        b"\xef\xbb\xbf# mine\r\n\r\n"
        + f"SHA256:{SHA.upper()}  gone away\r\n{'cd' * 32} *some file.jpg\n".encode()
        + f"phash256:{LOOK}  # an avatar".encode()
    )
    known = read_placeholders(str(path))

    assert known.by_bytes(SHA) == "gone away"
    assert known.by_bytes("cd" * 32) == "*some file.jpg"
    assert known.by_bytes("ef" * 32) is None
    assert known.by_look(LOOK, 0) == "an avatar"
    assert known.by_look("1f" + LOOK[2:], 0) is None
    assert known.by_look("1f" + LOOK[2:], 1) == "an avatar"


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"sha256:abc\n", ["list.txt:1", "'sha256:abc'", "64 hex digits"]),
        (f"# fine\nsha256:{SHA}\nmd5:{SHA}\n".encode(), ["list.txt:3", "md5"]),
        (f"sha256:{SHA}{SHA}\n".encode(), ["list.txt:1"]),
        (b"\xff\xfe\x00", ["UTF-8"]),
        (None, ["No such file"]),
    ],
)
def test_a_bad_list_is_one_line_that_names_both_files(tmp_path: Path, content, words) -> None:
    """The line of the settings, the line of the list, and what was wanted."""
    path = tmp_path / "list.txt"
    if content is not None:
        path.write_bytes(content)
    config = tmp_path / "comics.yaml"
    config.write_text(
        f"dataset: strips\ntargets:\n  - twitter: ada\nchecks:\n  placeholder: {{list: {path}}}\n"
    )
    with pytest.raises(SettingsError) as caught:
        load_settings(config).section("checks", ChecksSettings)
    said = str(caught.value)

    assert "comics.yaml:5" in said
    assert "\n" not in said
    assert all(word in said for word in words)


def test_flat_pictures_do_not_answer_to_a_look(draw, make, tmp_path: Path) -> None:
    """The hash of an empty page is rounding: two colours that hash alike are not one picture."""
    from PIL import Image

    pages = [draw.encode(Image.new("RGB", (300, 300), c)) for c in ((9, 20, 200), (250, 80, 20))]
    blue, red = (make.add(page) for page in pages)
    looks = [fingerprint_file(make.folder.raw_path(s, "jpg"))[1].phash256 for s in (blue, red)]
    path = tmp_path / "list.txt"
    path.write_text(f"phash256:{looks[0]}\n")
    check(make.folder, ChecksSettings.model_validate({"placeholder": {"list": str(path)}}))

    assert hamming(*looks) <= 8
    assert verdicts(make)[red] == (0, 0, "")
