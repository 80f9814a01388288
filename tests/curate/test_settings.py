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
    names = {check.name for check in checks.enabled()}

    assert checks.too_small is not None
    assert checks.too_small.min_side == 32
    assert names == {check.name for check in ChecksSettings().enabled()} - {"blank"}


def test_a_check_that_is_off_is_switched_on_by_a_word(tmp_path: Path) -> None:
    """`true` or a threshold is enough for those that wait to be asked for."""
    text = "checks:\n  sensitive: true\n  blurry: {min_variance: 9, action: reject}\n  dark: null\n"
    checks = written(tmp_path, text).section("checks", ChecksSettings)

    assert checks.sensitive is not None
    assert checks.blurry is not None
    assert (checks.blurry.min_variance, checks.blurry.action) == (9, "reject")
    assert checks.dark is not None
    assert ChecksSettings().sensitive is None


@pytest.mark.parametrize(
    ("text", "line", "words"),
    [
        ("checks:\n  to_small: {min_side: 3}\n", 5, ["'to_small'", "'too_small'"]),
        ("checks:\n  too_small: {min_sides: 3}\n", 5, ["'min_sides'", "'min_side'"]),
        ("checks:\n  too_small: {min_side: big}\n", 5, ["checks.too_small.min_side", "'big'"]),
        ("checks:\n  too_small: 64\n", 5, ["checks.too_small", "64", "thresholds"]),
        ("checks:\n  blank:\n    max_deviation: -1\n", 6, ["max_deviation", "-1"]),
        ("checks:\n  dark: {action: delete}\n", 5, ["checks.dark.action", "'delete'", "'warn'"]),
        ("checks:\n  wrong_format: {allowed: [jpeg, tga]}\n", 5, ["wrong_format.allowed", "webp"]),
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
        ("split: {by: artist}\n", ["split.by", "'artist'", "'account'"]),
        ("split: {max_per_label: 9, test_per_label: 5, train_per_label: 5}\n", ["10 or more"]),
        (
            "split:\n  test_per_label: 3\n  seed: 1\n  testing_percentage: 20\n",
            [":5: split.test_per_label", "either test_per_label or testing_percentage, not both"],
        ),
    ],
)
def test_faults_in_split_are_one_line(tmp_path: Path, text: str, words: list[str]) -> None:
    """A split that cannot be is refused before anything is built."""
    with pytest.raises(SettingsError) as caught:
        written(tmp_path, text).section("split", SplitSettings)

    assert all(word in str(caught.value) for word in words)


def test_the_command_line_outranks_the_file(tmp_path: Path) -> None:
    """A number for the test part takes the place of the file's share, and the other way round."""
    text = "split: {testing_percentage: 20, validation_percentage: 5, seed: 4}\n"
    file = written(tmp_path, text).section("split", SplitSettings)
    number = file.overridden({"test_per_label": 3, "by": "account"})
    share = number.overridden({"testing_percentage": 15})

    assert number.plan == "test 3 a label, validation 5%, seed 4, by account"
    assert share.plan == "test 15%, validation 5%, seed 4, by account"
    assert SplitSettings().plan == "test 10%, validation 10%, seed 0"
