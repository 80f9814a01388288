"""The files of a take-down: every name that a picture has in a data set, and every list of it.

`raw/`, `images/` with all that lies below it, `build/`, URL logs, lock file, manifests, reports,
exports.
What another program made of them (a model, an archive) is not changed but named.
"""

from __future__ import annotations

import csv
import json
import os
import re
import shutil
import stat
from collections.abc import Callable, Iterable, Iterator, Sequence, Set
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

from harvest.download.durable import sync_folder
from harvest.ledger.content import hash_if_readable
from harvest.ledger.exports import NAMES_OTHERS, find_exports
from harvest.ledger.folder import DatasetFolder, parse_sha8, picture_name
from harvest.ledger.lockfile import unescape_cell
from harvest.ledger.manifest import FILE_NAME
from harvest.ledger.records import Target
from harvest.run.attrition.categories import REPORT
from harvest.store.marks import Mark, address_mark, own_marks
from harvest.store.takedown import Doomed

_BUILDS = ("build", "build.new", "build.old")
_ARCHIVES = (".parquet", ".tar", ".zip", ".tfrecord")
_SHA256 = re.compile(rb"(?<![0-9a-f])[0-9a-f]{64}(?![0-9a-f])")
_SHORT = re.compile(rb"(?<![0-9a-f])[0-9a-f]{8}(?![0-9a-f])")

Filter = Callable[[bytes], bytes]


@dataclass
class Taken:
    """What was taken out of the folder, or would be."""

    pictures: int = 0
    """Different pictures of the catalog."""
    files: list[Path] = field(default_factory=list)
    """Pictures, under every name they had."""
    lists: list[Path] = field(default_factory=list)
    """Logs, lock files and manifests that named one of them."""
    reports: list[Path] = field(default_factory=list)
    """Reports that showed one of them."""
    built: bool = False
    """Whether `build/` held one: it and the models made of it are stale."""
    exports: list[Path] = field(default_factory=list)
    """Cards, tables, folders and shards that winnow wrote, and may write anew without them."""
    archives: list[Path] = field(default_factory=list)
    """Exports of other forms, which may hold them."""


class Takeout:
    """Takes what is doomed out of the files of a data set; with `dry` only looks for it."""

    def __init__(self, folder: DatasetFolder, doomed: Doomed, *, dry: bool = False) -> None:
        self._folder = folder
        self._doomed = doomed
        self._dry = dry
        self._marks: Set[Mark] = {m for s in doomed.sightings for m in own_marks(s)}
        self._hashes = doomed.hashes | doomed.images.keys()
        self._sizes = {image.n_bytes for image in doomed.images.values()}
        self._short = {sha256[:8] for sha256 in doomed.images}
        self._heads = {_head(s.source, s.post_id, s.media_index) for s in doomed.sightings}

    def run(self) -> Taken:
        """Take everything out; the last names to go are those in `raw/`. Raises OSError."""
        taken = Taken(len(self._doomed.images))
        raw = list(self._raw_files())
        inodes = {(facts.st_dev, facts.st_ino) for facts in map(Path.stat, raw)}
        if self._doomed.images:
            for top in (self._folder.images, *(self._folder.root / name for name in _BUILDS)):
                found = [path for path in _files(top) if self._is_one(path, inodes)]
                taken.files += found
                taken.built = taken.built or (bool(found) and top == self._folder.build)
        taken.files += raw
        if not self._doomed.empty:
            self._rewrite_lists(taken)
            self._remove_reports(taken)
            # Whoever was never here stands in no export either: it may stay.
            if self._doomed.sightings or taken.files or taken.lists:
                self._remove_exports(taken)
        self._remove(taken.files)
        return taken

    def _raw_files(self) -> Iterator[Path]:
        """Files in `raw/` that hold buried bytes, whether or not a row speaks of them."""
        shelves = {sha256[:2] for sha256 in self._hashes}
        for shelf in sorted(self._folder.raw / name for name in shelves):
            if shelf.is_dir():
                yield from (p for p in sorted(shelf.iterdir()) if p.stem in self._hashes)

    def _is_one(self, path: Path, inodes: Set[tuple[int, int]]) -> bool:
        """A link to one of them, a copy, or our own name for one: a copy that was edited."""
        try:
            facts = path.lstat()
        except OSError:  # moved while this runs
            return False
        if stat.S_ISLNK(facts.st_mode):
            with suppress(OSError, RuntimeError):
                facts = path.stat()
                return (facts.st_dev, facts.st_ino) in inodes
            return False
        if (facts.st_dev, facts.st_ino) in inodes or self._has_our_name(path.name):
            return True
        return (
            stat.S_ISREG(facts.st_mode)
            and facts.st_size in self._sizes
            and hash_if_readable(path) in self._hashes
        )

    def _has_our_name(self, name: str) -> bool:
        return parse_sha8(name) in self._short and name.rpartition("_")[0] in self._heads

    def _remove(self, paths: Iterable[Path]) -> None:
        if self._dry:
            return
        parents = set()
        for path in paths:
            path.unlink(missing_ok=True)
            parents.add(path.parent)
        for parent in sorted(parents):
            sync_folder(parent)

    def _rewrite_lists(self, taken: Taken) -> None:
        root = self._folder.root
        logs = [*root.glob("urls_*.log"), *self._folder.urls.glob("*.log")]
        manifests = [root / name / FILE_NAME for name in _BUILDS]
        records = [*root.glob("*.jsonl"), *manifests, *root.glob("*.csv")]
        own = {f"urls_{Target(t.source, t.name).log_name}.log" for t in self._doomed.targets}
        for path in sorted(logs):
            if self._filter(path, self._left_of_address, taken) and path.name in own:
                self._remove([path])  # its name tells whose it was
        for path in sorted(records):
            listed = self._filter(path, self._left_of_record, taken)
            taken.built = taken.built or (listed and path.parent == self._folder.build)

    def _filter(self, path: Path, left_of: Filter, taken: Taken) -> bool:
        """Write a list anew without what is to go; whether it named any of it."""
        try:
            lines = path.read_bytes().splitlines(keepends=True)
        except FileNotFoundError:
            return False
        left = [left_of(line) for line in lines]
        if left == lines:
            return False
        taken.lists.append(path)
        if not self._dry:
            part = path.with_name(path.name + ".part")
            part.write_bytes(b"".join(left))
            part.replace(path)
        return True

    def _left_of_address(self, line: bytes) -> bytes:
        return b"" if address_mark(line.decode("utf-8", "replace")) in self._marks else line

    def _left_of_record(self, line: bytes) -> bytes:
        """What a line of a manifest, lock file or table keeps: all, or none, or fewer addresses."""
        if self._hashes & {found.decode() for found in _SHA256.findall(line)}:
            return b""
        try:
            record = json.loads(line)
            urls = record["urls"]
            kept = [url for url in urls if address_mark(url) not in self._marks]
        except (ValueError, RecursionError, KeyError, TypeError, AttributeError):
            return line
        if kept == urls:
            return line
        return (json.dumps({**record, "urls": kept}, ensure_ascii=False) + "\n").encode()

    def _remove_reports(self, taken: Taken) -> None:
        """Remove reports that show a picture: each small picture in them is a copy."""
        short = {sha256[:8].encode() for sha256 in self._doomed.images}
        pages = [*self._folder.reports.rglob("*"), *self._folder.root.glob("*.html")]
        pages += self._folder.models.rglob("report.*")
        files = sorted(path for path in pages if path.is_file())
        # A report of a re-download names every address, of what is gone too: all its files go.
        by_line = [p for p in files if p.parent == self._folder.reports and p.stem == REPORT]
        named = self._names_one(by_line)
        for page in files:
            text = page.read_bytes()
            # What gave no picture is told by name alone; such a page is soon made anew.
            by_name = bool(self._doomed.sightings) and f'id="{NAMES_OTHERS}"'.encode() in text
            shown = by_name or bool(short.intersection(_SHORT.findall(text)))
            if (named and page in by_line) or shown:
                taken.reports.append(page)
        self._remove(taken.reports)

    def _names_one(self, report: Sequence[Path]) -> bool:
        """Whether a report of a re-download names an address that is to go; its table tells."""
        tables = [path for path in report if path.suffix == ".csv"]
        if not tables:
            return bool(self._doomed.sightings)
        with tables[0].open(encoding="utf-8", errors="replace", newline="") as stream:
            urls = (row.get("url") or "" for row in csv.DictReader(stream))
            try:
                return any(address_mark(unescape_cell(url)) in self._marks for url in urls if url)
            except csv.Error:  # no table of ours any more
                return True

    def _remove_exports(self, taken: Taken) -> None:
        """Remove the data card and what holds copies: which of them names whom is not asked."""
        root = self._folder.root
        taken.exports += find_exports(root)
        others = (p for p in root.iterdir() if p.suffix in _ARCHIVES)
        taken.archives += sorted(p for p in others if p not in taken.exports)
        self._remove(path for path in taken.exports if path.is_file())
        for path in taken.exports:
            if path.is_dir() and not self._dry:
                shutil.rmtree(path)


def _head(source: str, post_id: str, media_index: int) -> str:
    """Our name of a picture, up to its hash."""
    return picture_name(source, post_id, media_index, "0" * 64, "jpg").rpartition("_")[0]


def _files(top: Path) -> Iterator[Path]:
    for here, folders, names in os.walk(top):
        folders.sort()
        yield from (Path(here) / name for name in sorted(names))
