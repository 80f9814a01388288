"""The peers' environments: made by venv and pip on first use, one folder each."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from importlib import metadata
from pathlib import Path

_RECIPES: Mapping[str, tuple[tuple[str, ...], ...]] = {
    "cleanvision": (("cleanvision",),),
    "faiss-cpu": (("faiss-cpu", "numpy>=2"),),
    # Its own requirements bring several gigabytes of torch, which its hashes do not touch.
    "imagededup": (
        ("--no-deps", "imagededup"),
        ("numpy", "pillow", "tqdm", "scikit-learn", "PyWavelets", "matplotlib", "scipy"),
    ),
}
PEERS = tuple(_RECIPES)
"""Packages that winnow is compared with and does not depend on."""
_LIBRARIES = ("numpy", "pillow", "imagehash")


@dataclass(frozen=True, slots=True)
class Home:
    """An environment that something runs in."""

    python: str
    """Its interpreter."""
    versions: Mapping[str, str]
    """What it holds of the package itself and of the libraries that decide."""


def own_home() -> Home:
    """The environment that this runs in: winnow's, with imagehash and numpy."""
    names = ("winnow", *_LIBRARIES)
    return Home(sys.executable, {name: metadata.version(name) for name in names})


def find_home(name: str, folder: Path, *, install: bool) -> Home | str:
    """A peer's environment, made where it is not there and `install` is set; or why there is none.

    Raises no error: what goes wrong while it is made is told on stderr by pip itself.
    """
    root = folder / name
    python = root / "bin" / "python"
    found = versions_in(python, (name, *_LIBRARIES))
    if name not in found and install:
        print(f"{name}: making an environment of its own in {root}", file=sys.stderr)
        steps: list[list[str | Path]] = [[sys.executable, "-m", "venv", "--clear", root]]
        for packages in _RECIPES[name]:
            steps.append([python, "-m", "pip", "install", "--quiet", *packages])
        for step in steps:
            if subprocess.run(step, stdout=sys.stderr, check=False).returncode:
                return "could not be installed"
        found = versions_in(python, (name, *_LIBRARIES))
    return Home(str(python), found) if name in found else "not installed"


def versions_in(python: Path, names: Iterable[str]) -> dict[str, str]:
    """Versions of those packages that an interpreter's environment holds; {} where it is none."""
    if not python.exists():
        return {}
    asked = (
        "import sys\nfrom importlib.metadata import PackageNotFoundError, version\n"
        "for name in sys.argv[1:]:\n"
        "  try: print(name, version(name))\n"
        "  except PackageNotFoundError: pass\n"
    )
    asking = [str(python), "-c", asked, *names]
    told = subprocess.run(asking, capture_output=True, text=True, check=False)
    return dict(line.split(" ", 1) for line in told.stdout.splitlines())
