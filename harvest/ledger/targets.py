"""Targets as people write them: entries of `targets:`, and `twitter:NAME` on the command line."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Literal

from pydantic import Field

from harvest.ledger.errors import UsageError
from harvest.ledger.folder import home_of
from harvest.ledger.records import Target
from harvest.ledger.settings_values import Label, SettingsSection, When
from harvest.ledger.yamlfile import short

SOURCE_WORDS = ("twitter", "tumblr", "folder")
"""Words that begin a target in the configuration and on the command line."""


class _TumblrName(SettingsSection):
    tag: str | None = None
    blog: str | None = None


class TargetEntry(SettingsSection):
    """One entry of `targets:`; it can stand for several targets (a list of accounts)."""

    twitter: str | list[str] | None = None
    tumblr: str | list[str] | _TumblrName | None = None
    folder: Path | None = None
    label: Label | None = None
    label_from: Literal["folder"] | None = None
    max_images: int | None = Field(default=None, ge=1)
    since: When | None = None
    until: When | None = None
    replies: bool = False
    retweets: bool = False
    quotes: bool = True

    def targets(self) -> Iterator[Target]:
        """The targets that this entry stands for. Raises UsageError for a bad name."""
        if self.since is not None and self.until is not None and self.since >= self.until:
            raise UsageError(f"since {self.since:%Y-%m-%d} is not before until; nothing lies there")
        options = self.model_dump(exclude={"twitter", "tumblr", "folder"})
        for source, name in self._names():
            parsed = parse_target(f"{source}:{name}")
            yield Target(parsed.source, parsed.name, **options)

    def _names(self) -> Iterator[tuple[str, str]]:
        given = [word for word in SOURCE_WORDS if getattr(self, word) is not None]
        if len(given) != 1:
            words = ", ".join(SOURCE_WORDS)
            raise UsageError(f"a target needs exactly one of {words}; it has {given or 'none'}")
        value = getattr(self, given[0])
        if value == []:
            raise UsageError(f"{given[0]} is an empty list; wanted a name or several")
        if isinstance(value, _TumblrName):
            if not (value.tag or value.blog):
                raise UsageError("tumblr needs a tag, a blog, or both")
            yield "tumblr", f"{value.blog}/{value.tag or ''}" if value.blog else str(value.tag)
        else:
            for name in value if isinstance(value, list) else [value]:
                yield given[0], str(name)


def parse_target(text: str) -> Target:
    """`twitter:NAME`, `tumblr:TAG`, `tumblr:BLOG/TAG`, `tumblr:BLOG/`, `folder:DIR` as a Target.

    The names themselves are judged by their sources. Raises UsageError.
    """
    source, colon, name = text.partition(":")
    name = name.strip()
    if not colon or source not in SOURCE_WORDS:
        words = ", ".join(f"{word}:…" for word in SOURCE_WORDS)
        raise UsageError(f"target {short(text)}: wanted one of {words}")
    if source == "twitter":
        name = name.removeprefix("@")
    if source == "folder" and name:
        name = str(home_of(Path(name)))
    if not name or any(ord(c) < 32 or "\ud800" <= c <= "\udfff" for c in name):
        raise UsageError(f"target {short(text)}: wanted a name after the colon")
    return Target(source, name)
