"""Facts are taken once: across runs, kills, new files and new versions."""

from __future__ import annotations

import hashlib
import os
import signal
import sqlite3
import subprocess
import sys
import time
from collections.abc import Iterator

import pytest
from PIL import Image

from curate import measuring
from curate.crew import Limits
from curate.run import check
from curate.settings import ChecksSettings
from curate.store.opinions import read_measures
from curate.store.schema import CURATE, open_store
from harvest.ledger.catalog import MigrationSet, open_catalog
from harvest.ledger.fingerprint import HASH_VERSION
from harvest.store.schema import HARVEST

ALONE = ChecksSettings.model_validate({"near_duplicate": False})


class Listener:
    """A progress that remembers what was said."""

    def __init__(self) -> None:
        self.notes: list[str] = []
        self.totals: list[int | None] = []
        self.done: list[str] = []

    def total(self, n: int | None) -> None:
        self.totals.append(n)

    def note(self, line: str) -> None:
        self.notes.append(line)

    def advance(self, outcome: str = "done", n: int = 1) -> None:
        self.done += [outcome] * n


def measures(make) -> dict[str, tuple[object, ...]]:
    with sqlite3.connect(make.folder.catalog) as sql:
        return {row[0]: row for row in sql.execute("SELECT * FROM measure ORDER BY sha256")}


def test_measures_of_another_version_are_taken_anew_and_said(draw, make) -> None:
    """A drift is noticed, told in one line with numbers, and never mixed."""
    hashes = [make.add(draw.encode(draw.photo(n))) for n in range(5)]
    check(make.folder, ALONE)
    right = measures(make)
    with sqlite3.connect(make.folder.catalog) as sql:
        sql.execute(
            "UPDATE measure SET hash_version = 'phash-9/pillow8', phash64 = 'ffffffffffffffff'"
            " WHERE sha256 IN (?, ?)",
            hashes[:2],
        )
    with open_store(make.folder) as catalog:
        readable = set(read_measures(catalog, HASH_VERSION))
    said = Listener()
    again = check(make.folder, ALONE, progress=said)

    assert readable == set(hashes[2:])
    assert again.decoded == 2
    assert said.totals == [2]
    assert said.notes == [
        f"2 pictures were measured by phash-9/pillow8; now by {HASH_VERSION}, all anew"
    ]
    assert measures(make) == right


def test_a_catalog_of_an_older_winnow_is_measured_anew(draw, make, tmp_path) -> None:
    """Its tables are brought up to date; what it measured has another version, so it is said."""
    sha256 = make.add(draw.encode(draw.photo(1)))
    check(make.folder, ALONE)
    right = measures(make)
    tables = "SELECT name FROM sqlite_master WHERE type = 'table'"
    with open_catalog(tmp_path / "harvest.sqlite", [HARVEST]) as bare:
        harvests = {row["name"] for row in bare.connection.execute(tables)}
    with sqlite3.connect(make.folder.catalog) as sql:
        for (table,) in sql.execute(tables).fetchall():
            if table not in harvests:
                sql.execute(f"DROP TABLE {table}")
        sql.execute("DELETE FROM migration WHERE owner = 'curate'")
    first = MigrationSet("curate", CURATE.steps[:1])
    with open_catalog(make.folder.catalog, [HARVEST, first]) as old:
        old.connection.execute(
            "INSERT INTO measure VALUES (?, 'phash-draft256-1/pillow11', 'image/jpeg', 1, 2, 3,"
            " 'RGB', 1, 1, 'aa', 'bb', 1.0, 0.5, 9.0, '', '')",
            (sha256,),
        )
    said = Listener()
    found = check(make.folder, ALONE, progress=said)

    assert found.decoded == 1
    assert "1 pictures were measured by phash-draft256-1/pillow11" in said.notes[0]
    assert measures(make) == right


CHECK = """
import sys
from pathlib import Path
import winnow
if __name__ == "__main__":
    sys.exit(winnow.main(["curate", "check", sys.argv[1], "--workers", "1", "--json"]))
"""


def test_a_check_that_is_killed_hard_goes_on_where_it_was(draw, make, tmp_path) -> None:
    """SIGKILL in the middle: what was written stays, the rest is done, workers do not linger."""
    hashes = [make.add(draw.encode(draw.photo(n, (60, 50)))) for n in range(79)]
    # The last one in order takes its time: the kill finds the run at work.
    slow = draw.encode(Image.new("L", (8000, 5000)), "PNG", compress_level=1)
    hashes.append(make.add(next(d for d in _with_tails(slow) if _sha256(d) > max(hashes))))
    script = tmp_path / "killed.py"
    script.write_text(CHECK)
    found = subprocess.Popen([sys.executable, script, make.folder.root])
    deadline = time.monotonic() + 60
    while len(measures_if_any(make)) < 64 and time.monotonic() < deadline:
        time.sleep(0.01)
    found.send_signal(signal.SIGKILL)
    found.wait()
    kept = len(measures(make))
    rest = check(make.folder, ALONE)

    assert kept == 64
    assert rest.decoded == 80 - 64
    assert measures(make).keys() == set(hashes)


def _sha256(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()


def _with_tails(data: bytes) -> Iterator[bytes]:
    return (data + bytes([n % 256, n // 256]) for n in range(2**16))


def measures_if_any(make) -> dict[str, tuple[object, ...]]:
    try:
        return measures(make)
    except sqlite3.OperationalError:  # no table yet, or just being written
        return {}


def test_groups_bound_what_a_kill_costs(draw, make, monkeypatch) -> None:
    """Facts are written as they come, not at the end."""
    written = []
    real = measuring.save_measures
    monkeypatch.setattr(
        measuring, "save_measures", lambda c, some: (written.append(len(some)), real(c, some))
    )
    for n in range(70):
        make.add(draw.encode(draw.photo(n, (70, 70))))
    check(make.folder, ALONE)

    assert written == [64, 6]


def test_a_picture_that_hangs_is_set_aside_as_corrupt(draw, make, monkeypatch) -> None:
    """The check ends, the others have their facts, the reason stands in the catalog."""
    good = make.add(draw.encode(draw.comic(1)))
    bad = make.add(draw.encode(draw.comic(2)))
    raw = make.folder.raw_path(bad, "jpg")
    with open_store(make.folder) as catalog:
        from curate.labels import read_hands, utc_now

        standing, _ = read_hands(catalog, make.folder, utc_now)
        raw.unlink()
        os.mkfifo(raw)
        done = list(
            measuring.measuring(catalog, make.folder, standing, limits=Limits(1, seconds=0.7))
        )
    faults = {facts.sha256: facts.fault for facts in done}
    verdict = next(ALONE.enabled()).judge(next(f for f in done if f.fault))

    assert faults == {good: "", bad: "too_slow"}
    assert (verdict.check, verdict.flagged) == ("corrupt", True)
    assert "not decoded within 0.7 seconds" in verdict.reason


@pytest.mark.parametrize("warned", [True, False])
def test_warnings_stay_and_are_counted(draw, make, warned: bool) -> None:
    """A check that warns moves nothing; its verdict is in the catalog, told from a rejection."""
    sha256 = make.add(draw.encode(draw.photo(1, (960, 90))))
    action = "warn" if warned else "reject"
    settings = {"odd_aspect": {"action": action}, "too_small": False, "light": False}
    found = check(make.folder, ChecksSettings.model_validate(settings))
    with sqlite3.connect(make.folder.catalog) as sql:
        row = sql.execute(
            "SELECT flagged, warned, reason FROM verdict WHERE check_name = 'odd_aspect'"
        ).fetchone()
    counted, other = (found.warned, found.flagged) if warned else (found.flagged, found.warned)

    assert counted == {"odd_aspect": 1}
    assert other == {}
    assert row == (not warned, warned, "960 x 90: 10.7 : 1, over 8 : 1")
    assert make.tree() == {"_unsorted" if warned else "_rejected/odd_aspect": {sha256}}


def test_every_verdict_is_kept_with_its_score(draw, make) -> None:
    """Of those that find nothing too, and of the check that compares pictures."""
    kept = make.add(draw.encode(draw.photo(1)))
    twin = make.add(draw.encode(draw.photo(1), quality=50))
    check(make.folder)
    with sqlite3.connect(make.folder.catalog) as sql:
        rows = sql.execute("SELECT sha256, check_name, score, flagged FROM verdict").fetchall()
    names = {one.name for one in ChecksSettings().enabled()} | {"near_duplicate"}
    flagged = {(sha256, name) for sha256, name, _, flag in rows if flag}
    sides = {score for _, name, score, _ in rows if name == "odd_aspect"}

    assert {(sha256, name) for sha256, name, _, _ in rows} == {
        (sha256, name) for sha256 in (kept, twin) for name in names
    }
    assert flagged == {(twin, "near_duplicate")}
    assert sides == {480 / 360}
