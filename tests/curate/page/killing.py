"""Kills a sitting at every statement and every move of a file in turn, and looks what is left.

Run as a program: DATASET-PARENT DEED STRIDE. Prints one JSON line for each kill. Not a test.
"""

from __future__ import annotations

import importlib.util
import json
import os
import shutil
import signal
import sys
from pathlib import Path

from curate.labels import sync
from curate.page.sitting import Sitting
from curate.page.values import Answer, PageAnswer, PageSettings
from curate.store.decisions import read_decisions
from curate.store.schema import open_store
from harvest.ledger.folder import DatasetFolder

spec = importlib.util.spec_from_file_location("colours", Path(__file__).with_name("colours.py"))
colours = importlib.util.module_from_spec(spec)
sys.modules["colours"] = colours
spec.loader.exec_module(colours)

COUNT = 14


def open_sitting(root: Path, catalog) -> Sitting:
    settings = PageSettings(("comic", "photo"), audit=0)
    return Sitting(
        DatasetFolder(root), catalog, settings, colours.MeanColour(), colours.Clock(), "ada"
    )


class Deed:
    """One request of the page, the same one as often as it is sent."""

    def __init__(self, name: str, sitting: Sitting) -> None:
        self.name = name
        if name == "single":
            shown = sitting.next_single("tab", 1)[0]
            self.answer = Answer("deed", "tab", shown.shown, "label", "comic", 600)
        if name == "grid":
            sitting.release("tab")
            page = sitting.next_grid("tab", 5)
            seen = tuple(t.sha256 for t in page.tiles)
            self.answer = PageAnswer("deed", "tab", page.page, seen, {seen[0]: "wrong"}, 2000)

    def send(self, sitting: Sitting):
        if self.name == "single":
            return sitting.answer(self.answer)
        return sitting.confirm(self.answer) if self.name == "grid" else sitting.undo("tab", "deed")


def die_at(number: int, catalog) -> None:
    """Let this process be killed at its so-and-so-many-th statement or move."""
    events = [0]

    def count(*_: object) -> None:
        events[0] += 1
        if events[0] == number:
            os.kill(os.getpid(), signal.SIGKILL)

    catalog.connection.set_trace_callback(count)
    sys.addaudithook(lambda name, _: count() if name in ("os.link", "os.remove") else None)


def once(template: Path, copy: Path, deed_name: str, number: int) -> dict[str, object]:
    shutil.copytree(template, copy, copy_function=os.link)
    (copy / "catalog.sqlite").unlink()
    shutil.copyfile(template / "catalog.sqlite", copy / "catalog.sqlite")
    with open_store(DatasetFolder(copy)) as catalog:
        deed = Deed(deed_name, open_sitting(copy, catalog))
    child = os.fork()
    if child == 0:
        catalog = open_store(DatasetFolder(copy))
        sitting = open_sitting(copy, catalog)
        die_at(number, catalog)
        deed.send(sitting)
        os._exit(0)
    killed = os.WIFSIGNALED(os.waitpid(child, 0)[1])
    with open_store(DatasetFolder(copy)) as catalog:
        sitting = open_sitting(copy, catalog)
        receipt, again = deed.send(sitting), deed.send(sitting)
        last = {s: sorted(some[-1].after) for s, some in read_decisions(catalog).items()}
        steps = sum(step.client == "deed" for step in sitting._table.course.steps)
    moved = sync(DatasetFolder(copy)).hand_moves
    data = colours.Coloured(DatasetFolder(copy), ("comic", "photo"))
    where: dict[str, list[str]] = {}
    for folder, some in data.tree().items():
        for sha256 in some:
            where.setdefault(sha256, []).append(folder)
    shutil.rmtree(copy)
    return {
        "killed": killed,
        "steps": steps,
        "same": receipt == again,
        "step": receipt.step,
        "agree": all(where[s] == folders for s, folders in last.items()) and len(where) == COUNT,
        "hand_moves": moved,
        "where": sorted(folder for some in where.values() for folder in some),
    }


def main(parent: Path, deed: str, stride: int) -> None:
    template = parent / "template"
    data = colours.make_coloured(template, COUNT)
    with open_store(data.folder) as catalog:
        person = colours.Person(open_sitting(template, catalog), data)
        for _ in range(7):
            person.single()
        if deed == "undo":
            person.page(5)
        person.sitting.release("tab")
    number, killed = 0, True
    while killed:
        number += stride
        found = once(template, parent / "copy", deed, number)
        killed = bool(found["killed"])
        sys.stdout.write(json.dumps(found) + "\n")


if __name__ == "__main__":
    main(Path(sys.argv[1]), sys.argv[2], int(sys.argv[3]))
