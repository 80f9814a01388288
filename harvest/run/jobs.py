"""From what a user says to a job: a settings file, names on the command line, URL logs."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

from harvest.download.limits import Limits
from harvest.guard.connect_to import parse_connect_to
from harvest.guard.session import Outside
from harvest.guard.urls import BadUrl, parse_url
from harvest.ledger.errors import SettingsError, UsageError
from harvest.ledger.folder import DatasetFolder, FolderMode, check_label
from harvest.ledger.records import Target
from harvest.ledger.settings import Settings, load_settings, parse_target
from harvest.ledger.urllog import label_of
from harvest.run.job import MAX_REQUESTS, MAX_WAIT_S, Job
from harvest.run.keys import Keys, find_keys, sandbox_keys
from harvest.sources.catalogue import SOURCES
from harvest.sources.urllist import UrlList
from harvest.store.outcomes import list_targets
from harvest.store.schema import open_store


@dataclass(frozen=True, slots=True)
class Options:
    """What the command line may say about any run; None leaves it to the settings."""

    max_requests: int | None = None
    """Pictures asked for at once."""
    max_wait: float = MAX_WAIT_S
    """Seconds to wait for limits to end, per source."""
    allow_private: bool = False
    """Ask private addresses too."""
    connect_to: tuple[str, ...] = ()
    """curl's HOST:PORT:HOST2:PORT2."""
    sandbox: str | None = None
    """Origin of a sandbox that stands in for every API and CDN."""
    ignore_robots_tag: bool = False
    """Take pictures whose answer carries `X-Robots-Tag: noai` too."""

    def limits(self) -> Limits:
        """What one picture may cost."""
        return Limits(honour_robots=not self.ignore_robots_tag)

    def outside(self, endpoints: Mapping[str, str], *, allow_private: bool = False) -> Outside:
        """How the network is reached. Raises UsageError for a bad `connect_to`."""
        return Outside(
            endpoints=sandbox_endpoints(self.sandbox) if self.sandbox else endpoints,
            connect_to=tuple(parse_connect_to(text) for text in self.connect_to),
            allow_private=allow_private or self.allow_private,
        )


@dataclass(frozen=True, slots=True)
class UrlOptions:
    """What `harvest urls` may say beside `Options`."""

    best_size: bool = False
    """Try larger sizes of pictures on Twitter's CDN before the line itself."""
    folders: FolderMode = "link"
    """How pictures stand under `images/`."""
    options: Options = field(default_factory=Options)
    """The rest."""


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
        outside=options.outside(settings.endpoints, allow_private=settings.allow_private),
        limits=options.limits(),
        folders=settings.folders,
        max_requests=options.max_requests or settings.max_requests,
        max_wait=options.max_wait,
        settings_text=settings.path.read_text(encoding="utf-8-sig"),
        purpose="winnow harvest run",
    )


def names_job(
    names: Sequence[str], dataset: Path, options: Options, *, max_images: int | None = None
) -> Job:
    """The job of targets named on the command line; a bare name is a Twitter account."""
    targets = tuple(
        replace(parse_target(name if ":" in name else f"twitter:{name}"), max_images=max_images)
        for name in dict.fromkeys(names)
    )
    return Job(
        dataset=dataset,
        targets=targets,
        keys=_keys(options, None, None),
        outside=options.outside({}),
        limits=options.limits(),
        max_requests=options.max_requests or MAX_REQUESTS,
        max_wait=options.max_wait,
        purpose="winnow harvest get",
    )


def logs_job(logs: Sequence[Path], dataset: Path, given: UrlOptions) -> Job:
    """The job of published URL logs, one label each (logs of one label are read in turn).

    Raises UsageError for a log that cannot be read, or whose name makes no label.
    """
    by_label: dict[str, list[Path]] = {}
    for path in logs:
        try:
            path.open("rb").close()
        except OSError as error:
            raise UsageError(
                f"{path}: cannot be read ({error.strerror}); wanted a log with one URL a line"
            ) from None
        by_label.setdefault(check_label(label_of(path)), []).append(path)
    _refuse_case_twins(by_label)
    options = given.options
    return Job(
        dataset=dataset,
        targets=tuple(Target("urls", label, label=label) for label in by_label),
        sources={"urls": UrlList(by_label, best_size=given.best_size)},
        outside=options.outside({}),
        limits=options.limits(),
        folders=given.folders,
        max_requests=options.max_requests or MAX_REQUESTS,
        max_wait=options.max_wait,
        purpose="winnow harvest urls",
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
        ),
        limits=options.limits(),
        folders=settings.folders if settings else "link",
        max_requests=options.max_requests or MAX_REQUESTS,
        max_wait=options.max_wait,
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
    """Every origin of every source mapped to a sandbox. Raises UsageError for a bad address."""
    origin = url.rstrip("/")
    try:
        if origin.count("/") != 2 or any(c in origin for c in "?#"):
            raise BadUrl("not an origin")
        parse_url(origin)
    except BadUrl as error:
        raise UsageError(
            f"--sandbox {url[:80]!r}: {error}; wanted an origin like http://127.0.0.1:8080"
        ) from None
    return {old: origin for source in SOURCES for old in source.origins}


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
        wanted = parse_target(text if ":" in text else f"twitter:{text}")
        found = by_key.get(_fold(wanted))
        if found is None:
            known = ", ".join(target.key for target in targets)
            raise UsageError(f"--only {text}: no such target in the settings; there are {known}")
        chosen[found.key] = found
    return tuple(chosen.values())


def _fold(target: Target) -> str:
    return target.key.casefold() if target.source == "twitter" else target.key


def _refuse_case_twins(labels: Iterable[str]) -> None:
    seen: dict[str, str] = {}
    for label in labels:
        twin = seen.setdefault(label.casefold(), label)
        if twin != label:
            raise UsageError(
                f"the logs' labels {twin!r} and {label!r} differ by case only; rename one log"
            )
