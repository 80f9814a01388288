"""The error tree: one exit code a branch."""

import errno
import os
from pathlib import Path

import pytest

from harvest.ledger import errors


@pytest.mark.parametrize(
    ("kind", "code"),
    [
        ("WinnowError", 1),
        ("UsageError", 2),
        ("SettingsError", 2),
        ("SourceError", 3),
        ("CredentialsError", 3),
        ("AccountError", 3),
        ("ComeBackLater", 4),
        ("RateLimited", 4),
        ("Outage", 4),
        ("BudgetSpent", 4),
        ("StorageFull", 4),
        ("Locked", 4),
        ("DataError", 5),
        ("GateError", 6),
        ("Interrupted", 130),
    ],
)
def test_each_branch_has_its_exit_code(kind: str, code: int) -> None:
    """The process ends with the code of the branch, the error's message unchanged."""
    error = getattr(errors, kind)("one line")

    assert error.exit_code == code
    assert str(error) == "one line"
    assert isinstance(error, errors.WinnowError)


def test_the_tree_is_complete() -> None:
    """Every error of the module stands in the tree that its docstring draws."""
    kinds = [
        name
        for name, value in vars(errors).items()
        if isinstance(value, type) and issubclass(value, Exception)
    ]

    assert len(kinds) == 15
    assert all(name in (errors.__doc__ or "") for name in kinds)


def test_a_rate_limit_can_be_waited_for_unless_it_says_otherwise() -> None:
    """Without words a limit is waitable and its end unknown."""
    limit = errors.RateLimited("slow down")

    assert limit.waitable
    assert limit.until is None
    assert not errors.RateLimited("spent", waitable=False).waitable


@pytest.mark.parametrize("number", [errno.EMFILE, errno.ENFILE])
def test_too_many_open_files(number: int) -> None:
    """Too few file handles are one line that names the ways out, with exit code 4."""
    meant = errors.from_system(OSError(number, "too many"))

    assert meant is not None
    assert meant.exit_code == 4
    assert "`ulimit -n`" in str(meant)


def test_full_disk_names_the_place() -> None:
    """Where the error itself does not say which file, the place that it is about is named."""
    meant = errors.from_system(OSError(errno.ENOSPC, "full"), Path("there/set"))

    assert isinstance(meant, errors.StorageFull)
    assert str(meant).startswith("there/set: ")


def test_a_full_disk_that_names_no_file_is_the_one_that_was_written() -> None:
    """The innermost place that was named; what an error says itself stays."""
    with (
        pytest.raises(OSError, match="full") as caught,
        errors.naming("set"),
        errors.naming("set/out"),
    ):
        raise OSError(errno.ENOSPC, "full")
    with pytest.raises(OSError, match="full") as told, errors.naming("set"):
        raise OSError(errno.ENOSPC, "full", "own")

    assert str(errors.from_system(caught.value)).startswith("set/out: the disk is full")
    assert str(errors.from_system(told.value)).startswith("own: ")


def test_a_part_is_told_by_the_name_that_it_was_to_get(tmp_path: Path) -> None:
    """People know the file that they asked for, not the one on its way to it."""
    part, goal = tmp_path / "metadata.jsonl.part", tmp_path / "metadata.jsonl"
    part.write_text("x")
    goal.mkdir()
    with pytest.raises(OSError, match="directory") as caught:
        part.replace(goal)

    assert str(errors.from_system(caught.value)).startswith(f"{goal}: ")


@pytest.mark.parametrize(("readable", "word"), [(True, "write"), (False, "read")])
def test_what_is_not_permitted_is_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, readable: bool, word: str
) -> None:
    """A file that cannot be read is not to be written elsewhere."""
    file = tmp_path / "list.csv"
    file.write_text("x")
    monkeypatch.setattr(os, "access", lambda *_: readable)
    meant = errors.from_system(PermissionError(errno.EACCES, "Permission denied", str(file)))

    assert f"no permission to {word}" in str(meant)
