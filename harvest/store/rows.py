"""Sightings and outcomes as rows of the catalog, and back."""

from __future__ import annotations

import json
import sqlite3
from datetime import UTC, datetime

from harvest.ledger.records import Image, Outcome, Sighting, Status

COLUMNS = (
    "source, post_id, media_index, url, best_urls, fallback_urls, post_url, author,"
    " posted_at, tags, alt_text, text, sensitive"
)
"""What a sighting is made of; its end (status, reason, …) stands beside it."""

Value = str | int | None


def write_sighting(sighting: Sighting) -> tuple[Value, ...]:
    """Values in the order of `COLUMNS`."""
    return (
        sighting.source,
        sighting.post_id,
        sighting.media_index,
        sighting.url,
        _write_texts(sighting.best_urls),
        _write_texts(sighting.fallback_urls),
        sighting.post_url,
        sighting.author,
        _write_time(sighting.posted_at),
        _write_texts(sighting.tags),
        sighting.alt_text,
        sighting.text,
        int(sighting.sensitive),
    )


def read_sighting(row: sqlite3.Row) -> Sighting:
    """The sighting of a row that has `COLUMNS`."""
    return Sighting(
        source=row["source"],
        post_id=row["post_id"],
        media_index=row["media_index"],
        url=row["url"],
        best_urls=_read_texts(row["best_urls"]),
        fallback_urls=_read_texts(row["fallback_urls"]),
        post_url=row["post_url"],
        author=row["author"],
        posted_at=_read_time(row["posted_at"]),
        tags=_read_texts(row["tags"]),
        alt_text=row["alt_text"],
        text=row["text"],
        sensitive=bool(row["sensitive"]),
    )


def known(sighting: Sighting, row: sqlite3.Row, reason: str) -> Outcome:
    """The outcome of a sighting that is not asked for; the picture it once gave comes along."""
    image = None
    if row["sha256"] is not None:
        image = Image(row["sha256"], row["media_type"], row["n_bytes"])
    return Outcome(
        sighting,
        Status.KNOWN,
        image,
        reason or f"was_{row['status']}",
        row["detail"],
        row["final_url"],
    )


def now_text() -> str:
    """The present, as the catalog writes times: ISO 8601, UTC."""
    return datetime.now(UTC).isoformat(timespec="seconds")


def _write_texts(texts: tuple[str, ...]) -> str | None:
    return json.dumps(texts, ensure_ascii=False) if texts else None


def _read_texts(text: str | None) -> tuple[str, ...]:
    return tuple(json.loads(text)) if text else ()


def _write_time(moment: datetime | None) -> str | None:
    return moment.astimezone(UTC).isoformat() if moment is not None else None


def _read_time(text: str | None) -> datetime | None:
    return datetime.fromisoformat(text) if text else None
