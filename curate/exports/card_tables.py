"""The data card's tables, and how a stranger's words are written into Markdown."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Sequence

from curate.exports.inventory import KEPT, Inventory
from curate.store.ends import NOT_IN_LOCK, OVER_QUOTA
from harvest.ledger.manifest import SPLITS

Rows = list[Sequence[object]]

_SPECIAL = re.compile(r"([\\`*_{}\[\]<>()#+!|~&$])")
_ACCOUNTS = 50  # rows; the rest is counted
_STATES = {
    "unsorted": "not sorted yet",
    "removed": "removed by hand",
    "conflict": "label in conflict",
    "not_checked": "not checked yet",
    "unreadable": "cannot be decoded",
    "changed": "edited by accident",
    "missing": "lost",
    "not_placed": "not placed yet",
}
_LEFT_OVER = {
    OVER_QUOTA: "above the quota of the build: in no part",
    NOT_IN_LOCK: "in no part of the lock file that the build follows",
}


def plain(text: str) -> str:
    """Text in which no character means anything to Markdown, on one line."""
    line = "".join(c if c.isprintable() else " " for c in text)
    return _SPECIAL.sub(r"\\\1", line)


def markdown_table(heads: Sequence[str], rows: Rows) -> str:
    """A table; numbers stand on the right. Texts are escaped."""
    right = [bool(rows) and all(isinstance(row[n], int) for row in rows) for n in range(len(heads))]
    lines = [" | ".join(heads), " | ".join("---:" if yes else "---" for yes in right)]
    lines += [" | ".join(_cell(value) for value in row) for row in rows]
    return "\n".join(f"| {line} |" for line in lines)


def _cell(value: object) -> str:
    return f"{value:,}" if isinstance(value, int) else plain(str(value))


def label_rows(inventory: Inventory) -> tuple[Sequence[str], Rows]:
    """Pictures by label and part."""
    counts = Counter(
        (picture.label, inventory.assigned(picture.sha256).part)
        for picture in inventory.selection.pictures
    )
    columns = [part for part in (*SPLITS, "") if any(there == part for _, there in counts)]
    rows: Rows = [
        (label, *(counts[label, part] for part in columns), count)
        for label, count in inventory.selection.counts.items()
    ]
    return ("label", *(part or "in no part" for part in columns), "pictures"), rows


def account_rows(inventory: Inventory) -> tuple[Sequence[str], Rows]:
    """Kept pictures by source and account of their first sighting, most first."""
    counts: Counter[tuple[str, str]] = Counter()
    times: dict[tuple[str, str], list[str]] = {}
    for picture in inventory.selection.pictures:
        first = picture.sightings[0] if picture.sightings else None
        key = (first.source, first.author or "") if first else ("", "")
        counts[key] += 1
        if first and first.posted_at:
            times.setdefault(key, []).append(first.posted_at[:10])
    ordered = sorted(counts, key=lambda key: (-counts[key], key))
    rows: Rows = [
        (*key, counts[key], min(times.get(key, [""])), max(times.get(key, [""])))
        for key in ordered[:_ACCOUNTS]
    ]
    rest = ordered[_ACCOUNTS:]
    if rest:
        rows.append(("", f"{len(rest):,} more", sum(counts[key] for key in rest), "", ""))
    return ("source", "account", "pictures", "first post", "last post"), rows


def left_out_rows(inventory: Inventory) -> tuple[Sequence[str], Rows]:
    """What is not kept or in no part, by check or reason, most first; then what gave no picture."""
    counts: Counter[str] = Counter()
    for entry in inventory.entries():
        if entry.state != KEPT or entry.reason:
            counts[_LEFT_OVER.get(entry.reason) or entry.reason or _STATES[entry.state]] += 1
    rows: Rows = [(why, counts[why]) for why in sorted(counts, key=lambda why: (-counts[why], why))]
    if inventory.same_files:
        rows.append(("same bytes as another file", inventory.same_files))
    for why, count in sorted(inventory.ended.items(), key=lambda one: (-one[1], one[0])):
        rows.append((f"never became a picture: {why}", count))
    return ("check or reason", "pictures, files or addresses"), rows


def target_lines(inventory: Inventory) -> Iterator[str]:
    """Yield what was asked for; folders of somebody's disk are one, without their names."""
    counts: Counter[str] = Counter()
    for target, count in inventory.targets.items():
        source, _, name = target.partition(":")
        tidy = name.replace("`", "'")
        counts["folders" if source == "folder" else f"`{source}:{tidy}`"] += count
    for target, count in counts.items():
        yield f"{target} ({count:,})"
