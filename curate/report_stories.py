"""The story of each picture, for a report: whence, what, why, where it is now."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence

from curate.report_state import State
from curate.store.facts import Seen
from harvest.ledger import html
from harvest.ledger.html import Html

_MOST_SEEN = 6
_MOST_ALIKE = 12
_MOST_DECISIONS = 8
_MOST_TAGS = 12


def anchors(pictures: Sequence[str]) -> dict[str, str]:
    """A short name for each picture (sha256), the same in every report that shows it.

    The first eight digits stand alone in it: by those a take-down finds reports.
    """
    names: dict[str, str] = {}
    taken: set[str] = set()
    for sha256 in sorted(pictures):
        name = f"p{sha256[:8]}"
        names[sha256] = name if name not in taken else f"{name}-{sha256[8:16]}"
        taken.add(name)
    return names


class Stories:
    """Tells what is known of a picture; `to` gives the address of another picture's story."""

    def __init__(self, state: State, to: Callable[[str], str]) -> None:
        self._state = state
        self._to = to
        self._labels = state.labels

    def caption(self, sha256: str) -> str:
        """One line: what it is called, its size."""
        facts = self._state.measures.get(sha256)
        size = f" {facts.width} × {facts.height}" if facts is not None and facts.width else ""
        return f"{sha256[:8]}{size}"

    def alt(self, sha256: str) -> str:
        """What stands for the picture where it is not seen: its label, and what it is called."""
        files = (seen.file for seen in self._state.provenance.get(sha256, ()) if seen.file)
        label = self._labels.get(sha256) or "not in the data set"
        return f"{label}: {next(files, sha256[:8])}"

    def flag(self, sha256: str) -> str:
        """What is wrong with it; empty for most."""
        remarks = self._state.remarks(sha256)
        if self._state.stays(sha256):
            return "stays, placed by hand: " + ", ".join(v.check for v in remarks if v.flagged)
        if sha256 in self._state.selection.conflicts:
            return "conflict"
        words = [v.check for v in remarks if v.flagged]
        if not words and sha256 in self._labels and sha256 in self._state.left_over:
            words = [self._state.left_over[sha256].replace("_", " ")]
        return ", ".join(words or [f"warned: {v.check}" for v in remarks])

    def linked(self, sha256: str, text: object = "") -> Html:
        """A link to the story of another picture."""
        if sha256 not in self._state.standing.images:
            return html.escape(f"{sha256[:8]} (forgotten)")
        return html.link(text or sha256[:8], self._to(sha256))

    def story(self, sha256: str) -> Html:
        """All of it, one line a thing."""
        return Html("\n".join(f"<b>{name}</b> {html.escape(s)}" for name, s in self._rows(sha256)))

    def _rows(self, sha256: str) -> Iterator[tuple[str, object]]:
        yield "now", self._now(sha256)
        places = self._state.standing.places.get(sha256, ())
        if places:
            yield "file", ", ".join(place.path for place in places)
        yield "is", self._facts(sha256)
        yield from (("seen", line) for line in self._seen(sha256))
        if same := self._state.same_files.get(sha256):
            yield "same bytes", _some(same, _MOST_SEEN)
        if tags := self._state.tags.get(sha256):
            yield "tags", _some(tags, _MOST_TAGS)
        if alike := self._alike(sha256):
            yield "same", alike
        verdicts = self._state.verdicts.get(sha256, ())
        for verdict in self._state.remarks(sha256):
            word = "set aside" if verdict.flagged else "warned"
            yield word, f"{verdict.check} {verdict.score:.4g}: {verdict.reason}"
        passed = [f"{v.check} {v.score:.4g}" for v in verdicts if not (v.flagged or v.warned)]
        if passed:
            yield "passed", ", ".join(passed)
        decisions = self._state.decisions.get(sha256, ())
        for one in decisions[-_MOST_DECISIONS:]:
            where = f"{_folders(one.before)} → {_folders(one.after)}"
            yield "moved", f"{one.at[:16].replace('T', ' ')} by {one.who}: {where}: {one.why}"
        yield "sha256", sha256

    def _now(self, sha256: str) -> str:
        label = self._labels.get(sha256)
        if label is None:
            why = self._state.selection.reasons.get(sha256, "").replace("_", " ")
            conflict = self._state.selection.conflicts.get(sha256)
            return f"not in the data set: {conflict or why}"
        part = self._state.split.get(sha256)
        built = self._state.built.get(sha256)
        other = f", built as {built.label}" if built and built.label != label else ""
        left = self._state.left_over.get(sha256, "").replace("_", " ")
        where = part.part if part else f"left out of the build: {left}" if left else "in no build"
        return f"in the data set as {label}, {where}{other}"

    def _facts(self, sha256: str) -> str:
        facts = self._state.measures.get(sha256)
        stored = self._state.standing.images[sha256].image
        form = stored.media_type.removeprefix("image/")
        head = f"{form}, {stored.n_bytes:,} bytes"
        if facts is None:
            return f"{head}; not checked yet"
        if facts.fault:
            return f"{head}; {facts.fault}: {facts.detail}"
        frames = f", {facts.frames} frames" if facts.frames > 1 else ""
        return (
            f"{facts.width} × {facts.height} {head}, {facts.mode}{frames}; brightness"
            f" {facts.brightness:.0f}, deviation {facts.deviation:.0f}, blur {facts.blur:.0f}"
        )

    def _seen(self, sha256: str) -> Iterator[Html]:
        every = self._state.provenance.get(sha256, ())
        yield from map(_sighting, every[:_MOST_SEEN])
        if len(every) > _MOST_SEEN:
            yield html.escape(f"in {len(every) - _MOST_SEEN:,} more places")

    def _alike(self, sha256: str) -> Html:
        member = self._state.clusters.get(sha256)
        others = self._state.groups.get(sha256, ())
        if others:
            shown = ", ".join(self.linked(other) for other in others[:_MOST_ALIKE])
            rest = len(others) - _MOST_ALIKE
            return Html(f"stands for {shown}{f' and {rest:,} more' if rest > 0 else ''}")
        if member is not None and member.keeper != sha256:
            return Html(f"{self.linked(member.keeper)} stands for it")
        if member is not None and member.kin != sha256:
            return Html(f"kept beside {self.linked(member.kin)}, in the same part")
        return Html("")


def _sighting(seen: Seen) -> Html:
    when = (seen.posted_at or "")[:16].replace("T", " ")
    who = f"@{seen.author}" if seen.author else ""
    told = ", ".join(f"{target} says {label}" for target, label in seen.labels)
    file = f"as the file {seen.file}" if seen.file else ""
    words = [html.escape(word) for word in (when, seen.source, who, file) if word]
    if seen.post_url:
        words.append(html.outside("post", seen.post_url))
    if seen.url:
        words.append(html.outside("address", seen.url))
    return html.join((Html(" ".join(words)), html.escape(f"; {told}" if told else "")))


def _folders(folders: frozenset[str]) -> str:
    return " and ".join(sorted(folders)) or "nowhere"


def _some(words: Sequence[str], most: int) -> str:
    rest = len(words) - most
    return ", ".join(words[:most]) + (f" and {rest:,} more" if rest > 0 else "")
