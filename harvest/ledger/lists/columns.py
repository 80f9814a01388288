"""Which column of a list holds the addresses, and which the labels: by name, or as told."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from harvest.ledger.errors import UsageError

MOST_COLUMNS = 10_000
"""A list with more is none that anybody made on purpose."""

# As img2dataset, LAION, Hugging Face, curate's own exports and people's spreadsheets have them.
_URL_NAMES = frozenset(
    f"{first}{last}"
    for first in ("", "image", "img", "picture", "photo", "media", "file")
    for last in ("url", "urls", "uri", "link", "src", "href")
)
_LABEL_NAMES = frozenset(
    f"{name}{more}" for name in ("label", "class", "category") for more in ("", "name")
)
# As our own exports have them; `account` is theirs for `author`.
_ORIGIN_NAMES = (("posturl",), ("author", "account"), ("postedat",))
_NOT_ALNUM = re.compile(r"[\W_]+")
_NUMBER = re.compile(r"[1-9][0-9]{0,4}")
_NAMED = 12
_SHOWN = 30


@dataclass(frozen=True, slots=True)
class Wanted:
    """What the command line says of a list's columns."""

    url: str | None = None
    """Name or number of the column with addresses; None: found by its name."""
    label: str | None = None
    """Name or number of the column with labels; None: found by name, and there may be none."""
    labels: bool = True
    """False: labels come from elsewhere; no column is looked for."""

    @property
    def told(self) -> bool:
        """Whether a column was named, so that the list must have columns."""
        return self.url is not None or self.label is not None


@dataclass(frozen=True, slots=True)
class Columns:
    """Places of the columns that are read, from 0."""

    url: int
    """Addresses."""
    label: int | None = None
    """Labels; None: the list has none."""
    origin: tuple[int | None, ...] | None = None
    """Post's address, author and time, where the list has a column of that name; None: none."""
    published_first: bool = False
    """A cell may hold several addresses of one picture: of our own exports, the published first."""


def is_url_name(name: str) -> bool:
    """Whether a column of this name holds addresses of pictures: `url`, `Image URL`, `img_src`."""
    return _fold(name) in _URL_NAMES


def choose(shown: str, names: Sequence[str], wanted: Wanted) -> Columns:
    """Find the columns of a list among their names.

    `shown` names the list in messages. Raises UsageError, listing the columns that are there: none
    of a fitting name, several of them, not the one that was named, or more than `MOST_COLUMNS`.
    """
    if len(names) > MOST_COLUMNS:
        raise UsageError(
            f"{shown}: {len(names)} columns; wanted at most {MOST_COLUMNS}, one of them with URLs"
        )
    url = _find(shown, names, wanted.url, _URL_NAMES, "--url-column")
    if url is None:
        raise UsageError(
            f"{shown}: no column of a name like url; name it with --url-column ({_listed(names)})"
        )
    label = None
    if wanted.labels:
        label = _find(shown, names, wanted.label, _LABEL_NAMES, "--label-column")
    origin = tuple(_first(names, usual, but=(url, label)) for usual in _ORIGIN_NAMES)
    return Columns(
        url,
        label,
        origin if any(place is not None for place in origin) else None,
        published_first=names[url] == "urls" and "sha256" in names,
    )


def numbered(told: str | None, width: int) -> int | None:
    """The place, from 0, of a column that was named by its number; None where it was not."""
    if told is None or not _NUMBER.fullmatch(told) or int(told) > width:
        return None
    return int(told) - 1


def _first(names: Sequence[str], usual: Sequence[str], but: Sequence[int | None]) -> int | None:
    """The first column of the first of these names that there is."""
    places = {_fold(name): n for n, name in reversed(list(enumerate(names))) if n not in but}
    return next((places[name] for name in usual if name in places), None)


def _find(
    shown: str, names: Sequence[str], told: str | None, usual: frozenset[str], option: str
) -> int | None:
    found = [n for n, name in enumerate(names) if name == told]
    if not found and told is not None:
        found = [n for n, name in enumerate(names) if _fold(name) == _fold(told)]
        if not found and (place := numbered(told, len(names))) is not None:
            found = [place]
    if told is None:
        found = [n for n, name in enumerate(names) if _fold(name) in usual]
        # All addresses of a picture beside the one that was published, as our own exports have it.
        if sorted(_fold(names[n]) for n in found) == ["url", "urls"]:
            found = [n for n in found if _fold(names[n]) == "url"]
    elif not found:
        raise UsageError(f"{shown}: {option} {told[:80]!r}: no such column ({_listed(names)})")
    if len(found) > 1:
        some = ", ".join(_cut(names[n]) for n in found[:_NAMED])
        which = "several columns of that name" if told is not None else f"{some} all look like it"
        first = found[0] + 1
        raise UsageError(
            f"{shown}: {option}: {which}; name one, or its number: {option} {first}"
            f" ({_listed(names)})"
        )
    return found[0] if found else None


def _fold(name: str) -> str:
    return _NOT_ALNUM.sub("", name.casefold())


def _listed(names: Sequence[str]) -> str:
    more = f" and {len(names) - _NAMED} more" if len(names) > _NAMED else ""
    return f"there are {', '.join(map(_cut, names[:_NAMED])) or 'none'}{more}"


def _cut(name: str) -> str:
    clean = "".join(c if c.isprintable() else "?" for c in name[:_SHOWN])
    return clean + ("…" if len(name) > _SHOWN else "") or "''"
