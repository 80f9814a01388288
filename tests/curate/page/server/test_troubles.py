"""When something is amiss: one clear line in the terminal or on the page, and nothing is lost."""

from __future__ import annotations

import errno
import os
import resource
import socket
import sqlite3
import subprocess
import sys

import pytest

from curate.page import server
from harvest.ledger.errors import DataError, StorageFull, UsageError

LABELS = ("--labels", "comic,no_comic", "--no-model")


@pytest.fixture
def data(make, draw):
    """A data set of six pictures, unsorted."""
    for seed in range(6):
        make.add(draw.encode(draw.photo(seed, (64, 48))))
    return make.folder


def run(folder, *words):
    """The command of people, which ends at once; gives its exit code and its words."""
    line = [sys.executable, "-m", "winnow", "curate", "page", str(folder.root), *LABELS, *words]
    # No screen, whatever this machine has.
    screens = ("DISPLAY", "WAYLAND_DISPLAY", "BROWSER")
    env = {name: value for name, value in os.environ.items() if name not in screens}
    ended = subprocess.run(line, capture_output=True, text=True, env=env, timeout=60, check=False)
    return ended.returncode, ended.stdout, ended.stderr


def test_a_second_server_is_refused_by_name(processes, data):
    """One data set has one server; the second one says who holds it, and the first goes on."""
    with processes.command(data) as (process, _):
        code, said, why = run(data, "--port", "0")
        goes_on = process.poll() is None

    assert (code, said) == (4, "")
    assert why.count("\n") == 1
    assert "curate page" in why and str(process.pid) in why
    assert goes_on


def test_a_port_that_is_taken_is_named(data):
    """Where another program listens, one line says so and what to do."""
    with socket.create_server(("127.0.0.1", 0)) as other:
        port = other.getsockname()[1]
        code, said, why = run(data, "--port", str(port))

    assert (code, said) == (2, "")
    assert why.count("\n") == 1
    assert f"127.0.0.1:{port}" in why and "--port" in why


def test_a_data_set_without_pictures_is_no_page(make_another):
    """Nothing to sort is said in the terminal, not on an empty page."""
    empty = make_another("empty")
    empty.add(b"GIF89a", placed=False)
    code, said, why = run(empty.folder, "--port", "0")

    assert (code, said) == (5, "")
    assert why.count("\n") == 1 and "no picture to sort" in why


@pytest.mark.skipif(sys.platform != "linux", reason="limits another process")
def test_a_full_disk_is_told_and_nothing_is_lost(processes, data, person):
    """While nothing can be written the page says why and keeps the answers; then they count."""
    with processes.command(data) as (process, address):
        there = person(address)
        there.look()
        limits = resource.prlimit(process.pid, resource.RLIMIT_FSIZE)
        resource.prlimit(process.pid, resource.RLIMIT_FSIZE, (0, limits[1]))
        first = there.sees()
        there.press("f")
        there.wait(lambda: "make room" in there.text("outbox"))
        before = processes.standing(data)
        resource.prlimit(process.pid, resource.RLIMIT_FSIZE, limits)
        there.sent()
        there.wait(lambda: there.text("outbox") == "")
        after = processes.standing(data)

    assert before == {"comic": set(), "no_comic": set()}
    assert after == {"comic": {first[:8]}, "no_comic": set()}


def caused(error, cause):
    """An error that came of another one."""
    error.__cause__ = cause
    return error


@pytest.mark.parametrize(
    ("error", "status"),
    [
        (StorageFull("full"), 503),
        (OSError(errno.ENOSPC, "full", "x"), 503),
        (PermissionError(errno.EACCES, "no", "x"), 503),
        (OSError(errno.EROFS, "read-only", "x"), 503),
        (caused(UsageError("read-only"), sqlite3.OperationalError("readonly")), 503),
        (UsageError("no such label"), 409),
        (DataError("images: gone"), 500),
    ],
)
def test_what_the_disk_refuses_is_asked_again(error, status):
    """An answer that made no sense is dropped; one that the disk refused is kept by the page."""
    assert server._refusal(error).status == status


def test_what_nobody_meant_is_no_refusal():
    """A fault of ours is none of the person's."""
    assert server._refusal(OSError(errno.EBADF, "bad file")) is None
