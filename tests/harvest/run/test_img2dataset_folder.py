"""An output folder of img2dataset (format `files`), taken in with what it knows of each picture."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from harvest.ledger.folder import DatasetFolder
from harvest.ledger.records import Status, Target
from harvest.run.job import Job
from harvest.sources.sidecar import Told, read_sidecar

# A side file of img2dataset 1.47 with `--save_additional_columns '["label", "post_url"]'`.
RECORD = {
    "url": "https://cdn.example/image?id=7",
    "caption": "a cat, <b>drawn</b>",
    "label": "comic",
    "post_url": "https://x.com/ada/status/7",
    "posted_at": "2021-03-04T05:06:07+00:00",
    "account": "ada",
    "key": "000000000",
    "status": "success",
    "error_message": None,
    "width": 24,
    "height": 16,
    "original_width": 24,
    "original_height": 16,
    "exif": "{}",
    "sha256": "0" * 64,
}


@pytest.fixture
def shards(tmp_path: Path, picture: Callable[[int], bytes]) -> Path:
    """Two shards with what img2dataset leaves beside them."""
    root = tmp_path / "img2dataset"
    for number in range(2):
        shard = root / f"{number:05}"
        shard.mkdir(parents=True)
        (root / f"{number:05}_stats.json").write_text("{}")
        (root / f"{number:05}.parquet").write_bytes(b"PAR1")
        for place in range(3):
            stem = shard / f"{number:05}{place:04}"
            url = f"https://cdn.example/image?id={number}{place}"
            record = {**RECORD, "key": stem.name, "url": url, "label": ("comic", "photo")[number]}
            stem.with_suffix(".jpg").write_bytes(picture(number * 10 + place))
            stem.with_suffix(".json").write_text(json.dumps(record))
            stem.with_suffix(".txt").write_text("a caption")
    return root


async def test_taken_in(gather, tmp_path: Path, shards: Path) -> None:
    """Each picture keeps the address that it was got from: it stands in the data set's log."""
    target = Target("folder", str(shards), label_from="tag", labels=("comic", "photo"))
    outcomes, summary = await gather(Job(dataset=tmp_path / "set", targets=(target,)))
    folder = DatasetFolder.open(tmp_path / "set")
    (log,) = folder.urls.iterdir()

    assert [o.status for o in outcomes] == [Status.SAVED] * 6
    assert log.read_text().splitlines() == [
        f"https://cdn.example/image?id={shard}{place}" for shard in range(2) for place in range(3)
    ]
    assert {path.name: len(list(path.iterdir())) for path in folder.label_folders()} == {
        "comic": 3,
        "photo": 3,
    }
    assert any(".json 2, .parquet 2, .txt 6" in note for note in summary.notes)


def test_what_is_told(tmp_path: Path) -> None:
    """Address, caption, post, time and author are kept; the label counts as a tag."""
    path = tmp_path / "000000000.json"
    path.write_text(json.dumps(RECORD))

    assert read_sidecar(path) == Told(
        url="https://cdn.example/image?id=7",
        post_url="https://x.com/ada/status/7",
        author="ada",
        posted_at=datetime(2021, 3, 4, 5, 6, 7, tzinfo=UTC),
        tags=("comic",),
        text="a cat, drawn",
    )


@pytest.mark.parametrize(
    "change",
    [
        {"url": "file:///etc/passwd"},
        {"url": "https://me:secret@cdn.example/a.jpg"},
        {"url": ["https://cdn.example/a.jpg"]},
        {"url": None, "label": ["a"], "caption": 7, "tags": {"a": 1}},
    ],
)
def test_nothing_in_it_is_trusted(tmp_path: Path, change: dict[str, Any]) -> None:
    """What is no address, or has a password in it, is never the picture's."""
    path = tmp_path / "x.json"
    path.write_text(json.dumps(RECORD | change))
    told = read_sidecar(path)

    assert told is not None
    assert told.url == ""
