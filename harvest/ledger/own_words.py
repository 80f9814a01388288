"""Sources that other packages bring: found by their entry points, loaded when they are used.

A package that names a class under the group `winnow.sources` adds a word for targets:

    [project.entry-points."winnow.sources"]
    inkwell = "inkwell_winnow:Inkwell"

Nothing is looked up while only winnow's own words are used.
"""

from __future__ import annotations

import re
from importlib.metadata import EntryPoint, entry_points

GROUP = "winnow.sources"
"""The entry points' group; https://packaging.python.org/en/latest/specifications/entry-points/"""

_WORD = re.compile(r"[a-z][a-z0-9]{1,31}")


def own_words() -> dict[str, EntryPoint]:
    """Word -> where its source is defined; the first package that names a word keeps it."""
    found: dict[str, EntryPoint] = {}
    for entry in entry_points(group=GROUP):
        if _WORD.fullmatch(entry.name):
            found.setdefault(entry.name, entry)
    return found
