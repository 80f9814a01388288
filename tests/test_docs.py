"""The README tells the truth: its commands run, its tables are complete."""

import importlib
import json
import os
import re
import shlex
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import click
import pytest

import winnow
from harvest.ledger.folder import DatasetFolder
from harvest.ledger.settings import load_settings
from harvest.ledger.targets import SOURCE_WORDS
from harvest.sandbox.compare import sort_by_truth
from harvest.sandbox.server import Sandbox, running_sandbox
from harvest.sandbox.world import World

ROOT = Path(__file__).resolve().parent.parent
README = (ROOT / "README.md").read_text(encoding="utf-8")
TEMPLATES = ROOT / "harvest" / "templates"


def blocks() -> list[list[str]]:
    return [block.strip().splitlines() for block in re.findall(r"```sh\n(.*?)```", README, re.S)]


def commands() -> Iterator[tuple[str, click.Command]]:
    context = click.Context(winnow.cli)
    for word in winnow.cli.list_commands(context):
        command = winnow.cli.get_command(context, word)
        assert command is not None
        if isinstance(command, click.Group):
            yield from ((f"winnow {word} {name}", sub) for name, sub in command.commands.items())
        else:
            yield f"winnow {word}", command


@pytest.fixture(scope="module")
def sandbox() -> Iterator[Sandbox]:
    with running_sandbox(World.demo()) as running:
        yield running


def shell(line: str, folder: Path, sandbox: Sandbox) -> subprocess.CompletedProcess[str]:
    words = shlex.split(line)
    if words[0] == "winnow":
        words = [sys.executable, "-m", *words]
    environment = os.environ | {
        "WINNOW_SANDBOX": sandbox.url,
        "WINNOW_CACHE": str(folder / "cache"),
    }
    return subprocess.run(
        words, cwd=folder, env=environment, capture_output=True, text=True, check=False
    )


def test_every_command_has_help_and_stands_in_the_readme() -> None:
    """No command is undocumented."""
    missing = [name for name, command in commands() if f"`{name}" not in README]
    mute = [name for name, command in commands() if not command.help]

    assert missing == []
    assert mute == []


def test_readme_names_no_command_that_is_not_there() -> None:
    """The README's table lists existing commands only."""
    known = {name for name, _ in commands()}
    named = set(re.findall(r"^\| `(winnow(?: [a-z]+)+)", README, re.M))

    assert named
    assert named - known == set()


def test_install_commands_are_what_ci_runs() -> None:
    """CI installs and tests with the README's very commands."""
    install, test = blocks()[0][0], blocks()[1][0]
    ci = (ROOT / ".ci" / "run").read_text(encoding="utf-8")

    assert "pip install -q -c constraints.txt . && winnow demo" in install
    assert test in ci


def test_config_equals_the_templates() -> None:
    """What `winnow init` writes is what the repository shows in `config/`."""
    for path in sorted((ROOT / "config").iterdir()):
        assert (TEMPLATES / path.name).read_bytes() == path.read_bytes(), path.name


@pytest.mark.parametrize("name", ["comics.yaml", "tumblr_tag.yaml", "mushrooms.yaml"])
def test_shipped_settings_are_good(name: str) -> None:
    """Every shipped settings file is valid, in all of its sections."""
    settings = load_settings(ROOT / "config" / name)
    for section, home, model in (
        ("checks", "curate.settings", "ChecksSettings"),
        ("split", "curate.settings", "SplitSettings"),
        ("train", "classify.settings", "TrainSettings"),
    ):
        settings.section(section, getattr(importlib.import_module(home), model))

    assert settings.targets


def test_readme_settings_are_good(tmp_path: Path) -> None:
    """Each YAML block of the README loads; together they show every source of settings."""
    shown = set()
    for block in re.findall(r"```yaml\n(.*?)```", README, re.S):
        path = tmp_path / "shown.yaml"
        path.write_text(block if "dataset:" in block else f"dataset: x\n{block}")
        shown |= {target.source for target in load_settings(path).targets}

    assert shown == set(SOURCE_WORDS)


@pytest.mark.parametrize("name", ["comics.yaml", "tumblr_tag.yaml"])
def test_what_is_commented_out_is_good_too(name: str, tmp_path: Path) -> None:
    """Settings that a template offers behind a `#` load once the `#` is gone."""
    text = (TEMPLATES / name).read_text(encoding="utf-8")
    offered = re.sub(r"^( +)# (?=(?:- |  )?(?:[a-z_]+: |https:))", r"\1", text, flags=re.M)
    path = tmp_path / name
    path.write_text(offered)

    assert len(load_settings(path).targets) > len(load_settings(TEMPLATES / name).targets)


def test_comics_yaml_lists_the_nine_accounts() -> None:
    """The data set that started it all can be asked for as it was."""
    settings = load_settings(ROOT / "config" / "comics.yaml")

    assert {target.name for target in settings.targets} == {
        *("daskritzelt", "erzaehlmirnix", "islieb", "isfies666", "joschasauer"),
        *("ralphruthe", "foxes_in_love", "hauckundbauer", "dino_comics"),
    }


def test_every_readme_command_runs(tmp_path: Path, sandbox: Sandbox) -> None:
    """The README's commands, in their order, do what it says (against the sandbox)."""
    dataset = DatasetFolder(tmp_path / "datasets" / "comics")
    ran = []
    for line in [line for block in blocks()[2:] for line in block]:
        if "harvest sandbox" in line:
            continue  # it serves until it is stopped: tests/harvest starts and stops it
        if "classify serve" in line:
            continue  # the same: tests/classify/cli/test_serving.py
        if "curate page" in line:
            continue  # the same: tests/curate/page/server/test_command.py
        if line.startswith("winnow classify train pictures_by_label") and not ran.count(line):
            _gather(tmp_path, dataset)
        done = shell(line, tmp_path, sandbox)
        ran.append(line)
        assert done.returncode == 0, f"{line}\n{done.stdout}\n{done.stderr}"
        if line == "winnow run comics.yaml":
            assert "to label:" in done.stdout
            assert sort_by_truth(dataset, sandbox.world.truth()) > 20
            done = shell(line, tmp_path, sandbox)
            assert done.returncode == 0, done.stderr
            assert (dataset.models / "001" / "model.tflite").is_file()
        if line.startswith("winnow curate export"):
            for log in (*dataset.root.glob("urls_*.log"), *dataset.root.glob("*.lock.csv")):
                shutil.copy(log, tmp_path)

    assert len(ran) > 15
    assert (tmp_path / "comic_filter" / "model.tflite").is_file()
    assert list((tmp_path / "again" / "images" / "comic").iterdir())
    for name in ("again", "from_the_lock", "years_later"):
        told = json.loads((tmp_path / name / "reports" / "attrition.json").read_text())
        assert told["lines"] == told["categories"]["same bytes"] > 10, name
    assert list((tmp_path / "renamed").iterdir())
    assert list((tmp_path / "sorted").glob("*/*"))
    for code in re.findall(r"```python\n(.*?)```", README, re.S):
        done = shell(shlex.join([sys.executable, "-c", code]), tmp_path, sandbox)
        assert done.returncode == 0, f"{code}\n{done.stderr}"
    made = {path.name for path in (tmp_path / "from_python").iterdir()}
    assert made >= {"model.tflite", "labels.txt", "card.json", "report.html"}


def _gather(folder: Path, dataset: DatasetFolder) -> None:
    """The folders that the third job begins with."""
    if not (folder / "pictures_by_label").exists():
        shutil.copytree(dataset.build / "train", folder / "pictures_by_label")
        shutil.copytree(dataset.build / "test", folder / "some_pictures")
        shutil.copytree(dataset.build / "test", folder / "other_pictures")
