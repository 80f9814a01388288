"""Values that a script hands over when a variable of its own was never set, or went wrong."""

from __future__ import annotations

from pathlib import Path

import click
import pytest

import winnow
from classify.cli.group import NamedPath, Number
from classify.cli.words import group


def _paths() -> list[tuple[str, str]]:
    """Every command with each of its options and arguments that is a path."""
    return [
        (name, param.name or "")
        for name, command in sorted(group.commands.items())
        for param in command.params
        if isinstance(param.type, click.Path)
    ]


@pytest.mark.parametrize(("command", "name"), _paths())
def test_an_empty_path_is_not_this_folder(
    command: str,
    name: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    """One line that names the value, exit 2, and nothing is read or written."""
    monkeypatch.chdir(tmp_path)
    words: list[str] = []
    for param in group.commands[command].params:
        given = "" if param.name == name else "x"
        if isinstance(param, click.Argument):
            words.append(given)
        elif param.required or param.name == name:
            words += [param.opts[0], given]

    assert winnow.main(["classify", command, *words]) == 2
    said = capsys.readouterr().err
    assert said.count("\n") == 1
    assert "'' is no path; name one" in said
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("words", "said"),
    [(["predict", "x", ""], "a picture ''"), (["serve", "x", "--host", ""], "--host ''")],
)
def test_nor_is_an_empty_picture_or_host(
    words: list[str], said: str, capsys: pytest.CaptureFixture[str]
) -> None:
    """No name is not all of a folder, and no address is not all of the machine's."""
    assert winnow.main(["classify", *words]) == 2
    assert said in capsys.readouterr().err


@pytest.mark.parametrize("value", ["nan", "inf", "-inf"])
def test_what_is_no_number_is_refused(value: str) -> None:
    """A gate of NaN would let everything through."""
    for kind in (Number(), Number(0), Number(0, 1, min_open=True)):
        with pytest.raises(click.BadParameter):
            kind.convert(value, None, None)

    assert Number(0, 1).convert("0.5", None, None) == 0.5


def test_no_command_takes_a_plain_path_or_range() -> None:
    """All of them refuse what is empty, or no number."""
    kinds = [param.type for command in group.commands.values() for param in command.params]

    assert all(isinstance(kind, NamedPath) for kind in kinds if isinstance(kind, click.Path))
    assert sum(isinstance(kind, Number) for kind in kinds) >= 8
