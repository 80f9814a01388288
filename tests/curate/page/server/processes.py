"""`winnow curate page` as a process, with a model that learns mean colours, and what it leaves."""

from __future__ import annotations

import contextlib
import hashlib
import subprocess
import sys
from pathlib import Path

__all__ = ["command", "port_of", "standing", "tree"]

_PLAIN = "import sys; from curate.cli import paging; paging.group(sys.argv[1:])"
_LEARNING = f"""
import importlib.util, sys
spec = importlib.util.spec_from_file_location("colours", {str(Path(__file__).parents[1])!r}
    + "/colours.py")
colours = sys.modules["colours"] = importlib.util.module_from_spec(spec)
spec.loader.exec_module(colours)
from curate.cli import paging
paging.group(sys.argv[1:], obj=colours.MeanColour)
"""


@contextlib.contextmanager
def command(folder, port=0, *, labels="comic,no_comic", learning=False):
    """The command as a process, until it is told to end; gives the process and the address."""
    words = ["page", str(folder.root), "--labels", labels, "--no-browser", "--as", "ada"]
    process = subprocess.Popen(
        [sys.executable, "-c", _LEARNING if learning else _PLAIN, *words, "--port", str(port)],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    try:
        yield process, process.stdout.readline().strip()
    finally:
        process.terminate()
        process.communicate()


def port_of(address):
    """The port in the address that a server prints."""
    return int(address.split(":")[2].split("/")[0])


def standing(folder, labels=("comic", "no_comic")):
    """Label -> names of the pictures in its folder."""
    return {
        label: {p.name.rpartition("_")[2][:8] for p in (folder.images / label).glob("*")}
        for label in labels
    }


def tree(folder):
    """sha256 -> folders below `images/` in which the picture's bytes stand."""
    found = {}
    for path in folder.images.rglob("*"):
        if path.is_file():
            sha256 = hashlib.sha256(path.read_bytes()).hexdigest()
            found.setdefault(sha256, set()).add(path.parent.relative_to(folder.images).as_posix())
    return found
