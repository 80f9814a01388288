"""From what a user says to a job: a settings file, names on the command line, a data set."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from pathlib import Path

from harvest.download.limits import Limits
from harvest.guard.connect_to import parse_connect_to
from harvest.guard.session import EVERYWHERE, Outside
from harvest.guard.urls import BadUrl, parse_url
from harvest.ledger.errors import SettingsError, UsageError
from harvest.ledger.folder import DatasetFolder
from harvest.ledger.rates import parse_rate
from harvest.ledger.records import Target
from harvest.ledger.settings import Settings, load_settings
from harvest.ledger.settings_values import Proxy
from harvest.ledger.targets import parse_word
from harvest.run.job import MAX_REQUESTS, MAX_WAIT_S, Job
from harvest.run.keys import Keys, find_keys, find_proxy, sandbox_keys
from harvest.run.labels import Labelling
from harvest.store.outcomes import list_targets
from harvest.store.schema import open_store


@dataclass(frozen=True, slots=True)
class Options:
    """What the command line may say about any run; None leaves it to the settings."""

    max_requests: int | None = None
    """Pictures asked for at once."""
    max_wait: float = MAX_WAIT_S
    """Seconds to wait for limits to end, per source and per picture host."""
    rate: tuple[str, ...] = ()
    """HOST=N: requests a second for a picture host, before what the settings say of it."""
    allow_private: bool = False
    """Ask private addresses too."""
    connect_to: tuple[str, ...] = ()
    """curl's HOST:PORT:HOST2:PORT2."""
    budget: Decimal | None = None
    """Dollars that the run may spend on paid APIs."""
    sandbox: str | None = None
    """Origin of a sandbox that stands in for every API and CDN."""
    ignore_robots_tag: bool = False
    """Take pictures whose answer carries `X-Robots-Tag: noai` too."""

    def limits(self, settings: Settings | None = None) -> Limits:
        """What one picture may cost."""
        ignored = self.ignore_robots_tag or (settings is not None and settings.ignore_robots_tag)
        return Limits(honour_robots=not ignored)

    def rates(self, given: Mapping[str, float] | None = None) -> dict[str, float]:
        """Host -> requests a second, over those `given`. Raises UsageError for a bad `rate`."""
        return {**(given or {}), **dict(parse_rate(text) for text in self.rate)}

    def outside(
        self,
        endpoints: Mapping[str, str],
        *,
        allow_private: bool = False,
        proxy: Proxy | None = None,
    ) -> Outside:
        """How the network is reached. Raises UsageError for a bad `connect_to`."""
        if proxy is not None and self.connect_to:
            raise UsageError(
                f"--connect-to {self.connect_to[0][:80]}: the proxy {proxy.url} looks names up,"
                " so no host can be connected elsewhere; take `proxy:` out of the settings"
            )
        return Outside(
            proxy=proxy,
            endpoints=sandbox_endpoints(self.sandbox) if self.sandbox else endpoints,
            connect_to=tuple(parse_connect_to(text) for text in self.connect_to),
            allow_private=allow_private or self.allow_private,
        )


def settings_job(
    settings: Settings,
    options: Options | None = None,
    *,
    only: Sequence[str] = (),
    max_images: int | None = None,
) -> Job:
    """The job of a settings file. Raises UsageError for a target in `only` it does not have."""
    options = options or Options()
    targets = _choose(settings.targets, only)
    if max_images is not None:
        targets = tuple(replace(target, max_images=max_images) for target in targets)
    return Job(
        dataset=settings.dataset,
        targets=targets,
        keys=_keys(options, settings.credentials, settings.path.parent),
        outside=options.outside(
            settings.endpoints,
            allow_private=settings.allow_private,
            proxy=find_proxy(settings.proxy, beside=settings.path.parent),
        ),
        limits=options.limits(settings),
        folders=settings.folders,
        max_requests=options.max_requests or settings.max_requests,
        max_wait=options.max_wait,
        rate=options.rates(settings.rate),
        budget=settings.budget if options.budget is None else options.budget,
        prices=settings.prices,
        settings_text=settings.path.read_text(encoding="utf-8-sig"),
        purpose="winnow harvest run",
    )


def names_job(
    names: Sequence[str],
    dataset: Path,
    options: Options,
    *,
    max_images: int | None = None,
    labelling: Labelling | None = None,
) -> Job:
    """The job of targets named on the command line; a bare name is a Twitter account."""
    named = (
        replace(target, max_images=max_images)
        for target in {one.key: one for one in map(parse_word, names)}.values()
    )
    targets = tuple((labelling or Labelling()).told(target) for target in named)
    return Job(
        dataset=dataset,
        targets=targets,
        keys=_keys(options, None, None),
        outside=options.outside({}),
        limits=options.limits(),
        max_requests=options.max_requests or MAX_REQUESTS,
        max_wait=options.max_wait,
        rate=options.rates(),
        budget=options.budget,
        purpose="winnow harvest get",
    )


def retry_job(dataset: Path, options: Options) -> Job:
    """The job of what earlier runs left open: no source is asked, only pictures are.

    What the data set remembers of its settings holds (limits of targets, endpoints). Raises
    UsageError when there is no data set.
    """
    folder = DatasetFolder.open(dataset)
    with open_store(folder.catalog, read_only=True) as catalog:
        keys = list_targets(catalog)
    settings = remembered_settings(folder)
    known = {target.key: target for target in settings.targets} if settings else {}
    targets = tuple(known.get(key) or _target_of(key) for key in keys)
    return Job(
        dataset=dataset,
        targets=targets,
        walk=False,
        outside=options.outside(
            settings.endpoints if settings else {},
            allow_private=settings.allow_private if settings else False,
            proxy=find_proxy(settings.proxy, beside=folder.root) if settings else None,
        ),
        limits=options.limits(settings),
        folders=settings.folders if settings else "link",
        max_requests=options.max_requests or MAX_REQUESTS,
        max_wait=options.max_wait,
        rate=options.rates(settings.rate if settings else None),
        purpose="winnow harvest retry",
    )


def remembered_settings(folder: DatasetFolder) -> Settings | None:
    """The settings that a data set was made with; None when it has none that can be read."""
    if not folder.settings_file.is_file():
        return None
    try:
        return load_settings(folder.settings_file)
    except SettingsError:
        return None


def sandbox_endpoints(url: str) -> dict[str, str]:
    """Every origin there is mapped to a sandbox. Raises UsageError for a bad address."""
    origin = url.rstrip("/")
    try:
        if origin.count("/") != 2 or any(c in origin for c in "?#"):
            raise BadUrl("not an origin")
        parse_url(origin)
    except BadUrl as error:
        raise UsageError(
            f"--sandbox {url[:80]!r}: {error}; wanted an origin like http://127.0.0.1:8080"
        ) from None
    return {EVERYWHERE: origin}


def _target_of(key: str) -> Target:
    source, _, name = key.partition(":")
    return Target(source, name)


def _keys(
    options: Options, names: Mapping[str, Mapping[str, str]] | None, beside: Path | None
) -> dict[str, Keys]:
    return sandbox_keys() if options.sandbox else find_keys(names, beside=beside)


def _choose(targets: tuple[Target, ...], only: Sequence[str]) -> tuple[Target, ...]:
    if not only:
        return targets
    by_key = {_fold(target): target for target in targets}
    chosen = {}
    for text in only:
        wanted = parse_word(text)
        found = by_key.get(_fold(wanted))
        if found is None:
            known = ", ".join(target.key for target in targets)
            raise UsageError(f"--only {text}: no such target in the settings; there are {known}")
        chosen[found.key] = found
    return tuple(chosen.values())


def _fold(target: Target) -> str:
    return target.key.casefold() if target.source == "twitter" else target.key
