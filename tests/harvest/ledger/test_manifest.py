"""THE HAND-OFF: what is written is read back; what is torn is refused, naming the line."""

import json
import unicodedata
from dataclasses import asdict, replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from harvest.ledger.errors import DataError
from harvest.ledger.manifest import SPLITS, ManifestLine, read_manifest, write_manifest

LINE = ManifestLine(
    file="train/comic/twitter_1_0_01234567.jpg",
    sha256="0" * 64,
    label="comic",
    split="train",
    group="g1",
    source="twitter",
    account="islieb",
    post_url="https://x.com/islieb/status/1",
    urls=("http://pbs.twimg.com/media/A.jpg", "http://b/c,d"),
    posted_at="2024-01-02T03:04:05+00:00",
    width=800,
    height=600,
    bytes=12345,
    phash256="f" * 64,
)

words = st.text(st.characters(exclude_categories=["Cs"]), max_size=20)
hashes = st.text("0123456789abcdef", min_size=64, max_size=64)
labels = st.text(st.characters(categories=["L", "N"]), min_size=1, max_size=12).map(
    lambda text: unicodedata.normalize("NFC", f"x {text}")
)
lines = st.builds(
    ManifestLine,
    file=words.map(lambda name: f"train/x/{name.replace('/', '_').replace(chr(0), '_')}.jpg"),
    sha256=hashes,
    label=labels,
    split=st.sampled_from(SPLITS),
    group=words,
    source=words,
    account=st.none() | words,
    post_url=st.none() | words,
    urls=st.lists(words, max_size=3).map(tuple),
    posted_at=st.none() | words,
    width=st.integers(0, 10**6),
    height=st.integers(0, 10**6),
    bytes=st.integers(0, 10**12),
    phash256=hashes,
)


@given(st.lists(lines, max_size=5))
def test_what_is_written_is_read_back(tmp_path_factory, given_lines) -> None:
    """Every field, in every script, in order; line separators within values included."""
    path = tmp_path_factory.mktemp("m") / "manifest.jsonl"
    count = write_manifest(path, given_lines)

    assert count == len(given_lines)
    assert list(read_manifest(path)) == given_lines
    assert [p.name for p in path.parent.iterdir()] == ["manifest.jsonl"]


def test_unknown_keys_are_for_later_versions(tmp_path: Path) -> None:
    """A manifest with more keys than we know is read all the same."""
    path = tmp_path / "m.jsonl"
    path.write_text(json.dumps(asdict(LINE) | {"new": 1}) + "\n\n")

    assert list(read_manifest(path)) == [LINE]


@pytest.mark.parametrize(
    "file", ["/etc/passwd", "../x.jpg", "train/../../x.jpg", "", ".", "train/a\0.jpg"]
)
def test_a_path_that_leaves_the_folder_is_refused(tmp_path: Path, file: str) -> None:
    """A manifest from elsewhere opens no file of ours."""
    path = tmp_path / "m.jsonl"
    write_manifest(path, [LINE, replace(LINE, file=file)])
    reading = read_manifest(path)

    assert next(reading) == LINE
    with pytest.raises(DataError, match=r"m\.jsonl:2: file .* below the manifest"):
        next(reading)


GOOD = json.dumps(asdict(LINE))


@pytest.mark.parametrize(
    ("torn", "words"),
    [
        (GOOD[: len(GOOD) // 2].encode(), "not a line of JSON"),
        (b"\xff\xfe", "not a line of JSON"),
        (b"[" * 20_000, "not a line of JSON"),
        (b"[1]", "expected a JSON object, got list"),
        (b"{}", "the key 'account' is missing"),
        (json.dumps(asdict(replace(LINE, split="holdout"))).encode(), "split 'holdout'"),  # type: ignore[arg-type]
        (json.dumps(asdict(LINE) | {"width": "8"}).encode(), "'width'"),
        (json.dumps(asdict(LINE) | {"width": True}).encode(), "'width'"),
        (json.dumps(asdict(LINE) | {"width": -8}).encode(), "'width'"),
        (json.dumps(asdict(LINE) | {"bytes": float("nan")}).encode(), "'bytes'"),
        (json.dumps(asdict(LINE) | {"label": None}).encode(), "'label'"),
        (json.dumps(asdict(LINE) | {"label": "../comic"}).encode(), "can be no folder's name"),
        (json.dumps(asdict(LINE) | {"label": "_unsorted"}).encode(), "can be no folder's name"),
        (json.dumps(asdict(LINE) | {"sha256": "../../x"}).encode(), "is not 64 hex digits"),
        (json.dumps(asdict(LINE) | {"phash256": ""}).encode(), "is not 64 hex digits"),
        (json.dumps(asdict(LINE) | {"urls": ["\ud800"]}).encode(), "'urls'"),
        (json.dumps(asdict(LINE) | {"file": "train/\ud800.jpg"}).encode(), "'file'"),
        (json.dumps(asdict(LINE) | {"account": 7}).encode(), "'account'"),
        (json.dumps(asdict(LINE) | {"urls": "http://a"}).encode(), "'urls'"),
        (json.dumps(asdict(LINE) | {"urls": [1]}).encode(), "'urls'"),
        (json.dumps(asdict(LINE) | {"label": "x" * 900, "split": ["y" * 900]}).encode(), "split"),
    ],
)
def test_torn_lines_are_named(tmp_path: Path, torn: bytes, words: str) -> None:
    """The error says which line, and stays one short line itself."""
    path = tmp_path / "m.jsonl"
    path.write_bytes(GOOD.encode() + b"\n" + torn + b"\n")
    reading = read_manifest(path)

    assert next(reading) == LINE
    with pytest.raises(DataError, match=words) as caught:
        next(reading)
    message = str(caught.value)
    assert f"{path}:2: " in message
    assert "\n" not in message
    assert len(message) < len(str(path)) + 150


def test_a_line_without_an_end_takes_no_memory(tmp_path: Path) -> None:
    """A file that is one huge line is refused after its beginning."""
    path = tmp_path / "m.jsonl"
    with path.open("wb") as out:
        out.truncate(1 << 34)  # a hole: it takes no room on the disk
    with pytest.raises(DataError, match=r"m\.jsonl:1: a line of over"):
        next(read_manifest(path))


def test_no_manifest_says_what_to_run(tmp_path: Path) -> None:
    """Exit 5, and the command that builds one."""
    with pytest.raises(DataError, match="winnow curate build"):
        list(read_manifest(tmp_path / "manifest.jsonl"))


def test_a_manifest_of_an_older_winnow_is_read(tmp_path: Path) -> None:
    """It knows no `original_file`; what is none, or no text, is refused."""
    path = tmp_path / "manifest.jsonl"
    record = asdict(LINE)
    del record["original_file"]
    path.write_text(json.dumps(record) + "\n")
    found = list(read_manifest(path))
    path.write_text(json.dumps(record | {"original_file": 7}) + "\n")

    assert found == [LINE]
    with pytest.raises(DataError, match="original_file"):
        list(read_manifest(path))
