"""The tar shards: whole, mixed, of the size asked for, and the same byte for byte."""

from __future__ import annotations

import hashlib
import json
import random
import tarfile
from collections import Counter
from pathlib import Path

import pytest
from PIL import Image

from curate.dataset import build
from curate.export import ExportPlan, export
from curate.exports.shards import ShardSize
from curate.run import check
from harvest.ledger.manifest import SPLITS, read_manifest


def samples(root: Path) -> dict[str, dict[str, bytes]]:
    """`<part> <key>` -> extension -> bytes, of all shards."""
    found: dict[str, dict[str, bytes]] = {}
    for path in sorted(root.glob("*.tar")):
        with tarfile.open(path) as tar:
            for member in tar:
                key, _, extension = member.name.partition(".")
                stream = tar.extractfile(member)
                assert stream is not None
                sample = found.setdefault(f"{path.name.partition('-')[0]} {key}", {})
                sample[extension] = stream.read()
    return found


def test_a_sample_is_a_picture_its_class_and_its_manifest_line(strips, write, tmp_path) -> None:
    """Bytes hash to their key; the class counts the lines of labels.txt."""
    made = write("webdataset")
    root = tmp_path / "webdataset"
    labels = (root / "labels.txt").read_text(encoding="utf-8").splitlines()
    lines = {line.sha256: line for line in read_manifest(strips.build / "manifest.jsonl")}
    found = samples(root)

    assert made.built == len(found) == len(lines)
    for name, sample in found.items():
        part, key = name.split()
        line, told = lines[key], json.loads(sample.pop("json"))
        assert labels[int(sample.pop("cls"))] == line.label == told["label"]
        assert (part, told["urls"]) == (line.split, list(line.urls))
        assert [hashlib.sha256(data).hexdigest() for data in sample.values()] == [key]


@pytest.mark.parametrize(("pictures", "most"), [(3, 3), (1, 1), (10_000, 20)])
def test_no_shard_holds_more_pictures_than_asked(pictures, most, strips, write, tmp_path) -> None:
    """All but the last of a part are full, and numbers have no gap."""
    made = write("webdataset", size=ShardSize(pictures=pictures))
    sizes: dict[str, list[int]] = {part: [] for part in SPLITS}
    for path in sorted((tmp_path / "webdataset").glob("*.tar")):
        part, _, number = path.stem.partition("-")
        assert int(number) == len(sizes[part])
        with tarfile.open(path) as tar:
            sizes[part].append(sum(name.endswith(".cls") for name in tar.getnames()))
    every = [size for some in sizes.values() for size in some]

    assert max(every) == most
    assert all(size == pictures for some in sizes.values() for size in some[:-1])
    assert made.shards == len(every)
    assert sum(every) == made.built == 24


def test_a_shard_is_full_by_bytes_too(draw, make) -> None:
    """Pictures that together pass the size go into two shards; one alone stands for itself."""
    for n in range(4):
        noise = Image.frombytes("RGB", (500, 400), random.Random(n).randbytes(600_000))
        make.add(draw.encode(noise, "PNG"), "noise")
        make.add(draw.encode(draw.comic(n, (300, 200))), "comic")
    check(make.folder)
    build(make.folder)
    made = export(make.folder, ExportPlan(("webdataset",), size=ShardSize(megabytes=1)))
    shards = sorted((make.folder.root / "webdataset").glob("*.tar"))

    assert made.shards == len(shards) == 4
    assert all(path.stat().st_size <= 1_000_000 + 10_240 for path in shards)


def test_shards_tell_nothing_of_the_machine(write, tmp_path: Path) -> None:
    """No owner, no time; keys hold no dot and come in one mixed order."""
    write("webdataset")
    for path in (tmp_path / "webdataset").glob("*.tar"):
        with tarfile.open(path) as tar:
            members = tar.getmembers()
        keys = [member.name.partition(".")[0] for member in members]
        facts = Counter((m.mtime, m.uid, m.gid, m.uname, m.gname, m.mode) for m in members)

        assert set(facts) == {(0, 0, 0, "", "", 0o644)}
        assert keys == sorted(keys)
        assert {len(key) for key in keys} == {64}
