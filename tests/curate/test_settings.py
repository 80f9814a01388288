"""`checks:` and `split:` of the settings file."""

from __future__ import annotations

from pathlib import Path

import pytest

from curate.settings import ChecksSettings, SplitSettings
from harvest.ledger.errors import SettingsError
from harvest.ledger.settings import Settings, load_settings


def written(tmp_path: Path, text: str) -> Settings:
    path = tmp_path / "comics.yaml"
    path.write_text(f"dataset: strips\ntargets:\n  - twitter: ada\n{text}")
    return load_settings(path)


def test_thresholds_and_switches_are_read(tmp_path: Path) -> None:
    """A threshold is set, `false` switches off, `true` and nothing mean the default."""
    text = "checks:\n  too_small: {min_side: 32}\n  blank: false\n  corrupt: true\n  too_heavy:\n"
    checks = written(tmp_path, text).section("checks", ChecksSettings)

    assert checks.too_small is not None
    assert checks.too_small.min_side == 32
    assert [check.name for check in checks.enabled()] == ["corrupt", "too_heavy", "too_small"]


@pytest.mark.parametrize(
    ("text", "line", "words"),
    [
        ("checks:\n  to_small: {min_side: 3}\n", 5, ["'to_small'", "'too_small'"]),
        ("checks:\n  too_small: {min_sides: 3}\n", 5, ["'min_sides'", "'min_side'"]),
        ("checks:\n  too_small: {min_side: big}\n", 5, ["checks.too_small.min_side", "'big'"]),
        ("checks:\n  too_small: 64\n", 5, ["checks.too_small", "64", "thresholds"]),
        ("checks:\n  blank:\n    max_deviation: -1\n", 6, ["max_deviation", "-1"]),
    ],
)
def test_faults_in_checks_name_the_line_and_the_nearest_key(
    tmp_path: Path, text: str, line: int, words: list[str]
) -> None:
    """An unknown check, key or value is one line that says where and what was meant."""
    with pytest.raises(SettingsError) as caught:
        written(tmp_path, text).section("checks", ChecksSettings)

    assert f":{line}:" in str(caught.value)
    assert all(word in str(caught.value) for word in words)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("split: {test_per_lable: 3}\n", ["'test_per_lable'", "'test_per_label'"]),
        ("split: {test_per_label: 0}\n", ["test_per_label", "0"]),
        ("split: {validation_percentage: 60, testing_percentage: 40}\n", ["below 100 together"]),
    ],
)
def test_faults_in_split_are_one_line(tmp_path: Path, text: str, words: list[str]) -> None:
    """A split that cannot be is refused before anything is built."""
    with pytest.raises(SettingsError) as caught:
        written(tmp_path, text).section("split", SplitSettings)

    assert all(word in str(caught.value) for word in words)
