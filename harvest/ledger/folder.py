"""The data set's folder: where everything lies, under which names, and who may write.

catalog.sqlite                          facts and opinions
raw/ab/<sha256>.<ext>                   the bytes, mode 0444, never modified
urls/urls_<target>.log                  addresses by target
images/<label>/ _unsorted/ _rejected/<check>/   where people look and sort
build/{train,validation,test}/<label>/  the hand-off, with manifest.jsonl
models/<run>/                           what was learned
"""

from __future__ import annotations

import errno
import fcntl
import json
import os
import re
import shutil
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Literal

from harvest.ledger.errors import Locked, UsageError, naming
from harvest.ledger.labelnames import check_label, is_label_folder

IMAGES = "images"
UNSORTED = "_unsorted"
REJECTED = "_rejected"

FolderMode = Literal["link", "copy"]

_READ_ONLY = (errno.EACCES, errno.EPERM, errno.EROFS)
_MAX_NAME_BYTES = 120
_OUR_NAME = re.compile(r"_([0-9a-f]{8})\.[a-z0-9]+$")
_UNSAFE = re.compile(r"[^A-Za-z0-9.-]+")


@dataclass(frozen=True, slots=True)
class DatasetFolder:
    """Paths of one data set. Making or opening one touches nothing but the top folder."""

    root: Path
    """The data set's folder."""

    @classmethod
    def create(cls, root: Path) -> DatasetFolder:
        """The folder, made where it is not there. Raises UsageError when it cannot be."""
        try:
            root.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            if error.errno == errno.ENOSPC:
                raise
            raise UsageError(
                f"{root}: cannot be made ({error.strerror}); choose a folder you may write to"
            ) from None
        if not os.access(root, os.W_OK | os.X_OK):
            raise UsageError(f"{root}: no permission to write; choose a folder you may write to")
        return cls(root)

    @classmethod
    def open(cls, root: Path) -> DatasetFolder:
        """An existing data set. Raises UsageError when there is none."""
        folder = cls(root)
        if not folder.catalog.is_file():
            what = "no data set" if root.is_dir() else "no such folder"
            raise UsageError(f"{root}: {what} here (no catalog.sqlite); `winnow harvest` makes one")
        return folder

    @property
    def name(self) -> str:
        """Name of the data set: the folder's."""
        return self.root.resolve().name

    @property
    def is_writable(self) -> bool:
        """Whether its catalog may be written."""
        return os.access(self.root, os.W_OK) and os.access(self.catalog, os.W_OK)

    @property
    def catalog(self) -> Path:
        """The SQLite file."""
        return self.root / "catalog.sqlite"

    @property
    def raw(self) -> Path:
        """Bytes by content."""
        return self.root / "raw"

    @property
    def parts(self) -> Path:
        """Downloads under way; swept at start-up."""
        return self.raw / ".parts"

    @property
    def urls(self) -> Path:
        """URL logs by target."""
        return self.root / "urls"

    @property
    def images(self) -> Path:
        """Label folders."""
        return self.root / IMAGES

    @property
    def unsorted(self) -> Path:
        """Pictures that wait for a person."""
        return self.images / UNSORTED

    @property
    def build(self) -> Path:
        """The built data set."""
        return self.root / "build"

    @property
    def models(self) -> Path:
        """Trained models, one folder a run."""
        return self.root / "models"

    @property
    def reports(self) -> Path:
        """HTML reports."""
        return self.root / "reports"

    @property
    def settings_file(self) -> Path:
        """The configuration the data set was last harvested with."""
        return self.root / "winnow.yaml"

    def raw_path(self, sha256: str, extension: str) -> Path:
        """`raw/ab/<sha256>.<ext>`."""
        return Path(f"{self.raw}/{sha256[:2]}/{sha256}.{extension}")

    def rejected(self, check: str) -> Path:
        """`images/_rejected/<check>`."""
        return self.images / REJECTED / check

    def label_folder(self, label: str) -> Path:
        """`images/<label>`; raises UsageError for a name that cannot be a label."""
        return self.images / check_label(label)

    def label_folders(self) -> list[Path]:
        """Existing label folders, sorted by name; `_…` and `.…` are never labels."""
        if not self.images.is_dir():
            return []
        return sorted(p for p in self.images.iterdir() if p.is_dir() and is_label_folder(p.name))

    def labels_in_use(self) -> list[str]:
        """Labels whose folders hold a file, sorted; hidden files do not count."""
        return [
            folder.name
            for folder in self.label_folders()
            if any(p.is_file() and not p.name.startswith(".") for p in folder.iterdir())
        ]

    def next_model(self) -> Path:
        """The folder of the next training run: `models/001`, then `models/002` and so on."""
        numbers = [int(p.name) for p in self.models.glob("*") if p.name.isdecimal()]
        return self.models / f"{max(numbers, default=0) + 1:03d}"

    def find_model(self, made_from: str) -> Path | None:
        """The newest model folder whose file `made_from` says this; None for none."""
        for path in sorted(self.models.glob("*/made_from"), reverse=True):
            if path.read_text(encoding="utf-8") == made_from:
                return path.parent
        return None

    @contextmanager
    def lock(self, purpose: str, *, reading: bool = False) -> Iterator[None]:
        """Hold the data set for one writer; raises Locked, naming the holder.

        An advisory lock of the operating system: it ends with the process, however that ends.
        With `reading`, for who changes nothing, a data set that cannot be written needs none.
        """
        try:
            handle = os.open(self.root / ".lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o644)
        except OSError as error:
            if not reading or error.errno not in _READ_ONLY:
                raise
            yield
            return
        try:
            try:
                fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except OSError:
                raise Locked(f"{self.root}: {_holder(handle)}; wait for it, or stop it") from None
            note = {"pid": os.getpid(), "purpose": purpose, "since": _now()}
            os.ftruncate(handle, 0)
            os.pwrite(handle, json.dumps(note).encode(), 0)
            try:
                with naming(self.root):
                    yield
            finally:
                os.ftruncate(handle, 0)
        finally:
            os.close(handle)


def _now() -> str:
    return datetime.now(UTC).isoformat(timespec="seconds")


def _holder(handle: int) -> str:
    with suppress(ValueError, KeyError, TypeError, OSError):
        note = json.loads(os.pread(handle, 4096, 0))
        return f"`{note['purpose']}` (process {note['pid']}) works on it since {note['since']}"
    return "another winnow works on it"


def home_of(path: Path) -> Path:
    """A path with `~` and `~user` filled in. Raises UsageError for a user that is not there."""
    try:
        return path.expanduser()
    except RuntimeError:
        raise UsageError(f"{path}: no such user's home; write the path out") from None


def picture_name(source: str, post_id: str, media_index: int, sha256: str, extension: str) -> str:
    """`<source>_<post>_<n>_<sha8>.<ext>`: ours, `[A-Za-z0-9._-]`, at most 120 bytes."""
    tail = f"_{media_index}_{sha256[:8]}.{extension}"
    head = f"{_UNSAFE.sub('-', source)}_{_UNSAFE.sub('-', post_id)}"
    return head[: _MAX_NAME_BYTES - len(tail)].lstrip(".-") + tail


def parse_sha8(name: str) -> str | None:
    """The first 8 hex digits of the content that one of our names tells; None for others."""
    found = _OUR_NAME.search(name)
    return found.group(1) if found else None


def _link(raw: Path, target: Path) -> bool:
    """Link a file; False where links cannot be made. Raises FileExistsError."""
    try:
        try:
            os.link(raw, target)
        except FileNotFoundError:  # its folder, most likely; asking first would cost every time
            target.parent.mkdir(parents=True, exist_ok=True)
            os.link(raw, target)
    except FileExistsError:
        raise
    except OSError as error:
        if error.errno not in (errno.EXDEV, errno.EPERM, errno.ENOTSUP, errno.EMLINK):
            raise
        return False
    return True


def place(raw: Path, target: Path, mode: FolderMode) -> None:
    """Show a raw file at `target`: a hard link, or a copy that can be edited.

    Never overwrites: raises FileExistsError. Falls back to a copy where links cannot be made.
    """
    if mode == "link" and _link(raw, target):
        return
    target.parent.mkdir(parents=True, exist_ok=True)
    part = target.with_name(f".{target.name}.part")
    part.unlink(missing_ok=True)
    shutil.copyfile(raw, part)
    try:
        os.link(part, target)  # unlike rename, a link refuses to overwrite
    except OSError as error:
        if error.errno not in (errno.EPERM, errno.ENOTSUP, errno.EMLINK):
            part.unlink()
            raise
        if target.exists():
            part.unlink()
            raise FileExistsError(errno.EEXIST, os.strerror(errno.EEXIST), str(target)) from None
        part.rename(target)
    else:
        part.unlink()
