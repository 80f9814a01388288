"""Targets as people write them: entries of `targets:`, and `twitter:NAME` on the command line."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from pydantic import Field, create_model

from harvest.ledger.addresses import spell
from harvest.ledger.errors import UsageError
from harvest.ledger.folder import home_of
from harvest.ledger.labelling import LabelFrom
from harvest.ledger.own_words import own_words
from harvest.ledger.records import Target
from harvest.ledger.settings_values import Label, SettingsSection, When
from harvest.ledger.target_options import check_options
from harvest.ledger.yamlfile import short

SOURCE_WORDS = ("twitter", "tumblr", "bluesky", "mastodon", "folder")
"""Words that begin a target in the configuration and on the command line."""


class _TumblrName(SettingsSection):
    tag: str | None = None
    blog: str | None = None


class _BlueskyName(SettingsSection):
    account: str | None = None
    tag: str | None = None
    feed: str | None = None


class _MastodonName(SettingsSection):
    instance: str
    account: str | None = None
    tag: str | None = None


class TargetEntry(SettingsSection):
    """One entry of `targets:`; it can stand for several targets (a list of accounts)."""

    twitter: str | list[str] | None = None
    tumblr: str | list[str] | _TumblrName | None = None
    bluesky: str | list[str] | _BlueskyName | None = None
    mastodon: str | list[str] | _MastodonName | None = None
    folder: Path | None = None
    label: Label | None = None
    label_from: LabelFrom | None = None
    max_images: int | None = Field(default=None, ge=1)
    since: When | None = None
    until: When | None = None
    replies: bool = False
    retweets: bool = False
    quotes: bool = True
    reblogs: bool | None = None

    def targets(self) -> Iterator[Target]:
        """The targets that this entry stands for. Raises UsageError for a bad name."""
        if self.since is not None and self.until is not None and self.since >= self.until:
            raise UsageError(f"since {self.since:%Y-%m-%d} is not before until; nothing lies there")
        options = self.model_dump(include=set(_OPTIONS))
        for source, name in self._names():
            parsed = parse_target(f"{source}:{name}")
            target = Target(parsed.source, parsed.name, **options)
            check_options(target, sorted(self.model_fields_set & set(_OPTIONS)))
            yield target

    def _names(self) -> Iterator[tuple[str, str]]:
        known = [word for word in type(self).model_fields if word not in _OPTIONS]
        given = [word for word in known if getattr(self, word) is not None]
        if len(given) != 1:
            words = ", ".join(known)
            raise UsageError(f"a target needs exactly one of {words}; it has {given or 'none'}")
        value = getattr(self, given[0])
        if value == []:
            raise UsageError(f"{given[0]} is an empty list; wanted a name or several")
        if isinstance(value, SettingsSection):
            yield given[0], _name_of(value)
        else:
            for name in value if isinstance(value, list) else [value]:
                yield given[0], str(name)


_OPTIONS = tuple(name for name in TargetEntry.model_fields if name not in SOURCE_WORDS)


def entry_model(raw: dict[Any, Any]) -> type[TargetEntry]:
    """The model of an entry: ours, with a field for each word of other packages if it needs one."""
    ours = TargetEntry.model_fields
    words = own_words() if any(key not in ours for key in raw) else {}
    new = [word for word in words if word in raw and word not in ours]
    if not new:
        return TargetEntry
    fields: dict[str, Any] = dict.fromkeys(new, (str | list[str] | None, None))
    return create_model("TargetEntry", __base__=TargetEntry, **fields)


def _name_of(value: SettingsSection) -> str:
    """The name of a target that was given in parts. Raises UsageError."""
    if isinstance(value, _TumblrName):
        if not (value.tag or value.blog):
            raise UsageError("tumblr needs a tag, a blog, or both")
        return f"{value.blog}/{value.tag or ''}" if value.blog else str(value.tag)
    given = {k: v for k, v in value.model_dump(exclude={"instance"}).items() if v}
    if len(given) != 1:
        words = ", ".join(type(value).model_fields.keys() - {"instance"})
        raise UsageError(f"wanted exactly one of {words}")
    ((kind, name),) = given.items()
    marked = {"tag": "#", "account": "@", "feed": ""}[kind] + str(name).lstrip("#@")
    if isinstance(value, _MastodonName):
        return f"{value.instance}/{marked}"
    return marked.removeprefix("@")


def is_source_word(word: str) -> bool:
    """Whether a target can begin with it: one of ours, or another package's."""
    return word in SOURCE_WORDS or word in own_words()


def parse_target(text: str) -> Target:
    """A target as written on the command line, without options: `SOURCE:NAME`.

    `twitter:NAME`; `tumblr:TAG`, `tumblr:BLOG/TAG`, `tumblr:BLOG/`; `bluesky:HANDLE`,
    `bluesky:#TAG`, `bluesky:at://…`; `mastodon:INSTANCE/#TAG`, `mastodon:INSTANCE/@NAME`;
    `folder:DIR`; and words of other packages (`own_words`). Addresses of profiles and tags, also
    after the word of their source, and `@NAME@INSTANCE` are spelt so first (`addresses.spell`).
    The names themselves are judged by their sources. Raises UsageError.
    """
    source, colon, name = spell(text).partition(":")
    name = name.strip()
    if not colon or not is_source_word(source):
        words = ", ".join(f"{word}:…" for word in (*SOURCE_WORDS, *own_words()))
        raise UsageError(f"target {short(text)}: wanted one of {words}")
    name = _unpasted(source, name)
    if source in ("twitter", "bluesky"):
        name = name.removeprefix("@")
    if source == "twitter" and name:
        check_account(name)
    if source == "folder" and name:
        name = str(home_of(Path(name)))
    if not name or any(ord(c) < 32 or "\ud800" <= c <= "\udfff" for c in name):
        raise UsageError(f"target {short(text)}: wanted a name after the colon")
    if source == "mastodon":
        name = fold_mastodon(name)
    return Target(source, name)


def check_account(name: str) -> str:
    """Return the name of an account on Twitter as its API takes it. Raises UsageError."""
    if not re.fullmatch(r"[A-Za-z0-9_]{1,15}", name):
        shown = "".join(c if c.isprintable() else "\ufffd" for c in name[:60])
        raise UsageError(
            f"twitter:{shown}: not an account's name; wanted 1 to 15 of A-Z a-z 0-9 _, "
            "without the address around it"
        )
    return name


def parse_word(text: str) -> Target:
    """As `parse_target`; a bare name is an account on Twitter. Raises UsageError."""
    spelt = spell(text)
    return parse_target(spelt if ":" in spelt else f"twitter:{spelt}")


def _unpasted(source: str, name: str) -> str:
    """A name that was pasted as an address, without it. Raises UsageError for another site's."""
    pasted = name.lower().startswith(("https://", "http://"))
    if source not in SOURCE_WORDS or source == "folder" or not (pasted or name.startswith("@")):
        return name
    spelt = spell(name)
    word, _, rest = spelt.partition(":")
    if spelt == name or (word != source and not pasted):
        return name
    if word != source:
        raise UsageError(f"target {short(f'{source}:{name}')}: wanted {short(spelt)}")
    return rest


def fold_mastodon(name: str) -> str:
    """Spell `INSTANCE/#TAG` or `INSTANCE/@NAME` in one way: none of the three knows case.

    The instance becomes ASCII, `@NAME@INSTANCE` becomes `@NAME`, a tag is folded as Mastodon does
    (NFKC, small letters). Raises UsageError for what has another form.
    """
    instance, _, rest = name.partition("/")
    if not instance or rest[:1] not in ("#", "@") or not rest[1:]:
        raise UsageError(
            f"target {short(f'mastodon:{name}')}: wanted one of INSTANCE/#TAG and INSTANCE/@NAME, "
            "like mastodon.example/#webcomic"
        )
    host = _fold_host(instance)
    if rest[0] == "#":
        return f"{host}/#{unicodedata.normalize('NFKC', rest[1:]).lower()}"
    account, at, home = rest[1:].lower().partition("@")
    home = _fold_host(home) if home else home
    return f"{host}/@{account}{'' if home == host else at + home}"


def _fold_host(host: str) -> str:
    name, colon, port = host.lower().partition(":")
    if not name.isascii():
        from yarl import URL

        try:
            name = URL.build(scheme="https", host=name).raw_host or name
        except ValueError:  # its source says what is wrong with it
            return host
    return name.removesuffix(".") + ("" if port == "443" else colon + port)
