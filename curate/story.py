"""`curate log`: the history of a picture, or the last decisions of a data set, to be told.

Nothing is written, and what people have moved since the last sync is told as where files are now.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import PurePath

from curate.conflicts import Standing, find_conflicts
from curate.differ import find_picture
from curate.history import Batch, batches, words_of
from curate.labels import Clock, read_hands, utc_now
from curate.store.decisions import UNDO, Decision, read_decisions
from curate.store.ends import named, read_ended, read_left_over, read_same_files
from curate.store.facts import Seen, read_provenance
from curate.store.opinions import Membership, read_checked, read_clusters, read_verdicts
from curate.store.schema import open_store
from harvest.ledger.errors import UsageError
from harvest.ledger.folder import IMAGES, DatasetFolder

_NAMED = 5  # files of one name, before the rest is left out
_LEFT = "left where it stands, for the checks to judge"


@dataclass(frozen=True, slots=True)
class Line:
    """One line of a story."""

    head: str
    """What it is about, or when it was."""
    words: str
    """What there is to say."""


@dataclass(frozen=True, slots=True)
class Story:
    """All that is known of one picture."""

    sha256: str
    """The picture; empty for a file or an address that gave none."""
    lines: tuple[Line, ...]
    """Where it is, where it came from, what checks said, its group, its decisions."""

    def record(self) -> dict[str, object]:
        """The same for machines."""
        lines = [{"head": line.head, "words": line.words} for line in self.lines]
        return {"sha256": self.sha256, "lines": lines}


def tell_story(folder: DatasetFolder, name: str, *, clock: Clock = utc_now) -> Story:
    """Tell of the picture of this name. Raises as `find_picture`, and as `labels.sync` does."""
    with open_store(folder, read_only=True) as catalog:
        standing, _ = read_hands(catalog, folder, clock, dry_run=True)
        provenance, clusters = read_provenance(catalog), read_clusters(catalog)
        same, left_over = read_same_files(catalog), read_left_over(catalog)
        names = _names(provenance, same)
        ended = [
            Line(one.status, f"{one.name}: {one.words}") for one in named(read_ended(catalog), name)
        ]
        try:
            sha256 = _find(standing, names, name)
        except UsageError:
            if not ended or name in names:
                raise
            return Story("", tuple(ended))
        lines = [Line("now in", f"{IMAGES}/{p.path}") for p in standing.places.get(sha256, ())]
        if not lines:
            lines.append(Line("now in", "raw/ only: it does not stand below images/"))
        if sha256 in standing.raw.lost:
            lines.append(Line("bytes", "not in raw/ any more: harvest it again"))
        conflict = find_conflicts(standing, provenance, clusters).get(sha256)
        if conflict is not None:
            lines.append(Line("conflict", conflict))
        lines += [Line("seen", _seen(each)) for each in provenance.get(sha256, ())]
        lines += [
            Line("same", f"as the file {file}, byte for byte") for file in same.get(sha256, ())
        ]
        if sha256 in left_over:
            words = left_over[sha256].replace("_", " ")
            lines.append(Line("build", f"left out of the build that stands: {words}"))
        when = read_checked(catalog)
        for verdict in read_verdicts(catalog).get(sha256, ()):
            if verdict.flagged or verdict.warned:
                word = "set aside" if verdict.flagged else "warned of"
                words = f"{verdict.check}: {word}: {verdict.reason}"
                lines.append(Line("check", f"{words} ({when})" if when else words))
        lines += _group(sha256, clusters)
        lines += [_told(decision) for decision in read_decisions(catalog).get(sha256, ())]
        return Story(sha256, (*lines, *ended))


def tell_batches(folder: DatasetFolder) -> list[Batch]:
    """All decisions in batches, oldest first."""
    with open_store(folder, read_only=True) as catalog:
        return batches(d for some in read_decisions(catalog).values() for d in some)


def summary_of(batch: Batch) -> str:
    """What a batch did, in one line: how many pictures went from where to where."""
    ways = Counter(
        f"{words_of(d.before)} -> {words_of(d.after)}" if d.before != d.after else _LEFT
        for d in batch.decisions
    )
    return ", ".join(f"{n} {way}" for way, n in sorted(ways.items(), key=lambda i: (-i[1], i[0])))


def _names(
    provenance: Mapping[str, Sequence[Seen]], same: Mapping[str, Sequence[str]]
) -> dict[str, set[str]]:
    """Name of a file in the folder that it came from, with folders and without -> pictures."""
    found: dict[str, set[str]] = {}
    files = [(s, seen.file) for s, some in provenance.items() for seen in some if seen.file]
    for sha256, file in (*files, *((s, file) for s, some in same.items() for file in some)):
        for name in (file, PurePath(file).name):
            found.setdefault(name, set()).add(sha256)
    return found


def _find(standing: Standing, names: Mapping[str, set[str]], name: str) -> str:
    """As `find_picture`; also by the name that the file had in the folder that it came from."""
    try:
        return find_picture(standing, name)
    except UsageError:
        former = names.get(name, set())
        if len(former) > 1:
            whole = sorted(n for n, s in names.items() if s & former and n.endswith(f"/{name}"))
            some = ", ".join(whole[:_NAMED])
            raise UsageError(
                f"{name!r}: {len(former)} pictures came from files of that name; wanted one of"
                f" them: {some}{', …' if len(whole) > _NAMED else ''}"
            ) from None
        if not former:
            raise
        return next(iter(former))


def _seen(seen: Seen) -> str:
    where = f"{seen.source}: {seen.post_url or seen.post_id}"
    words = [where if seen.source != "folder" or seen.post_url else "put in from a folder"]
    words += [f"as the file {seen.file}"] if seen.file else []
    words += [f"by {seen.author}"] if seen.author else []
    words += [f"on {seen.posted_at}"] if seen.posted_at else []
    words += [f"as {seen.url}"] if seen.url else []
    words += [f"{target} says {label}" for target, label in seen.labels]
    return ", ".join(words)


def _group(sha256: str, clusters: dict[str, Membership]) -> list[Line]:
    member = clusters.get(sha256)
    if member is None:
        return []
    if member.keeper != sha256:
        return [Line("group", f"a duplicate of {member.keeper[:8]}, which is kept in its place")]
    others = sorted(s[:8] for s, m in clusters.items() if m.keeper == sha256 and s != sha256)
    return [Line("group", f"kept in the place of its duplicates {', '.join(others)}")] * bool(
        others
    )


def _told(d: Decision) -> Line:
    if d.before == d.after:
        what = f"{_LEFT}, in {words_of(d.after)}"
    else:
        what = f"{words_of(d.before)} -> {words_of(d.after)}"
    by = "" if d.hand or d.how == UNDO else "machine, "
    return Line(d.at, f"#{d.number} {d.who} ({by}{d.how}): {what}: {d.why}")
