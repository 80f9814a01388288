"""The roof: words, exit codes, one line an error, `init` and `run`."""

import errno
import subprocess
import sys
from pathlib import Path

import click
import pytest

import winnow
from harvest.ledger import errors


def test_help_is_fast() -> None:
    """Help loads a handful of modules: fewer than 300, where a heavy import brings a thousand."""
    code = "import sys, winnow; winnow.main(['--help']); print(len(sys.modules), file=sys.stderr)"
    done = subprocess.run(
        [sys.executable, "-c", code], cwd="/", capture_output=True, text=True, check=True
    )

    assert int(done.stderr) < 300


@pytest.mark.parametrize(
    "words", [["--help"], ["harvest", "--help"], ["curate", "-h"], ["demo", "-h"]]
)
def test_help_ends_well(words: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    """Help is printed and is no error."""
    code = winnow.main(words)

    assert code == 0
    assert "Usage: winnow" in capsys.readouterr().out


def test_unknown_word_is_usage(capsys: pytest.CaptureFixture[str]) -> None:
    """An unknown command is exit code 2 and named."""
    code = winnow.main(["harvets"])

    assert code == 2
    assert "harvets" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("error", "code"),
    [
        (errors.SettingsError("x"), 2),
        (errors.CredentialsError("x"), 3),
        (errors.Locked("x"), 4),
        (errors.DataError("x"), 5),
        (errors.GateError("x"), 6),
        (errors.Interrupted("x"), 130),
        (KeyboardInterrupt(), 130),
        (OSError(errno.ENOSPC, "No space left on device", "f"), 4),
        (PermissionError(errno.EACCES, "Permission denied", "f"), 2),
        (NotADirectoryError(errno.ENOTDIR, "Not a directory", "f"), 2),
    ],
)
def test_errors_are_one_line(
    error: BaseException,
    code: int,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    """Each branch of the tree of errors has its exit code and says one line."""

    @click.command()
    def fails() -> None:
        raise error

    monkeypatch.setitem(winnow.cli.commands, "fails", fails)
    found = winnow.main(["fails"])
    said = capsys.readouterr().err.strip()

    assert found == code
    assert said.startswith("winnow: ")
    assert said.count("\n") == 0


def test_errors_hold_no_control_characters(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """A file's name with a line end, an escape or half a character is shown escaped."""

    @click.command()
    def fails() -> None:
        raise errors.DataError("a\nb\x1b[31m\udcff.png: no")

    monkeypatch.setitem(winnow.cli.commands, "fails", fails)
    code = winnow.main(["fails"])

    assert code == 5
    assert capsys.readouterr().err == "winnow: error: a\\nb\\x1b[31m\\udcff.png: no\n"


def test_a_bug_looks_like_a_bug(monkeypatch: pytest.MonkeyPatch) -> None:
    """An exception that nobody meant is not hidden."""

    @click.command()
    def fails() -> None:
        raise ZeroDivisionError

    monkeypatch.setitem(winnow.cli.commands, "fails", fails)

    with pytest.raises(ZeroDivisionError):
        winnow.main(["fails"])


def test_init_never_overwrites(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """`init` keeps what is there."""
    (tmp_path / "comics.yaml").write_text("mine")
    first = winnow.main(["init", str(tmp_path)])
    second = winnow.main(["init", str(tmp_path)])

    assert (first, second) == (0, 0)
    assert (tmp_path / "comics.yaml").read_text() == "mine"
    assert (tmp_path / ".gitignore").read_text().splitlines()[0] == "credentials.env"
    assert "kept" in capsys.readouterr().out


def test_run_judges_all_settings_first(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """A fault in `train:` is told before anything is asked for."""
    config = tmp_path / "c.yaml"
    config.write_text(
        f"dataset: {tmp_path}/d\ntargets: [{{twitter: islieb}}]\ntrain: {{imagesize: 128}}\n"
    )
    code = winnow.main(["run", str(config)])
    said = capsys.readouterr().err

    assert code == 2
    assert f"{config}:3: unknown key 'imagesize'; did you mean 'image_size'?" in said
    assert not (tmp_path / "d").exists()


def test_run_without_keys_names_the_way(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Missing credentials: one line with the variable, the page and the demo; exit code 3."""
    monkeypatch.delenv("TWITTER_BEARER_TOKEN", raising=False)
    monkeypatch.chdir(tmp_path)
    config = tmp_path / "c.yaml"
    config.write_text("dataset: ./d\ntargets: [{twitter: islieb}]\n")
    code = winnow.main(["run", str(config)])
    said = capsys.readouterr().err.splitlines()[-1]

    assert code == 3
    for word in ("TWITTER_BEARER_TOKEN", "developer.x.com", "winnow demo"):
        assert word in said


def test_a_reader_who_leaves_is_no_fault(tmp_path: Path) -> None:
    """`winnow --help | true`: exit code 0, nothing on stderr."""
    done = subprocess.run(
        f"{sys.executable} -c 'import winnow, time, sys; time.sleep(0.3);"
        ' sys.exit(winnow.main(["--help"]))\' | true; echo ${PIPESTATUS[0]}',
        shell=True,
        executable="/bin/bash",
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=False,
    )

    assert done.stdout.strip() == "0"
    assert done.stderr == ""
