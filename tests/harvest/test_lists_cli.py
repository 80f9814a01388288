"""Lists on the command line: through a pipe, with named columns, hostile, and very long."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from harvest.sandbox.server import Sandbox, running_sandbox
from harvest.sandbox.world import World

PLACE = "http://pictures.example"
MOST_BYTES = 250 * 10**6
# What wait4(2) tells of a child's memory begins with its parent's; /proc tells its own.
MEASURED = """
from pathlib import Path
import sys
from winnow import main
try:
    sys.exit(main())
finally:
    Path("status").write_text(Path("/proc/self/status").read_text())
"""


@pytest.fixture(scope="module")
def sandbox() -> Iterator[Sandbox]:
    """A CDN that has a picture for every path."""
    with running_sandbox(World.build(pictures=1), answer_all=True) as running:
        yield running


@dataclass(frozen=True)
class Done:
    """What a command said, and what it cost."""

    code: int
    out: str
    err: str
    peak: int


def winnow(folder: Path, sandbox: Sandbox, *words: str, given: bytes = b"") -> Done:
    """Run `winnow harvest urls …` in a folder, against the sandbox."""
    port = sandbox.url.rpartition(":")[2]
    mirror = ["--connect-to", f"pictures.example:80:127.0.0.1:{port}", "--allow-private"]
    command = [sys.executable, "-c", MEASURED, "harvest", "urls", *words, "-o", "set", *mirror]
    done = subprocess.run(command, cwd=folder, input=given, capture_output=True, check=False)
    peak = re.search(r"VmHWM:\s+(\d+) kB", (folder / "status").read_text())
    assert peak is not None
    return Done(
        done.returncode, done.stdout.decode(), done.stderr.decode(), 1024 * int(peak.group(1))
    )


def test_a_pipe(sandbox: Sandbox, tmp_path: Path) -> None:
    """A table through standard input, its columns named; its pictures stand under its labels."""
    table = f"id\tsee\tkind\n1\t{PLACE}/a.jpg\tink\n2\t{PLACE}/b.jpg\toil\n".encode()
    words = ("-", "--url-column", "see", "--label-column", "kind", "--json")
    done = winnow(tmp_path, sandbox, *words, given=table)

    assert done.code == 0, done.err
    assert json.loads(done.out)["targets"]["urls:stdin"]["saved"] == 2
    assert {path.name for path in (tmp_path / "set/images").iterdir()} == {"ink", "oil"}


@pytest.mark.parametrize(
    ("given", "code", "said"),
    [
        (("x.csv", b"a,b\n1,2\n"), 2, "no column of a name like url"),
        (("x.log", bytes(range(256)) * 9), 2, "not text"),
        (("x.log.gz", b"\x1f\x8b\x08" + bytes(99)), 5, "cannot be unpacked"),
    ],
)
def test_unusable_lists(
    sandbox: Sandbox, tmp_path: Path, given: tuple[str, bytes], code: int, said: str
) -> None:
    """One line that begins with the list's name, an exit code, and no data set."""
    name, data = given
    (tmp_path / name).write_bytes(data)
    done = winnow(tmp_path, sandbox, name)
    (line,) = done.err.splitlines()

    assert done.code == code
    assert line.startswith(f"winnow: error: {name}: ")
    assert said in line
    assert not (tmp_path / "set").exists()


@pytest.mark.parametrize("lines", [3000, pytest.param(1_000_000, marks=pytest.mark.soak)])
def test_a_long_list(sandbox: Sandbox, tmp_path: Path, lines: int) -> None:
    """Memory does not grow with the list; each address is asked for once, the second run asks none.

    Most lines are refused without a request, so that the list and not the server is tested.
    """
    every = lines // 300
    with (tmp_path / "long.csv").open("w") as out:
        out.write("url,label,text\n")
        for number in range(lines):
            kind = f"{PLACE}/faults/404?key=" if number % every == 0 else "ftp://pictures.example/"
            out.write(f"{kind}{number:030},label {number % 7},words of some length\n")
    sandbox.requests.clear()
    first = winnow(tmp_path, sandbox, "long.csv", "--json")
    asked = len(sandbox.requests)
    second = winnow(tmp_path, sandbox, "long.csv", "--json")

    assert first.code == second.code == 0, first.err
    assert asked == len(sandbox.requests) == len(range(0, lines, every))
    assert max(first.peak, second.peak) < MOST_BYTES
    for done, word in ((first, "refused"), (second, "known")):
        counts = json.loads(done.out)["targets"]["urls:long"]
        assert counts["seen"] == lines
        assert counts[word] >= lines - asked
