"""Manifests, lock files, logs and metadata that were damaged, by chance or on purpose.

Each is read cleanly or refused in one line; no file outside the data set is ever named.
"""

from __future__ import annotations

import json
import os
import random
from collections.abc import Callable
from pathlib import Path

import pytest

import winnow
from classify.data import read_folder
from curate.exports.texts import remove_stale_logs
from harvest.ledger.errors import WinnowError
from harvest.ledger.lockfile import LockLine, read_lock, write_lock
from harvest.ledger.manifest import SPLITS, ManifestLine, read_manifest, write_manifest
from harvest.ledger.urllog import read_url_log, write_url_log

RUNS = 500

HOSTILE = (
    "../../../../etc/passwd", "/etc/passwd", "..", ".", "", "a/../../b", "a\0b", "\ud800", "\u2028",
    "x" * 70_000, "=1+1", "'=1", "\n", ",", '"', "C:\\x", "file:///etc/passwd", float("nan"),
    float("inf"), None, True, -1, 10**30, 1.5, [], {}, [None], {"a": {}}, ["../x"],
)  # fmt: skip
"""Values that may stand where another one belongs."""


def mutate(data: bytes, rng: random.Random) -> bytes:
    """Damage a text once or several times."""
    for _ in range(rng.choice((1, 1, 2, 5))):
        data = rng.choice(DAMAGES)(data, rng)
    return data


def _flip(data: bytes, rng: random.Random) -> bytes:
    changed = bytearray(data or b"x")
    for _ in range(rng.choice((1, 3, 40))):
        changed[rng.randrange(len(changed))] ^= 1 << rng.randrange(8)
    return bytes(changed)


def _cut(data: bytes, rng: random.Random) -> bytes:
    return data[: rng.randrange(len(data) + 1)]


def _lines(data: bytes, rng: random.Random) -> bytes:
    """Delete, double or exchange lines, or end them otherwise."""
    lines = data.splitlines(keepends=True) or [b"\n"]
    n = rng.randrange(len(lines))
    lines[n : n + 1] = rng.choice(([], [lines[n]] * 2, [lines[n]] * 300, [b"\r\n"], [b"\0" * 9]))
    rng.shuffle(lines) if rng.random() < 0.3 else None
    return b"".join(lines).replace(b"\n", rng.choice((b"\n", b"\n", b"\r\n", b"\r")))


def _columns(data: bytes, rng: random.Random) -> bytes:
    """Exchange, drop or double cells of one line."""
    lines = data.split(b"\n")
    n = rng.randrange(len(lines))
    cells = lines[n].split(b",")
    i, j = rng.randrange(len(cells)), rng.randrange(len(cells))
    cells[i], cells[j] = cells[j], rng.choice((cells[i], b"", b'"', b"x" * 80_000, cells[j] * 3))
    lines[n] = b",".join(cells)
    return b"\n".join(lines)


def _value(data: bytes, rng: random.Random) -> bytes:
    """Put a hostile value where another one belongs: in a JSON object, else in a cell."""
    lines = data.split(b"\n")
    n = rng.randrange(len(lines))
    value = rng.choice(HOSTILE)
    try:
        record = json.loads(lines[n])
        record[rng.choice(list(record))] = value
        lines[n] = json.dumps(record).encode()
    except (ValueError, TypeError, RecursionError, LookupError):
        cells = lines[n].split(b",")
        cells[rng.randrange(len(cells))] = str(value).encode("utf-8", "surrogatepass")
        lines[n] = b",".join(cells)
    return b"\n".join(lines)


def _deep(data: bytes, rng: random.Random) -> bytes:
    """Nest a value, up to where parsers give up and beyond."""
    depth = rng.choice((5, 300, 900, 960, 985, 100_000))
    return data.replace(b'"', b"[" * depth + b"]" * depth + b',"', 1)[: rng.choice((None, -9))]


def _deep_value(data: bytes, rng: random.Random) -> bytes:
    depth = rng.choice((5, 300, 900, 960, 985))
    return data.replace(b'"comic"', b"[" * depth + b"]" * depth, 1)


def _coded(data: bytes, rng: random.Random) -> bytes:
    text = data.decode("utf-8", "replace")
    return rng.choice((b"\xef\xbb\xbf" + data, text.encode("utf-16"), b"", b"\n\n", data[::-1]))


DAMAGES: tuple[Callable[[bytes, random.Random], bytes], ...] = (
    _flip, _cut, _lines, _columns, _value, _value, _deep, _deep_value, _coded,
)  # fmt: skip


def manifest(path: Path, labels: tuple[str, ...] = ("comic", "photo")) -> bytes:
    """A whole one."""
    lines = [
        ManifestLine(
            file=f"{split}/{label}/{n}.jpg",
            sha256=f"{n:064x}",
            label=label,
            split=split,
            group=f"g{n}",
            source="twitter",
            account="ada",
            post_url="https://x.example/1",
            urls=("https://pbs.example/1.jpg",),
            posted_at="2024-01-01T00:00:00+00:00",
            width=3,
            height=4,
            bytes=5,
            phash256="0" * 64,
        )
        for n, (split, label) in enumerate((s, one) for s in SPLITS for one in labels)
    ]
    write_manifest(path, lines)
    return path.read_bytes()


def lock(path: Path) -> bytes:
    """A whole one."""
    write_lock(
        path,
        [
            LockLine(
                url=f"http://a.example/{n},x.jpg",
                label="comic" if n % 2 else "photo",
                sha256=f"{n:064x}",
                phash256="0" * 64,
                width=3,
                height=4,
                bytes=5,
                split="train",
                group="g",
            )
            for n in range(6)
        ],
    )
    return path.read_bytes()


def log(path: Path) -> bytes:
    """A whole one."""
    write_url_log(path, [f"http://a.example/{n},x.jpg?a=%20" for n in range(6)])
    return path.read_bytes()


def told(reading: Callable[[], object]) -> str:
    """Read; "" or the one line that says why not. Anything else is a traceback: it fails."""
    try:
        reading()
    except WinnowError as error:
        line = str(error)
        assert "\n" not in line, line
        assert len(line) < 600, line
        return line
    return ""


def test_mutated_manifests_name_no_file_outside(tmp_path: Path) -> None:
    """What classify learns from lies below the folder, whatever the manifest says."""
    whole = manifest(tmp_path / "manifest.jsonl")
    refused = 0
    for seed in range(RUNS):
        (tmp_path / "manifest.jsonl").write_bytes(mutate(whole, random.Random(seed)))
        found = []
        line = told(lambda: found.append(read_folder(tmp_path)))  # noqa: B023 - called at once
        refused += bool(line)
        for example in found[0].examples if found else ():
            below = os.path.normpath(example.path)
            assert below.startswith(f"{tmp_path}{os.sep}"), seed
            assert "/" not in example.label, seed

    assert 100 < refused < RUNS


@pytest.mark.parametrize(("name", "make", "read"), [
    ("manifest.jsonl", manifest, read_manifest),
    ("a.lock.csv", lock, read_lock),
    ("urls_a.log", log, read_url_log),
])  # fmt: skip
def test_mutated_texts_are_read_or_refused_in_a_line(name, make, read, tmp_path: Path) -> None:
    """No reader of the ledger meets a text that it did not expect."""
    path = tmp_path / name
    whole = make(path)
    lines = []
    for seed in range(RUNS):
        path.write_bytes(mutate(whole, random.Random(seed)))
        lines.append(told(lambda: list(read(path))))

    assert "" in lines
    assert all(str(path) in line for line in lines if line)


def test_mutated_metadata_remove_no_file_but_logs_of_the_folder(tmp_path: Path) -> None:
    """An export removes logs of labels that are no more: in its own folder, and none else."""
    home = tmp_path / "set"
    home.mkdir()
    kept = [tmp_path / "urls_x.log", home / "mine.log", home / "urls_kept.log"]
    record = {"file_name": "images/comic/a.jpg", "label": "comic", "sha256": "0" * 64}
    whole = "".join(json.dumps(record | {"label": x}) + "\n" for x in ("comic", "kept", "../x"))
    for path in kept:
        path.write_text("http://a.example/1.jpg\n")
    removed = 0
    for seed in range(RUNS):
        (home / "urls_comic.log").touch()
        damaged = mutate(whole.encode(), random.Random(seed))
        (home / "metadata.jsonl").write_bytes(damaged)
        told(lambda: list(remove_stale_logs(home, {"kept"})))
        removed += not (home / "urls_comic.log").exists()

        assert all(path.exists() for path in kept), seed
        assert sorted(p.name for p in tmp_path.iterdir()) == ["set", "urls_x.log"], seed
    assert 100 < removed < RUNS


def run_all(folder: Path, seeds: range, capfd: pytest.CaptureFixture[str]) -> list[int]:
    """The commands that read such files, whole; returns their exit codes. Nothing is asked for."""
    # Whatever host a mutated line names, this is where it leads: a refused place.
    nowhere = ("--connect-to", "::127.0.0.1:1")
    logs, locks, sets = folder / "urls_comic.log", folder / "a.lock.csv", folder / "build"
    sets.mkdir()
    whole = log(logs), lock(locks), manifest(sets / "manifest.jsonl", ("comic",))
    codes = []
    for seed in seeds:
        rng = random.Random(seed)
        target, words = (
            (logs, ("harvest", "urls", logs, "-o", folder / f"a{seed}", *nowhere)),
            (locks, ("harvest", "urls", logs, "-o", folder / "b", "--lock", locks, *nowhere)),
            (sets / "manifest.jsonl", ("classify", "train", sets, "-o", folder / "model")),
        )[seed % 3]
        logs.write_bytes(whole[0])
        target.write_bytes(mutate(whole[seed % 3], rng))
        codes.append(winnow.main([str(word) for word in words]))
        shown = capfd.readouterr()
        assert "Traceback" not in shown.err, (seed, shown.err)
    return codes


def test_commands_end_in_a_line_whatever_they_read(tmp_path: Path, capfd) -> None:
    """Exit codes are those of a clean run, of bad usage or of data not fit; never of a bug."""
    codes = run_all(tmp_path, range(45), capfd)

    assert set(codes) == {0, 2, 5}
    assert {p.name for p in tmp_path.iterdir() if p.suffix} == {"urls_comic.log", "a.lock.csv"}


@pytest.mark.soak
def test_commands_end_in_a_line_a_thousand_times(tmp_path: Path, capfd) -> None:
    """The same with 500 texts of each kind."""
    codes = run_all(tmp_path, range(1_500), capfd)

    assert set(codes) <= {0, 2, 5}
