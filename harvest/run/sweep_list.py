"""The lists that a sweep writes: what is deleted, what is hidden, a line each.

`winnow harvest forget DATASET --from FILE` takes them as they are. A line that it would read as
more than one picture or post (an account, a whole site) is replaced by the picture's sha256; what
another post gave as well stands behind a `#`, for a person to decide. Each picture's first eight
hex digits stand beside it: so a take-down recognises the list as one that names the picture.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from harvest.ledger.catalog import Catalog
from harvest.ledger.errors import UsageError
from harvest.ledger.folder import DatasetFolder
from harvest.ledger.standing import Stand
from harvest.ledger.urllog import is_address
from harvest.run.sweep_report import Listed
from harvest.run.wishes import PICTURE_ENDINGS, understand
from harvest.store.verdicts import Verdict, read_verdicts

_COMMENT = re.compile(r"\s+#.*|^#.*")
_WHOLE = {"account", "folder"}
_HEAD = "# {stand} where they came from, by `winnow harvest sweep`; see `harvest forget --from`\n"


@dataclass(frozen=True, slots=True)
class WishList:
    """A list of what a person wants forgotten."""

    path: Path
    """Where it is."""
    lines: Mapping[str, int]
    """What it names -> the line where it does first."""


def write_lists(folder: DatasetFolder, catalog: Catalog) -> dict[str, Listed]:
    """Write both lists anew; one that would be empty is removed. Raises StorageFull."""
    found = {}
    for stand in (Stand.DELETED, Stand.HIDDEN):
        listed = _write(folder, catalog, stand)
        if listed is not None:
            found[stand.value] = listed
    return found


def read_list(path: Path) -> list[str]:
    """What a list names, each once. Raises UsageError for a file that cannot be read."""
    return list(read_wishes(path).lines)


def read_wishes(path: Path) -> WishList:
    """Read a list with its line numbers. Raises UsageError for a file that cannot be read.

    What stands behind a blank and `#` is a comment, but for a picture file of such a name.
    """
    try:
        text = path.read_text(encoding="utf-8-sig")
    except FileNotFoundError:
        if path.stem in (Stand.DELETED, Stand.HIDDEN) and path.suffix == ".txt":
            hint = "; a sweep writes it only where something is, and a take-down takes it along"
        else:
            hint = "; wanted a text with one WHAT a line"
        raise UsageError(f"{path}: no such file{hint}") from None
    except IsADirectoryError:
        raise UsageError(f"{path}: a folder; wanted a text with one WHAT a line") from None
    except UnicodeDecodeError:
        raise UsageError(f"{path}: not UTF-8 text; wanted one WHAT a line") from None
    except OSError as error:
        raise UsageError(f"{path}: cannot be read ({error.strerror})") from None
    if "\0" in text:
        raise UsageError(f"{path}: not a text (it holds NUL bytes); wanted one WHAT a line")
    found: dict[str, int] = {}
    for number, line in enumerate(map(str.strip, text.split("\n")), 1):
        said = _COMMENT.sub("", line)
        what = said if is_address(said) or not line.lower().endswith(PICTURE_ENDINGS) else line
        if what and not what.startswith("#"):
            found.setdefault(what, number)
    return WishList(path, found)


def _write(folder: DatasetFolder, catalog: Catalog, stand: Stand) -> Listed | None:
    path = folder.reports / f"{stand}.txt"
    by_name: dict[str, list[Verdict]] = {}
    for verdict in read_verdicts(catalog, stand):
        by_name.setdefault(_what(verdict, folder, catalog), []).append(verdict)
    if not by_name:
        path.unlink(missing_ok=True)
        return None
    lines, elsewhere = 0, 0
    path.parent.mkdir(exist_ok=True)
    part = path.with_name(path.name + ".part")
    with part.open("w", encoding="utf-8") as out:
        out.write(_HEAD.format(stand=stand))
        for what, verdicts in _parted(by_name):
            kept = verdicts[0].elsewhere
            out.write(f"{_said(verdicts)}\n{'# ' if kept else ''}{what}\n")
            lines, elsewhere = lines + (not kept), elsewhere + kept
    part.replace(path)
    return Listed(path, lines, elsewhere)


def _parted(by_name: Mapping[str, list[Verdict]]) -> Iterator[tuple[str, list[Verdict]]]:
    """Yield what to name; the pictures of a post one by one, where only some stand elsewhere."""
    for what, verdicts in by_name.items():
        if len({verdict.elsewhere for verdict in verdicts}) == 1:
            yield what, verdicts
        else:
            yield from ((verdict.sha256, [verdict]) for verdict in verdicts)


def _said(verdicts: Sequence[Verdict]) -> str:
    first = verdicts[0]
    who = "".join(c if c.isprintable() else "?" for c in first.target)
    pictures = ", ".join(verdict.sha256[:8] for verdict in verdicts)
    return f"# {who}: {first.reason}, found {first.asked_at[:10]}, {pictures}"


def _what(verdict: Verdict, folder: DatasetFolder, catalog: Catalog) -> str:
    """How the picture is named so that exactly it, or its post, is taken out."""
    what = verdict.post_url or verdict.url
    if not is_address(what):
        return verdict.sha256
    try:
        kinds = {kind for kind, _ in understand(what, folder, catalog).marks}
    except UsageError:
        return verdict.sha256
    return verdict.sha256 if kinds & _WHOLE else what
