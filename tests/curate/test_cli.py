"""The commands themselves: what they print, where, and how they end."""

from __future__ import annotations

import json
import os
import shutil
import signal
import sqlite3
import subprocess
import sys
from contextlib import closing
from pathlib import Path

import pytest
from PIL import Image

import winnow


def fill(draw, make, count: int = 8) -> None:
    for n in range(count):
        make.add(draw.encode(draw.comic(n, (240, 180))), "comic")
        make.add(draw.encode(draw.photo(n, (240, 180))), "photo")
    make.add(draw.encode(draw.comic(0, (240, 180)), quality=60), "comic")
    make.add(draw.encode(Image.new("RGB", (200, 200), (255, 255, 255))), "comic")


def test_the_way_of_a_data_set(draw, make, capsys) -> None:
    """check, sync, export, build and report follow each other; results are on stdout."""
    fill(draw, make)
    root = str(make.folder.root)
    codes, said = [], {}
    for words in (["check"], ["sync"], ["build"], ["export"], ["report"]):
        codes.append(winnow.main(["curate", *words, root]))
        said[words[0]] = capsys.readouterr().out

    assert codes == [0] * 5
    assert "flagged: near_duplicate" in said["check"]
    assert "_rejected/blank" in said["sync"]
    assert "manifest.jsonl" in said["build"]
    assert "urls_comic.log" in said["export"]
    assert Path(said["report"].strip()).is_file()


@pytest.mark.parametrize("word", ["check", "sync", "build", "export"])
def test_json_is_one_object_on_stdout(draw, make, capsys, word: str) -> None:
    """For machines: nothing else on stdout."""
    fill(draw, make)
    root = str(make.folder.root)
    winnow.main(["curate", "check", root])
    capsys.readouterr()
    code = winnow.main(["curate", word, root, "--json"])
    result = json.loads(capsys.readouterr().out)

    assert code == 0
    assert isinstance(result, dict)


def test_settings_come_from_the_file_named_or_the_data_set(draw, make, tmp_path, capsys) -> None:
    """--config goes first, then winnow.yaml in the data set; a fault is one line, exit 2."""
    fill(draw, make)
    root = make.folder.root
    head = f"dataset: {root}\ntargets:\n  - twitter: ada\n"
    make.folder.settings_file.write_text(f"{head}checks: {{blank: false}}\n")
    winnow.main(["curate", "check", str(root), "--json"])
    own = json.loads(capsys.readouterr().out)
    other = tmp_path / "other.yaml"
    other.write_text(f"{head}checks: {{near_duplicate: false}}\n")
    winnow.main(["curate", "check", str(root), "--json", "--config", str(other)])
    named = json.loads(capsys.readouterr().out)
    other.write_text(f"{head}checks: {{blunk: false}}\n")
    code = winnow.main(["curate", "check", str(root), "--config", str(other)])
    error = capsys.readouterr().err

    assert own["flagged"] == {"near_duplicate": 1}
    assert named["flagged"] == {"blank": 1}
    assert code == 2
    assert "other.yaml:4" in error
    assert "did you mean 'blank'?" in error


def test_options_of_build_outrank_the_file(draw, make, capsys) -> None:
    """The command line has the last word; a share that cannot be is refused."""
    fill(draw, make)
    root = str(make.folder.root)
    winnow.main(["curate", "check", root])
    capsys.readouterr()
    winnow.main(["curate", "build", root, "--test-per-label", "3", "--json"])
    made = json.loads(capsys.readouterr().out)
    codes = [
        winnow.main(["curate", "build", root, "--testing-percentage", "120"]),
        winnow.main(["curate", "build", root, "--test-per-label", "0"]),
    ]
    error = capsys.readouterr().err

    assert made["counts"]["test"] == {"comic": 3, "photo": 3}
    assert codes == [2, 2]
    assert "--testing-percentage" in error
    assert "--test-per-label" in error


def test_one_label_only_is_exit_5(draw, make, capsys) -> None:
    """Data that are not fit for the step have a code of their own, and one line."""
    make.add(draw.encode(draw.comic(1)), "comic")
    root = str(make.folder.root)
    winnow.main(["curate", "check", root])
    capsys.readouterr()
    code = winnow.main(["curate", "build", root])
    error = capsys.readouterr().err

    assert code == 5
    assert "comic 1" in error
    assert error.count("\n") == 1


def test_no_data_set_is_exit_2(tmp_path, capsys) -> None:
    """A folder without a catalog, and no folder at all, are told apart in words."""
    codes = [
        winnow.main(["curate", "check", str(tmp_path)]),
        winnow.main(["curate", "sync", str(tmp_path / "nowhere")]),
    ]
    error = capsys.readouterr().err

    assert codes == [2, 2]
    assert "no data set" in error
    assert "no such folder" in error


def test_a_catalog_without_pictures_is_told(tmp_path, capsys) -> None:
    """An empty or foreign database is no riddle."""
    sqlite3.connect(tmp_path / "catalog.sqlite").close()
    empty = winnow.main(["curate", "check", str(tmp_path)])
    (tmp_path / "catalog.sqlite").write_bytes(b"not a database" * 400)
    for leftover in tmp_path.glob("catalog.sqlite-*"):
        leftover.unlink()
    torn = winnow.main(["curate", "check", str(tmp_path)])
    error = capsys.readouterr().err

    assert (empty, torn) == (5, 5)
    assert "no pictures yet" in error


def test_a_data_set_in_use_is_exit_4(draw, make, capsys) -> None:
    """The second writer is told who holds it."""
    make.add(draw.encode(draw.comic(1)), "comic")
    with make.folder.lock("harvest run"):
        code = winnow.main(["curate", "check", str(make.folder.root)])
    error = capsys.readouterr().err

    assert code == 4
    assert "harvest run" in error
    assert str(os.getpid()) in error


def test_kill_9_in_the_middle_and_the_same_command_again(draw, make) -> None:
    """A killed check leaves a catalog that the next one finishes, and no hand moves."""
    fill(draw, make, 50)
    code = (
        "import os, signal, sys\n"
        "from pathlib import Path\n"
        "from curate.run import check\n"
        "from harvest.ledger.folder import DatasetFolder\n"
        "class Kill:\n"
        "    left = 80\n"
        "    def total(self, n): pass\n"
        "    def note(self, line): pass\n"
        "    def advance(self, outcome='done', n=1):\n"
        "        self.left -= 1\n"
        "        if not self.left: os.kill(os.getpid(), signal.SIGKILL)\n"
        "check(DatasetFolder(Path(sys.argv[1])), progress=Kill())\n"
    )
    root = str(make.folder.root)
    killed = subprocess.run([sys.executable, "-c", code, root], check=False)
    done = subprocess.run(
        [sys.executable, "-m", "winnow", "curate", "check", root, "--json"],
        check=True,
        capture_output=True,
    )
    result = json.loads(done.stdout)

    assert killed.returncode == -signal.SIGKILL
    assert result["pictures"] == 102
    assert result["decoded"] == 102 - 64
    assert result["sync"]["labelled"] == 0
    assert result["moved"] == {"_rejected/blank": 1, "_rejected/near_duplicate": 1}


def test_help_imports_no_heavy_library() -> None:
    """Who asks for help does not wait for numpy, Pillow or pydantic."""
    code = (
        "import sys, curate.cli.words\n"
        "print([m for m in ('numpy', 'PIL', 'pydantic', 'yaml', 'rich', 'scipy', 'sqlite3')"
        " if m in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True)

    assert done.stdout.strip() == "[]"


@pytest.mark.parametrize("word", ["check", "sync", "export", "build", "report"])
def test_every_command_has_help(capsys, word: str) -> None:
    """Each command says in a line what it does."""
    code = winnow.main(["curate", word, "--help"])

    assert code == 0
    assert "DATASET" in capsys.readouterr().out


def test_a_meant_loss_is_said_by_a_flag(draw, make, capsys) -> None:
    """`sync` refuses the loss of ten pictures in one line; `--all-removed` takes it."""
    for n in range(10):
        make.add(draw.encode(draw.comic(n, (240, 180))), "comic")
    root = str(make.folder.root)
    winnow.main(["curate", "sync", root])
    shutil.rmtree(make.folder.images)
    make.folder.images.mkdir()
    capsys.readouterr()
    refused = winnow.main(["curate", "sync", root])
    error = capsys.readouterr().err
    meant = winnow.main(["curate", "sync", root, "--all-removed", "--json"])

    assert (refused, meant) == (5, 0)
    assert error.count("\n") == 1
    assert json.loads(capsys.readouterr().out)["removed"] == 10


def test_names_give_the_terminal_no_orders(draw, make, capsys) -> None:
    """Line breaks and escapes in a file's name are shown as text; JSON has them as they are."""
    make.add(draw.encode(draw.comic(1)), "comic")
    name = "new\nl\x1b[31mRED\x9b.png"
    (make.folder.images / "comic" / name).write_text("no picture")
    root = str(make.folder.root)
    winnow.main(["curate", "sync", root])
    shown = capsys.readouterr().err
    winnow.main(["curate", "sync", root, "--json"])
    record = capsys.readouterr().out

    assert shown == "images/comic/new\\nl\\x1b[31mRED\\x9b.png: not a picture\n"
    assert record.strip().isprintable()
    assert json.loads(record)["strays"] == [f"images/comic/{name}: not a picture"]


def test_a_terminal_of_few_characters_is_enough(draw, make) -> None:
    """Labels and names that the output's encoding lacks stop no command."""
    for n in range(2):
        make.add(draw.encode(draw.comic(n, (240, 180))), "Zeichnung ≥ – 漫画")
        make.add(draw.encode(draw.photo(n, (240, 180))), "photo")
    root = str(make.folder.root)
    done = {}
    for words in ([], ["check"], ["sync"], ["build"], ["export"], ["report"], ["sync", "--json"]):
        command = [sys.executable, "-m", "winnow", "curate", *words, *([root] if words else [])]
        environment = os.environ | {"PYTHONIOENCODING": "ascii"}
        run = subprocess.run(
            [*command, *([] if words else ["--help"])],
            capture_output=True,
            check=False,
            env=environment,
        )
        done[" ".join(words)] = (run.returncode, b"Traceback" in run.stderr)
    folders = json.loads(run.stdout)["folders"]

    assert set(done.values()) == {(0, False)}
    assert folders == {"Zeichnung ≥ – 漫画": 2, "photo": 2}


def test_a_protected_folder_that_is_not_there_is_told(draw, make, tmp_path, capsys) -> None:
    """With the nearest name; the check goes through."""
    fill(draw, make, 2)
    config = tmp_path / "strips.yaml"
    head = "dataset: strips\ntargets: [twitter: ada]\n"
    config.write_text(f"{head}checks: {{protected: [Comic, photo, nope]}}\n")
    code = winnow.main(["curate", "check", str(make.folder.root), "--config", str(config)])
    told = [line for line in capsys.readouterr().err.splitlines() if "protected" in line]

    assert code == 0
    assert len(told) == 2
    assert told[0].endswith("did you mean 'comic'?")
    assert "'nope'" in told[1]


def test_a_lost_table_is_one_line(draw, make, capsys) -> None:
    """It names the catalog, also of a dry run, which works in a copy."""
    fill(draw, make, 2)
    root = str(make.folder.root)
    winnow.main(["curate", "check", root])
    with closing(sqlite3.connect(make.folder.catalog)) as catalog:
        catalog.execute("DROP TABLE measure")
    capsys.readouterr()
    for words in (["check", root], ["check", root, "--dry-run"], ["build", root]):
        assert winnow.main(["curate", *words]) == 5
        error = capsys.readouterr().err

        assert f"{make.folder.catalog}: " in error
        assert "no such table: measure" in error


def test_a_settings_file_of_thresholds_is_enough(draw, make, tmp_path, capsys) -> None:
    """The data set stands on the command line; what is wrong in the file is told all the same."""
    fill(draw, make)
    config = tmp_path / "thresholds.yaml"
    config.write_text("checks: {too_small: {min_side: 9999}}\n")
    code = winnow.main(["curate", "check", str(make.folder.root), "--config", str(config)])
    flagged = capsys.readouterr().out
    config.write_text("checks: {to_small: {}}\n")
    bad = winnow.main(["curate", "check", str(make.folder.root), "--config", str(config)])

    assert code == 0
    assert "flagged: too_small" in flagged
    assert bad == 2
    assert "thresholds.yaml:1" in capsys.readouterr().err


def test_a_name_that_begins_with_a_dash_is_told_what_it_takes(draw, make, capsys) -> None:
    """Taken for options, it says how a name is given."""
    fill(draw, make, 2)
    code = winnow.main(["curate", "log", str(make.folder.root), "-rf.jpg"])

    assert code == 2
    assert "behind --" in capsys.readouterr().err
