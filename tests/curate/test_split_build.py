"""`curate build` divides as it says: quotas, accounts, memory, leaks, and a dry run."""

from __future__ import annotations

import hashlib
import json
from collections import Counter
from pathlib import Path

import pytest

import winnow
from curate.dataset import BuildSummary, build
from curate.export import export
from curate.report import report
from curate.run import check
from curate.settings import SplitSettings
from curate.store.opinions import read_split
from curate.store.schema import CURATE, open_store
from harvest.ledger.catalog import MigrationSet, open_catalog
from harvest.ledger.errors import DataError
from harvest.ledger.lockfile import read_lock
from harvest.ledger.manifest import ManifestLine, read_manifest
from harvest.store.schema import HARVEST

SIZE = (240, 180)


def fill(draw, make, count: int = 20, start: int = 0, accounts: int = 5) -> None:
    """One comic and one photograph a number, of so many accounts in turn."""
    for n in range(start, start + count):
        author = f"artist{n % accounts}"
        make.add(draw.encode(draw.comic(n, SIZE)), "comic", author=author)
        make.add(draw.encode(draw.photo(n, SIZE)), "photo", author=author)


def lines(make) -> dict[str, ManifestLine]:
    """The manifest by sha256."""
    return {line.sha256: line for line in read_manifest(make.folder.build / "manifest.jsonl")}


def everything(root: Path) -> dict[str, str]:
    """Path -> sha256 of all files but the lock's and SQLite's own ledger."""
    return {
        path.relative_to(root).as_posix(): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in root.rglob("*")
        if path.is_file() and not path.name.endswith(("-wal", "-shm", ".lock"))
    }


@pytest.fixture
def made(draw, make):
    """A checked data set of 20 comics and 20 photographs by five accounts."""
    fill(draw, make)
    check(make.folder)
    return make


def test_the_mushroom_recipe_takes_so_many_and_leaves_the_rest_out(made) -> None:
    """Ten a label, eight to learn and two to test; what is left out is counted and told."""
    plan = SplitSettings(max_per_label=10, train_per_label=8, test_per_label=2)
    done = build(made.folder, plan)
    on_disk = Counter(tuple(line.file.split("/")[:2]) for line in lines(made).values())

    assert on_disk == {
        (part, k): n for part, n in (("train", 8), ("test", 2)) for k in done.counts[part]
    }
    assert done.over_quota == {"comic": 10, "photo": 10}
    assert done.left_out == {"over_quota": 20}
    assert any("comic 10, photo 10 above max_per_label" in note for note in done.notes)


def test_what_was_taken_stays_taken_when_more_pictures_come(draw, made) -> None:
    """With a cap, new pictures only wait."""
    plan = SplitSettings(max_per_label=10, test_per_label=3)
    build(made.folder, plan)
    before = lines(made)
    fill(draw, made, 4, start=50)
    check(made.folder)
    build(made.folder, plan)

    assert lines(made) == before


def test_by_account_no_account_stands_on_two_sides(made) -> None:
    """Whole accounts are held out, their groups with them, and the leak report says so."""
    plan = SplitSettings(by="account", testing_percentage=20, validation_percentage=20)
    done = build(made.folder, plan)
    parts: dict[str | None, set[str]] = {}
    for line in lines(made).values():
        parts.setdefault(line.account, set()).add(line.split)
    shared = json.loads((made.folder.build / "leaks.json").read_text())["shared"]["train/test"]

    assert sorted(map(sorted, parts.values())) == [["test"], *[["train"]] * 3, ["validation"]]
    assert done.counts["test"] == {"comic": 4, "photo": 4}
    assert (shared["accounts"], shared["accounts_of"], shared["same_account_pairs"]) == (0, 1, 0)
    assert "none of the 1 accounts in the test part is trained on" in done.notes


def test_a_twin_ties_the_accounts_that_showed_it(draw, made) -> None:
    """Two artists with one picture in common are on one side, though its worse copy is rejected."""
    twin = draw.comic(400, (480, 360))
    made.add(draw.encode(twin), "comic", author="artist0")
    made.add(draw.encode(twin, quality=60), "comic", author="Artist1")
    check(made.folder)
    done = build(made.folder, SplitSettings(by="account", testing_percentage=20))
    parts = {line.account: line.split for line in lines(made).values()}

    assert done.left_out == {"rejected": 1}
    assert parts["artist0"] == parts["artist1"]


def test_a_label_of_one_account_cannot_be_split_by_account(draw, make) -> None:
    """Exit 5: one line that names label, number and account, and says what to do."""
    fill(draw, make, 4, accounts=1)
    fill(draw, make, 4, start=10, accounts=1)
    for n in range(3):
        make.add(draw.encode(draw.photo(70 + n, SIZE)), "photo", author="eve")
    check(make.folder)
    with pytest.raises(DataError) as caught:
        build(make.folder, SplitSettings(by="account"))
    line = str(caught.value)

    assert DataError.exit_code == 5
    assert "'comic': all its 8 pictures are of one account (artist0)" in line
    assert "--by group" in line
    assert "\n" not in line
    assert not make.folder.build.exists()


def test_leaks_are_counted_over_the_pictures(made) -> None:
    """By group nothing but accounts is shared; the file and the summary say the same."""
    done = build(made.folder)
    told = json.loads((made.folder.build / "leaks.json").read_text())
    by_account: dict[str | None, Counter[str]] = {}
    for line in lines(made).values():
        by_account.setdefault(line.account, Counter())[line.split] += 1
    shared = told["shared"]["train/test"]

    assert told["plan"] == done.plan == SplitSettings().plan
    assert (shared["near_duplicate_pairs"], shared["same_post_pairs"]) == (0, 0)
    assert shared["same_account_pairs"] == sum(n["train"] * n["test"] for n in by_account.values())
    assert shared["accounts"] == sum(n["train"] * n["test"] > 0 for n in by_account.values()) > 0
    assert "artist" not in json.dumps(told)
    assert "Shared by two parts" in report(made.folder).page.read_text()


def join(draw, make) -> tuple[str, str]:
    """A post that shows a picture of the test part and one that is trained on."""
    before = lines(make)
    tested, trained = (
        min(s for s, line in before.items() if line.split == part and line.label == "comic")
        for part in ("test", "train")
    )
    raw = [make.folder.raw_path(s, "jpg").read_bytes() for s in (tested, trained)]
    for index, data in enumerate(raw):
        make.add(data, "comic", post="77", index=index)
    return tested, trained


def test_a_post_that_joins_two_parts_is_named_and_goes_to_the_test_part(draw, made) -> None:
    """The trained one moves, by name; what the test part had, it keeps."""
    build(made.folder)
    before = lines(made)
    tested, trained = join(draw, made)
    done = build(made.folder)
    after = lines(made)
    changed = {s for s in before if after[s].split != before[s].split}

    assert changed == {trained}
    assert after[trained].split == after[tested].split == "test"
    assert after[trained].group == after[tested].group
    told = [note for note in done.notes if "moved from train to test" in note]
    assert len(told) == 1
    assert after[trained].file.split("/", 1)[1] in told[0]


def test_looking_at_another_plan_costs_no_split_its_stability(draw, made) -> None:
    """By account and back: the first plan goes on where it was, grown or not."""
    build(made.folder)
    before = {s: line.split for s, line in lines(made).items()}
    other = build(made.folder, SplitSettings(by="account", testing_percentage=20))
    fill(draw, made, 2, start=50)
    check(made.folder)
    again = build(made.folder)
    after = {s: line.split for s, line in lines(made).items()}

    assert any("drawn anew" in note for note in other.notes)
    assert not any("drawn anew" in note for note in again.notes)
    assert before.items() <= after.items()
    assert len(after) == len(before) + 4


def test_the_lock_file_tells_of_the_build_that_stands(made) -> None:
    """A picture that quotas leave out has no part, though another plan once gave it one."""
    build(made.folder)
    build(made.folder, SplitSettings(max_per_label=10))
    export(made.folder)
    parts = {line.sha256: line.split for line in read_lock(made.folder.root / "strips.lock.csv")}

    assert {s: part for s, part in parts.items() if part} == {
        s: line.split for s, line in lines(made).items()
    }
    assert len(parts) == 40


def test_a_catalog_of_an_older_winnow_keeps_its_split(draw, make) -> None:
    """What its table remembered goes on under the same plan."""
    first = MigrationSet("curate", CURATE.steps[:1])
    with (
        open_catalog(make.folder.catalog, [HARVEST, first]) as catalog,
        catalog.transaction() as sql,
    ):
        for sha256, part in (("a" * 64, "test"), ("b" * 64, "train")):
            sql.execute("INSERT INTO image VALUES (?, 'image/png', 1, 1, '', NULL)", (sha256,))
            row = (sha256, part, sha256[:16], SplitSettings().plan)
            sql.execute("INSERT INTO split(sha256, part, grp, plan) VALUES (?, ?, ?, ?)", row)
    with open_store(make.folder) as catalog:
        found = {s: one.part for s, one in read_split(catalog, SplitSettings().plan).items()}
        other = read_split(catalog, SplitSettings(seed=1).plan)

    assert found == {"a" * 64: "test", "b" * 64: "train"}
    assert other == {}


def test_a_dry_run_decides_everything_and_writes_nothing(draw, made, capsys) -> None:
    """The same answer as the build, no file touched, and hand moves are not noted either."""
    build(made.folder)
    fill(draw, made, 2, start=50)
    check(made.folder)
    moved = min(s for s, line in lines(made).items() if line.label == "comic")
    made.move(moved, "photo")
    before = everything(made.folder.root)
    dry = build(made.folder, dry_run=True)
    code = winnow.main(["curate", "build", str(made.folder.root), "--dry-run"])
    shown = capsys.readouterr().out
    untouched = everything(made.folder.root)
    done = build(made.folder)

    assert untouched == before
    assert code == 0
    assert shown.splitlines()[0] == "nothing written"
    assert dry.sync.labelled == done.sync.labelled == 1
    assert _told(dry) == _told(done)


def _told(summary: BuildSummary) -> tuple[object, ...]:
    return summary.counts, summary.notes, summary.leaks, summary.left_out, summary.pictures


def test_the_command_prints_labels_by_parts_and_json(made, capsys) -> None:
    """One table with a column for what quotas leave out; `--json` holds the same numbers."""
    root = str(made.folder.root)
    words = ["curate", "build", root, "--test-per-label", "2", "--max-per-label", "8"]
    codes = [winnow.main([*words, "--by", "group"]), winnow.main([*words, "--json"])]
    *_, heads, comic, photo, result = [
        line for line in capsys.readouterr().out.splitlines() if not set(line) <= set("-─ ")
    ]
    found = json.loads(result)

    assert codes == [0, 0]
    assert heads.split() == ["label", "train", "validation", "test", "left", "out"]
    for line in (comic, photo):
        label, *numbers = line.split()
        counts = [found["counts"][part][label] for part in ("train", "validation", "test")]
        assert [int(n) for n in numbers] == [*counts, found["over_quota"][label]] == [5, 1, 2, 12]


def test_two_words_for_the_test_part_are_one_too_many(made, capsys) -> None:
    """Exit 2, one line; a share in the file is no contradiction to a number on the command line."""
    root = str(made.folder.root)
    head = f"dataset: {root}\ntargets:\n  - twitter: ada\n"
    made.folder.settings_file.write_text(f"{head}split: {{testing_percentage: 20}}\n")
    both = ["--test-per-label", "2", "--testing-percentage", "10"]
    refused = winnow.main(["curate", "build", root, *both])
    error = capsys.readouterr().err
    code = winnow.main(["curate", "build", root, "--test-per-label", "2", "--json"])

    assert (refused, code) == (2, 0)
    assert "--test-per-label 2: wanted either --test-per-label or --testing-percentage" in error
    assert error.count("\n") == 1
    assert json.loads(capsys.readouterr().out)["counts"]["test"] == {"comic": 2, "photo": 2}


def test_many_that_moved_are_named_up_to_five(draw, made) -> None:
    """The rest is counted; in the result all of them stand."""
    build(made.folder)
    before = lines(made)
    comics = [line for line in before.values() if line.label == "comic"]
    tested = min(line.sha256 for line in comics if line.split == "test")
    trained = sorted(line.sha256 for line in comics if line.split == "train")[:7]
    for index, sha256 in enumerate((tested, *trained)):
        data = made.folder.raw_path(sha256, "jpg").read_bytes()
        made.add(data, "comic", post="77", index=index)
    done = build(made.folder)

    assert [moved.sha256 for moved in done.moved] == trained
    assert sum("moved from train to test" in note for note in done.notes) == 5
    assert "… and 2 more moved for the same reason" in done.notes
