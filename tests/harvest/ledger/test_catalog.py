"""The catalog: migrations run once, newer ones are refused, a transaction is all or nothing."""

import sqlite3
import subprocess
import sys
from pathlib import Path

import pytest

from harvest.ledger.catalog import MigrationSet, open_catalog
from harvest.ledger.errors import DataError, Locked, StorageFull, UsageError


def make_table(connection: sqlite3.Connection) -> None:
    connection.execute("CREATE TABLE thing(name TEXT NOT NULL)")


def add_one(connection: sqlite3.Connection) -> None:
    connection.execute("INSERT INTO thing VALUES ('by migration')")


def fail(connection: sqlite3.Connection) -> None:
    connection.execute("INSERT INTO thing VALUES ('half done')")
    raise RuntimeError("a bug in a migration")


ONE = MigrationSet("harvest", (make_table,))
TWO = MigrationSet("harvest", (make_table, add_one))


def names(path: Path) -> list[str]:
    with open_catalog(path, [TWO]) as catalog:
        return [row["name"] for row in catalog.connection.execute("SELECT name FROM thing")]


def test_migrations_run_once(tmp_path: Path) -> None:
    """A step that has run is recorded and never runs again; a new one runs at the next opening."""
    path = tmp_path / "catalog.sqlite"
    open_catalog(path, [ONE]).close()
    open_catalog(path, [TWO]).close()

    assert names(path) == ["by migration"]
    assert names(path) == ["by migration"]


def test_two_owners_keep_their_own_count(tmp_path: Path) -> None:
    """curate's steps run beside harvest's, whichever came first."""
    path = tmp_path / "catalog.sqlite"
    open_catalog(path, [ONE]).close()

    with open_catalog(path, [ONE, MigrationSet("curate", (add_one,))]) as catalog:
        rows = catalog.connection.execute("SELECT owner, step, name FROM migration ORDER BY owner")

        assert [tuple(row) for row in rows] == [
            ("curate", 0, "add_one"),
            ("harvest", 0, "make_table"),
        ]


def test_a_newer_schema_is_refused(tmp_path: Path) -> None:
    """A catalog that a newer winnow wrote is not touched: exit 2, and what to do."""
    path = tmp_path / "catalog.sqlite"
    open_catalog(path, [TWO]).close()

    for read_only in (False, True):
        with pytest.raises(UsageError, match=r"newer winnow.*upgrade") as caught:
            open_catalog(path, [ONE], read_only=read_only)
        assert caught.value.exit_code == 2


def test_a_failed_migration_leaves_nothing(tmp_path: Path) -> None:
    """The step and its record are one transaction: the next opening runs it from the start."""
    path = tmp_path / "catalog.sqlite"

    with pytest.raises(RuntimeError, match="a bug"):
        open_catalog(path, [MigrationSet("harvest", (make_table, fail))])

    assert names(path) == ["by migration"]


def test_a_transaction_is_all_or_nothing(tmp_path: Path) -> None:
    """What was written before an error is gone after it, and the next transaction works."""
    with open_catalog(tmp_path / "c.sqlite", [ONE]) as catalog:
        with pytest.raises(KeyError), catalog.transaction() as connection:
            connection.execute("INSERT INTO thing VALUES ('lost')")
            raise KeyError("x")
        with catalog.transaction() as connection:
            connection.execute("INSERT INTO thing VALUES ('kept')")
        rows = catalog.connection.execute("SELECT name FROM thing").fetchall()

        assert [row["name"] for row in rows] == ["kept"]


def test_a_full_disk_is_told_as_such(tmp_path: Path) -> None:
    """SQLite's own `disk is full` becomes StorageFull, and nothing is half written."""
    with open_catalog(tmp_path / "c.sqlite", [ONE]) as catalog:
        pages = catalog.connection.execute("PRAGMA page_count").fetchone()[0]
        catalog.connection.execute(f"PRAGMA max_page_count = {pages + 1}")
        with pytest.raises(StorageFull, match="disk is full"), catalog.transaction() as connection:
            for _ in range(1000):
                connection.execute("INSERT INTO thing VALUES (?)", ("x" * 1000,))
        left = catalog.connection.execute("SELECT COUNT(*) FROM thing").fetchone()[0]

        assert left == 0


@pytest.mark.parametrize("content", [b"not a database, but a long enough text " * 50, b"short"])
def test_what_is_no_catalog_is_refused(tmp_path: Path, content: bytes) -> None:
    """Another file under the catalog's name is a data error and stays as it was."""
    path = tmp_path / "catalog.sqlite"
    path.write_bytes(content)

    with pytest.raises(DataError, match="not a catalog"):
        open_catalog(path, [ONE])

    assert path.read_bytes() == content


def test_a_catalog_that_cannot_be_made_is_a_usage_error(tmp_path: Path) -> None:
    """A path into nowhere: exit 2, one line."""
    with pytest.raises(UsageError, match="cannot be opened"):
        open_catalog(tmp_path / "no" / "folder" / "c.sqlite", [ONE])


def test_a_reader_writes_nothing(tmp_path: Path) -> None:
    """Opened for reading, the catalog refuses every change."""
    path = tmp_path / "what? #1.sqlite"
    open_catalog(path, [ONE]).close()

    with (
        open_catalog(path, [ONE], read_only=True) as catalog,
        pytest.raises(sqlite3.OperationalError, match="readonly"),
    ):
        catalog.connection.execute("INSERT INTO thing VALUES ('x')")


def test_the_pragmas_are_set(tmp_path: Path) -> None:
    """Write-ahead log, foreign keys, and a wait for a busy neighbour."""
    with open_catalog(tmp_path / "c.sqlite", [ONE]) as catalog:
        asked = {
            name: catalog.connection.execute(f"PRAGMA {name}").fetchone()[0]
            for name in ("journal_mode", "foreign_keys", "busy_timeout")
        }

    assert asked["journal_mode"] == "wal"
    assert asked["foreign_keys"] == 1
    assert asked["busy_timeout"] > 0


def test_a_catalog_that_another_program_holds(tmp_path: Path) -> None:
    """It is busy, not broken: exit code 4, and no advice to restore anything."""
    path = tmp_path / "catalog.sqlite"
    with open_catalog(path, [MigrationSet("a", ())]) as catalog:
        catalog.connection.execute("PRAGMA busy_timeout = 0")
        other = sqlite3.connect(path, isolation_level=None)
        other.execute("BEGIN IMMEDIATE")

        with pytest.raises(Locked, match="another program holds it"), catalog.transaction():
            pass

        other.execute("ROLLBACK")
        other.close()


def test_a_catalog_that_may_not_be_written(tmp_path: Path) -> None:
    """Opened for reading alone, a write is a usage error, not a traceback."""
    path = tmp_path / "catalog.sqlite"
    open_catalog(path, [MigrationSet("a", ())]).close()

    with open_catalog(path, [MigrationSet("a", ())], read_only=True) as catalog:
        refused = pytest.raises(UsageError, match="no permission to write")
        with refused, catalog.transaction() as connection:
            connection.execute("CREATE TABLE t(x)")


@pytest.mark.parametrize("read_only", [False, True])
def test_emptied_catalog_beside_pictures(tmp_path: Path, read_only: bool) -> None:
    """A catalog of 0 bytes is a torn copy where pictures stand beside it, and is not begun anew."""
    path = tmp_path / "catalog.sqlite"
    path.touch()
    (tmp_path / "raw/ab").mkdir(parents=True)
    (tmp_path / "raw/ab/abcd.png").write_bytes(b"a picture")

    with pytest.raises(DataError, match=r"0 bytes.*restore a copy, or remove it"):
        open_catalog(path, [ONE], read_only=read_only)
    assert path.stat().st_size == 0


def test_empty_catalog_without_pictures(tmp_path: Path) -> None:
    """What a run leaves that was killed at its very start is no obstacle to the next one."""
    path = tmp_path / "catalog.sqlite"
    path.touch()
    (tmp_path / "raw/.parts").mkdir(parents=True)

    assert names(path) == ["by migration"]


READ = """
import resource, signal, sys
from pathlib import Path
from harvest.ledger.catalog import open_catalog
signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
resource.setrlimit(resource.RLIMIT_FSIZE, (0, 0))
with open_catalog(Path(sys.argv[1]), [], read_only=True) as catalog:
    print(catalog.connection.execute("SELECT COUNT(*) FROM thing").fetchone()[0])
"""


def test_reading_needs_no_room(tmp_path: Path) -> None:
    """Where not one byte can be written, as on a full disk, a catalog at rest can be read."""
    path = tmp_path / "catalog.sqlite"
    open_catalog(path, [TWO]).close()
    words = [sys.executable, "-c", READ, str(path)]
    done = subprocess.run(words, capture_output=True, text=True, check=False)

    assert (done.stdout, done.stderr) == ("1\n", "")


def test_reading_what_is_not_whole(tmp_path: Path) -> None:
    """With commits in its log alone, a catalog that cannot be read there is one clear error."""
    path = tmp_path / "catalog.sqlite"
    open_catalog(path, [TWO]).close()
    path.with_name("catalog.sqlite-wal").write_bytes(b"commits")
    words = [sys.executable, "-c", READ, str(path)]
    done = subprocess.run(words, capture_output=True, text=True, check=False)

    assert "StorageFull" in done.stderr
    assert "make room" in done.stderr.splitlines()[-1]


@pytest.mark.parametrize("query", ["SELECT * FROM lost", "SELECT lost FROM migration"])
def test_a_lost_table_or_column_is_one_line_that_names_the_catalog(tmp_path, query: str) -> None:
    """Whatever asks for it: exit code 5, and no traceback."""
    path = tmp_path / "catalog.sqlite"
    with pytest.raises(DataError) as caught, open_catalog(path, [ONE]) as catalog:
        catalog.connection.execute(query)

    assert str(caught.value).startswith(f"{path}: ")
    assert "restore a copy" in str(caught.value)


def test_a_fault_of_our_own_sql_stays_a_bug(tmp_path) -> None:
    """Only what a person can mend is put into words."""
    with (
        pytest.raises(sqlite3.OperationalError),
        open_catalog(tmp_path / "catalog.sqlite", [ONE]) as catalog,
    ):
        catalog.connection.execute("SELEKT 1")
