"""The one YAML file: what to gather, how to judge, how to learn.

Harvest's own keys are parsed here; `checks`, `split` and `train` belong to the groups above,
which parse them with models of their own through `Settings.section`. An unknown key is an error
that names file, line, key and the nearest known key.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import UTC, date, datetime, time
from functools import cached_property
from pathlib import Path
from typing import Annotated, Any, Literal, TypeVar

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field

from harvest.ledger.errors import SettingsError, UsageError
from harvest.ledger.folder import check_label
from harvest.ledger.records import Target
from harvest.ledger.yamlfile import Document, nearest, read_yaml, short

SOURCE_WORDS = ("twitter", "tumblr", "folder")
"""Words that begin a target in the configuration and on the command line."""

DEFAULT_CREDENTIALS: dict[str, dict[str, str]] = {
    "twitter": {
        "bearer_token": "TWITTER_BEARER_TOKEN",
        "consumer_key": "TWITTER_CONSUMER_KEY",
        "consumer_secret": "TWITTER_CONSUMER_SECRET",
        "access_token": "TWITTER_ACCESS_TOKEN",
        "access_token_secret": "TWITTER_ACCESS_TOKEN_SECRET",
    },
    "tumblr": {"consumer_key": "TUMBLR_CONSUMER_KEY"},
}
"""Source -> kind of credential -> name of the environment variable that holds it."""

_VARIABLE = re.compile(r"[A-Z][A-Z0-9_]*")
_ORIGIN = re.compile(r"https?://[A-Za-z0-9.-]+(:\d{1,5})?|https?://\[[0-9a-fA-F:]+\](:\d{1,5})?")


class Secret:
    """A value that shows itself only when asked: never in repr, str, logs or tracebacks."""

    __slots__ = ("_value",)

    def __init__(self, value: str) -> None:
        self._value = value

    def reveal(self) -> str:
        """The value itself."""
        return self._value

    def __repr__(self) -> str:
        return "Secret('**********')"

    __str__ = __repr__

    def __bool__(self) -> bool:
        return bool(self._value)


class SettingsSection(BaseModel):
    """Base of every part of the settings file: immutable, unknown keys forbidden."""

    model_config = ConfigDict(frozen=True, extra="forbid")


S = TypeVar("S", bound=SettingsSection)


def _as_utc(value: Any) -> Any:
    if isinstance(value, str):
        try:
            value = datetime.fromisoformat(value)
        except ValueError:
            raise ValueError("a date like 2024-01-31 or 2024-01-31T12:00:00Z") from None
    if isinstance(value, date) and not isinstance(value, datetime):
        value = datetime.combine(value, time())
    if isinstance(value, datetime):
        try:
            return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)
        except OverflowError:
            raise ValueError("a date within the years 1 to 9999") from None
    raise ValueError("a date like 2024-01-31 or 2024-01-31T12:00:00Z")


def _label(value: str) -> str:
    try:
        return check_label(value)
    except UsageError as error:
        raise ValueError(str(error)) from None


def _folder_path(value: str) -> str:
    if not value.strip() or not value.isprintable():
        raise ValueError("a name like comics, or a path")
    return value


def _variable(value: str) -> str:
    if not _VARIABLE.fullmatch(value):
        # The value is not repeated: people paste the secret itself here.
        raise ValueError("the NAME of an environment variable (A-Z, 0-9, _), never the secret")
    return value


def _origin(value: str) -> str:
    if not _ORIGIN.fullmatch(value.rstrip("/")):
        raise ValueError("an origin like https://api.x.com or http://127.0.0.1:8080")
    return value.rstrip("/")


When = Annotated[datetime, BeforeValidator(_as_utc)]
Label = Annotated[str, AfterValidator(_label)]
FolderPath = Annotated[str, AfterValidator(_folder_path)]
Variable = Annotated[str, AfterValidator(_variable)]
Origin = Annotated[str, AfterValidator(_origin)]


class _TumblrName(SettingsSection):
    tag: str | None = None
    blog: str | None = None


class _TargetEntry(SettingsSection):
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


class _File(SettingsSection):
    """The whole settings file, less what other groups parse."""

    dataset: FolderPath
    targets: list[Any] = Field(min_length=1)
    labels: list[Label] = []
    folders: Literal["link", "copy"] = "link"
    max_requests: int = Field(default=16, ge=1, le=256)
    allow_private: bool = False
    checks: dict[str, Any] = {}
    split: dict[str, Any] = {}
    train: dict[str, Any] = {}
    credentials: dict[str, dict[str, Variable]] = {}
    endpoints: dict[Origin, Origin] = {}


class Settings:
    """A settings file that was read and found good; immutable by convention."""

    def __init__(self, document: Document) -> None:
        if not isinstance(document.data, dict):
            raise document.error(
                (), "wanted keys like `dataset:` and `targets:`; see `winnow init`"
            )
        self.document = document
        self._file = document.parse((), document.data, _File)
        self.targets: tuple[Target, ...] = tuple(self._targets())
        """What to gather, in the order of the file, each named once."""
        self.credentials = self._credentials()
        """Source -> kind -> name of the environment variable."""
        _refuse_case_twins(document, self._file.labels)

    @property
    def path(self) -> Path:
        """The settings file."""
        return self.document.path

    @cached_property
    def dataset(self) -> Path:
        """Folder of the data set: `datasets/<name>` for a plain name, else the path given."""
        text = self._file.dataset
        plain = re.fullmatch(r"[^/\\~.][^/\\]*", text)
        return Path("datasets") / text if plain else Path(text).expanduser()

    @property
    def labels(self) -> tuple[str, ...]:
        """Labels offered when sorting: those listed, then those that targets bring."""
        brought = [t.label for t in self.targets if t.label is not None]
        return tuple(dict.fromkeys([*self._file.labels, *brought]))

    @property
    def folders(self) -> Literal["link", "copy"]:
        """How pictures stand in `images/`: hard links to `raw/`, or copies."""
        return self._file.folders

    @property
    def max_requests(self) -> int:
        """Requests under way at once."""
        return self._file.max_requests

    @property
    def allow_private(self) -> bool:
        """Whether addresses of private networks may be asked."""
        return self._file.allow_private

    @property
    def endpoints(self) -> dict[str, str]:
        """Origin -> origin that is asked in its place."""
        return self._file.endpoints

    def section(self, name: str, model: type[S]) -> S:
        """A group's own part (`checks`, `split`, `train`) as its model; raises SettingsError."""
        return self.document.parse((name,), getattr(self._file, name), model)

    def _targets(self) -> Iterator[Target]:
        seen: dict[str, int] = {}
        for number, raw in enumerate(self._file.targets):
            where = ("targets", number)
            if not isinstance(raw, dict):
                raise self.document.error(
                    where, f"target {short(raw)}; wanted a line like `- twitter: NAME`"
                )
            try:
                made = list(self.document.parse(where, raw, _TargetEntry).targets())
            except SettingsError:
                raise
            except UsageError as error:
                raise self.document.error(where, str(error)) from None
            for target in made:
                key = target.key.casefold() if target.source == "twitter" else target.key
                if key in seen:
                    raise self.document.error(
                        where, f"the target {target.key} stands twice (first on line {seen[key]})"
                    )
                seen[key] = self.document.lines.get(where, 1)
                yield target

    def _credentials(self) -> dict[str, dict[str, str]]:
        merged = {source: dict(kinds) for source, kinds in DEFAULT_CREDENTIALS.items()}
        for source, kinds in self._file.credentials.items():
            if source not in merged:
                hint = nearest(source, list(merged))
                raise self.document.error(("credentials", source), f"unknown key {source!r}{hint}")
            for kind, variable in kinds.items():
                if kind not in merged[source]:
                    hint = nearest(kind, list(merged[source]))
                    where = ("credentials", source, kind)
                    raise self.document.error(where, f"unknown key {kind!r}{hint}")
                merged[source][kind] = variable
        return merged


def _refuse_case_twins(document: Document, labels: list[str]) -> None:
    seen: dict[str, str] = {}
    for label in labels:
        twin = seen.setdefault(label.casefold(), label)
        if twin is not label:
            raise document.error(
                ("labels",), f"labels {twin!r} and {label!r} differ by case only; keep one"
            )


def load_settings(path: Path) -> Settings:
    """Read a settings file. Raises SettingsError: exit 2, one line."""
    return Settings(read_yaml(path))


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
        name = str(Path(name).expanduser())
    if not name or any(ord(c) < 32 for c in name):
        raise UsageError(f"target {short(text)}: wanted a name after the colon")
    return Target(source, name)
