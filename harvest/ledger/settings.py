"""The one YAML file: what to gather, how to judge, how to learn.

Harvest's own keys are parsed here; `checks`, `split` and `train` belong to the groups above,
which parse them with models of their own through `Settings.section`. An unknown key is an error
that names file, line, key and the nearest known key.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace
from decimal import Decimal
from functools import cached_property
from pathlib import Path
from typing import Annotated, Any, Literal, TypeVar

from pydantic import Field

from harvest.ledger.errors import SettingsError, UsageError
from harvest.ledger.folder import home_of
from harvest.ledger.labelling import with_labels
from harvest.ledger.own_words import own_words
from harvest.ledger.prices import PRICES, Price
from harvest.ledger.rates import Host, Rate
from harvest.ledger.records import Target
from harvest.ledger.settings_values import (
    Budget,
    FolderPath,
    IfAny,
    IfAnyListed,
    Label,
    Origin,
    PriceEntry,
    ProxyEntry,
    ProxyPart,
    Secret,
    SettingsSection,
    Targets,
    Variable,
)
from harvest.ledger.targets import entry_model, parse_target
from harvest.ledger.yamlfile import Document, nearest, read_yaml, short

__all__ = [
    "DEFAULT_CREDENTIALS",
    "Secret",
    "Settings",
    "SettingsSection",
    "load_settings",
    "parse_target",
]

S = TypeVar("S", bound=SettingsSection)

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


class _File(SettingsSection):
    """The whole settings file, less what other groups parse."""

    dataset: FolderPath
    targets: Targets
    labels: Annotated[list[Label], IfAnyListed] = Field(default_factory=list)
    folders: Literal["link", "copy"] = "link"
    max_requests: int = Field(default=16, ge=1, le=256)
    rate: Annotated[dict[Host, Rate], IfAny] = Field(default_factory=dict)
    allow_private: bool = False
    ignore_robots_tag: bool = False
    checks: Annotated[dict[str, Any], IfAny] = Field(default_factory=dict)
    split: Annotated[dict[str, Any], IfAny] = Field(default_factory=dict)
    train: Annotated[dict[str, Any], IfAny] = Field(default_factory=dict)
    credentials: Annotated[dict[str, Annotated[dict[str, Variable], IfAny]], IfAny] = Field(
        default_factory=dict
    )
    endpoints: Annotated[dict[Origin, Origin], IfAny] = Field(default_factory=dict)
    proxy: ProxyPart | None = None
    budget_usd: Budget = None
    prices: Annotated[dict[str, Annotated[PriceEntry, IfAny]], IfAny] = Field(default_factory=dict)


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
        self.prices = self._prices()
        """Source -> what its API charges: ours, or as the file says."""
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
        return Path("datasets") / text if plain else home_of(Path(text))

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
    def rate(self) -> dict[str, float]:
        """Host name, or `*` for every other one -> requests a second that it may be asked.

        Holds for the addresses of pictures and what they redirect to, over all ports of the host.
        The sources' APIs have limits of their own, which their answers tell.
        """
        return self._file.rate

    @property
    def allow_private(self) -> bool:
        """Whether addresses of private networks may be asked."""
        return self._file.allow_private

    @property
    def ignore_robots_tag(self) -> bool:
        """Whether pictures are taken whose answer carries `X-Robots-Tag: noai` or its like."""
        return self._file.ignore_robots_tag

    @property
    def endpoints(self) -> dict[str, str]:
        """Origin -> origin that is asked in its place."""
        return self._file.endpoints

    @property
    def proxy(self) -> ProxyEntry | None:
        """The proxy that all requests go through; None: there is none."""
        return self._file.proxy

    @property
    def budget(self) -> Decimal | None:
        """Dollars that a run may spend on paid APIs; None: as much as it takes."""
        return self._file.budget_usd

    @property
    def placeholders(self) -> str | None:
        """File of known placeholders, `checks: {placeholder: {list: FILE}}`, for who only reads."""
        check = self._file.checks.get("placeholder")
        found = check.get("list") if isinstance(check, dict) else None
        return found if isinstance(found, str) else None

    def section(self, name: str, model: type[S]) -> S:
        """A group's own part (`checks`, `split`, `train`) as its model; raises SettingsError."""
        return self.document.parse((name,), getattr(self._file, name), model)

    def _targets(self) -> Iterator[Target]:
        seen: dict[str, int] = {}
        for number, raw in enumerate(self._file.targets):
            where = ("targets", number)
            if not isinstance(raw, dict | str):
                raise self.document.error(
                    where, f"target {short(raw)}; wanted a line like `- twitter: NAME`"
                )
            try:
                if isinstance(raw, str):  # pasted as it is: an address, `@NAME@INSTANCE`
                    made = [parse_target(raw)]
                else:
                    entry = self.document.parse(where, raw, entry_model(raw))
                    made = [with_labels(one, self._file.labels) for one in entry.targets()]
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

    def _prices(self) -> dict[str, Price]:
        merged = dict(PRICES)
        for source, given in self._file.prices.items():
            if source not in merged:
                hint = nearest(source, list(merged))
                raise self.document.error(("prices", source), f"unknown key {source!r}{hint}")
            ours = merged[source]
            merged[source] = Price(
                post=ours.post if given.post is None else given.post,
                user=ours.user if given.user is None else given.user,
            )
        return merged

    def _credentials(self) -> dict[str, dict[str, str]]:
        merged = {source: dict(kinds) for source, kinds in DEFAULT_CREDENTIALS.items()}
        for source, kinds in self._file.credentials.items():
            if source not in merged and source in own_words():
                merged[source] = dict(kinds)
            if source not in merged:
                hint = nearest(source, list(merged))
                raise self.document.error(("credentials", source), f"unknown key{hint}")
            for kind, variable in kinds.items():
                if kind not in merged[source]:
                    hint = nearest(kind, list(merged[source]))
                    where = ("credentials", source, kind)
                    # Not repeated: people paste the secret itself here.
                    raise self.document.error(where, f"unknown key{hint}")
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


_STANDING_FOR = {"dataset": ".", "targets": [{"folder": "."}]}  # for what nobody will ask


def load_settings(path: Path, *, partial: bool = False) -> Settings:
    """Read a settings file. Raises SettingsError: exit 2, one line.

    A `partial` one need not say which data set and which targets: the command line has.
    """
    document = read_yaml(path)
    if partial and isinstance(document.data, dict):
        document = replace(document, data=_STANDING_FOR | document.data)
    return Settings(document)
