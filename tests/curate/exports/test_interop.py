"""Other people's libraries open what we wrote, and count what we counted.

Run by `.ci/run --full` with the extra `interop`; img2dataset in an environment of its own, whose
Python the variable WINNOW_IMG2DATASET names.
"""

from __future__ import annotations

import hashlib
import json
import os
import subprocess
import sys
import textwrap
from collections import Counter
from dataclasses import replace
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from typing import ClassVar

import pytest

from harvest.ledger.lockfile import read_lock, write_lock
from harvest.ledger.manifest import read_manifest

pytestmark = pytest.mark.interop

Counts = Counter[tuple[str, str]]


@pytest.fixture
def counted(strips) -> Counts:
    """(part, label) -> pictures, by the hand-off."""
    return Counter(
        (line.split, line.label) for line in read_manifest(strips.build / "manifest.jsonl")
    )


@pytest.fixture
def ask(tmp_path: Path):
    """Run a few lines in a Python of their own, as a user has it; returns what they print, read."""

    def run(code: str, *words: object, python: str = sys.executable) -> object:
        done = subprocess.run(
            [python, "-c", textwrap.dedent(code), *map(str, words)],
            env=os.environ | {"HF_HOME": str(tmp_path / "hf"), "HF_HUB_OFFLINE": "1"},
            cwd=tmp_path,
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 0, done.stderr[-3000:]
        return json.loads(done.stdout.splitlines()[-1])

    return run


HUGGING_FACE = """
    import json, sys
    from collections import Counter
    import datasets
    opened = datasets.load_dataset(*sys.argv[2:], **json.loads(sys.argv[1]))
    found = []
    for part, rows in opened.items():
        label = rows.features.get("label") or rows.features["cls"]
        name = label.int2str if hasattr(label, "int2str") else str
        for row in rows:
            number = row["label"] if "label" in row else row["cls"]
            image = row.get("image") or next(v for k, v in row.items() if v and hasattr(v, "size"))
            found.append([part, name(number), image.size])
    print(json.dumps(found))
"""


def test_datasets_opens_the_imagefolder_with_classes(write, tmp_path, ask, counted) -> None:
    """As the card says: parts, classes and pictures as the hand-off counts them."""
    write("imagefolder")
    found = ask(HUGGING_FACE, "{}", "./imagefolder")

    assert Counter((part, label) for part, label, _ in found) == counted
    assert {tuple(size) for *_, size in found} == {(240, 180)}
    assert 'load_dataset("./imagefolder")' in (tmp_path / "imagefolder" / "README.md").read_text()


def test_datasets_opens_it_as_any_imagefolder(write, tmp_path, ask, counted) -> None:
    """`load_dataset("imagefolder", data_dir=DIR)` needs no card; labels are words then."""
    write("imagefolder")
    given = json.dumps({"data_dir": str(tmp_path / "imagefolder")})
    found = ask(HUGGING_FACE, given, "imagefolder")

    assert Counter((part, label) for part, label, _ in found) == counted


def test_datasets_opens_the_shards(write, tmp_path, ask, counted) -> None:
    """`load_dataset(DIR)` of shards with four formats of pictures in them."""
    write("webdataset")
    found = ask(HUGGING_FACE, "{}", tmp_path / "webdataset")

    assert Counter((part, label) for part, label, _ in found) == counted


def test_datasets_opens_the_published_lock_file(strips, write, tmp_path, ask) -> None:
    """`load_dataset(DIR)` of logs, lock file, metadata and card gives the lock file's lines."""
    made = write()
    code = """
        import json, sys, datasets
        rows = datasets.load_dataset(sys.argv[1])["train"]
        print(json.dumps([[row["url"], row["label"], row["sha256"]] for row in rows]))
    """
    found = ask(code, tmp_path)

    assert len(found) == made.pictures - made.without_address == 23
    assert Counter(label for _, label, _ in found) == Counter(
        {Path(path).stem.removeprefix("urls_"): lines for path, lines in made.logs.items()}
    )


def test_webdataset_reads_the_shards(write, tmp_path, ask, counted) -> None:
    """The library that named the format decodes each picture, its class and its record."""
    write("webdataset")
    code = """
        import json, sys
        from pathlib import Path
        import webdataset
        root = Path(sys.argv[1])
        labels = (root / "labels.txt").read_text(encoding="utf-8").splitlines()
        found = []
        for path in sorted(root.glob("*.tar")):
            opened = webdataset.WebDataset(str(path), shardshuffle=False).decode("pil")
            for image, number, told in opened.to_tuple("jpg;png;webp;gif", "cls", "json"):
                is_raw = isinstance(image, bytes)
                found.append([told["split"], labels[number], told["label"], is_raw])
        print(json.dumps(found))
    """
    found = ask(code, tmp_path / "webdataset")

    assert Counter((part, label) for part, label, _, _ in found) == counted
    assert all(label == told for _, label, told, _ in found)


def test_pyarrow_reads_every_picture_ever_seen(strips, write, tmp_path, ask, counted) -> None:
    """Kept, rejected, unsorted: each once, with its reason, in typed columns."""
    made = write("parquet")
    code = """
        import json, sys
        from pyarrow import parquet
        table = parquet.read_table(sys.argv[1])
        kinds = {name: str(kind) for name, kind in zip(table.schema.names, table.schema.types)}
        rows = table.drop_columns(["posted_at"]).to_pylist()
        print(json.dumps([kinds, rows, table["posted_at"].null_count]))
    """
    kinds, rows, timeless = ask(code, tmp_path / "manifest.parquet")
    states = Counter((row["state"], row["reason"]) for row in rows)
    lost = next(row for row in rows if row["state"] == "duplicate")

    assert made.seen == len(rows) == 30
    assert states == {
        ("kept", None): 24,
        ("duplicate", "near_duplicate"): 1,
        ("rejected", "too_small"): 1,
        ("rejected", "corrupt"): 1,
        ("unsorted", None): 1,
        ("conflict", None): 1,
        ("removed", None): 1,
    }
    assert Counter((r["split"], r["label"]) for r in rows if r["state"] == "kept") == counted
    assert kinds["posted_at"] == "timestamp[us, tz=UTC]"
    assert (kinds["width"], kinds["urls"], kinds["by_hand"]) == (
        "int32",
        "list<element: string>",
        "bool",
    )
    assert timeless == 1
    assert lost["keeper"] in {row["sha256"] for row in rows if row["state"] == "kept"}
    assert [row["sha256"] for row in rows] == sorted(row["sha256"] for row in rows)
    assert sum(row["by_hand"] for row in rows) == 2
    assert {tuple(row["tags"]) for row in rows} == {(), ("art", "strip")}


def test_the_table_written_twice_is_the_same_byte_for_byte(write, tmp_path, digest) -> None:
    """Nothing in it depends on the time or on the run."""
    write("parquet")
    first = digest(tmp_path)
    write("parquet")

    assert digest(tmp_path) == first


IMG2DATASET = os.environ.get("WINNOW_IMG2DATASET", "")


class Pictures(BaseHTTPRequestHandler):
    """Serves `/<sha256>` with the bytes of that name; `/other/<sha256>` with some of another."""

    store: ClassVar[dict[str, bytes]] = {}

    def do_GET(self) -> None:
        """Answer with a picture, or 404."""
        data = self.store.get(self.path.lstrip("/"))
        self.send_response(200 if data else 404)
        self.send_header("Content-Length", str(len(data or b"")))
        self.end_headers()
        self.wfile.write(data or b"")

    def log_message(self, *_: object) -> None:
        """Say nothing."""


@pytest.mark.skipif(not IMG2DATASET, reason="WINNOW_IMG2DATASET names no Python with img2dataset")
def test_img2dataset_verifies_our_lock_file(strips, write, tmp_path: Path) -> None:
    """`verify_hash` on the column sha256: the same bytes pass, others and missing ones are told."""
    write("lock")
    lines = list(read_lock(tmp_path / "strips.lock.csv"))
    raw = {path.stem: path.read_bytes() for path in strips.raw.rglob("*") if path.is_file()}
    names = [line.sha256 for line in lines]
    changed, gone = names[0], names[1]
    Pictures.store = {name: raw[name] for name in names if name != gone}
    Pictures.store[changed] = raw[names[2]]
    server = ThreadingHTTPServer(("127.0.0.1", 0), Pictures)
    Thread(target=server.serve_forever, daemon=True).start()
    here = f"http://127.0.0.1:{server.server_port}"
    lock = tmp_path / "here.lock.csv"
    write_lock(lock, [replace(line, url=f"{here}/{line.sha256}") for line in lines])
    options = {
        "url_list": lock,
        "input_format": "csv",
        "url_col": "url",
        "compute_hash": "sha256",
        "verify_hash": '["sha256","sha256"]',
        "output_format": "files",
        "output_folder": tmp_path / "files",
        "disable_all_reencoding": "True",
        "processes_count": "1",
        "thread_count": "4",
    }
    done = subprocess.run(
        [IMG2DATASET, "-m", "img2dataset.main", *(f"--{k}={v}" for k, v in options.items())],
        env=os.environ | {"NO_ALBUMENTATIONS_UPDATE": "1"},
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=False,
    )
    server.shutdown()
    server.server_close()
    assert done.returncode == 0, done.stderr[-3000:]
    told = json.loads((tmp_path / "files" / "00000_stats.json").read_text())
    kept = {
        hashlib.sha256(path.read_bytes()).hexdigest()
        for path in (tmp_path / "files" / "00000").iterdir()
        if path.suffix not in (".json", ".txt")
    }

    assert told["count"] == len(lines) == 23
    assert told["successes"] == len(kept) == 21
    assert kept == set(names) - {changed, gone}
    assert [n for status, n in told["status_dict"].items() if "404" in status] == [1]
    assert [n for status, n in told["status_dict"].items() if "hash" in status] == [1]
