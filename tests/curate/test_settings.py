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


@pytest.mark.parametrize(
    "name",
    ["images/comic", "com*", "../../etc", "_rejected", "_REJECTED", "/", "a:b", "", "x" * 65],
)
def test_what_can_be_no_folder_of_a_label_is_not_protected(tmp_path: Path, name: str) -> None:
    """A path, a pattern, winnow's own folder: refused, as nothing would be protected."""
    with pytest.raises(SettingsError) as caught:
        written(tmp_path, f"checks: {{protected: [{name!r}]}}\n").section("checks", ChecksSettings)

    assert "below images/" in str(caught.value)


def test_folders_that_people_name_can_be_protected(tmp_path: Path) -> None:
    """One or several, with slashes around, and those that give no label."""
    text = "checks: {protected: [comic, /photo/, _unsorted, _later]}\n"
    checks = written(tmp_path, text).section("checks", ChecksSettings)

    assert checks.protected == ("comic", "photo", "_unsorted", "_later")


@pytest.mark.parametrize(
    "key", ["checks", "split", "labels", "rate", "train", "credentials", "endpoints", "prices"]
)
def test_a_section_whose_lines_are_commented_out_is_none(tmp_path: Path, key: str) -> None:
    """A key with nothing below it is its default."""
    settings = written(tmp_path, f"{key}:\n  # protected: [comic]\n")

    assert settings.section("checks", ChecksSettings) == ChecksSettings()
    assert settings.section("split", SplitSettings) == SplitSettings()
    assert (settings.labels, settings.rate, settings.endpoints) == ((), {}, {})


def test_empty_lines_within_sections_are_none_too(tmp_path: Path) -> None:
    """Of what stands below them."""
    text = "credentials:\n  tumblr:\nprices:\n  twitter:\nchecks:\n  protected:\n"
    settings = written(tmp_path, text)

    assert settings.credentials == written(tmp_path, "").credentials
    assert settings.prices == written(tmp_path, "").prices
    assert settings.section("checks", ChecksSettings).protected == ()


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("checks: foo\n", "checks: 'foo' does not fit; wanted keys below it, each with its value"),
        ("split: [1]\n", "wanted keys below it"),
        ("checks: {wrong_format: {allowed: jpeg}}\n", "wanted a list such as [jpeg]"),
        ("labels: comic\n", "wanted a list such as [comic]"),
        ("checks: {near_duplicate: {max_distance256: .nan}}\n", "nan does not fit; wanted a"),
        ("checks: {dark: {max_brightness: .nan}}\n", "wanted a number"),
        ("checks: {too_small: {min_side: big}}\n", "wanted a whole number"),
        ("checks: {too_small: {min_side: 1.5}}\n", "wanted a whole number"),
        ("allow_private: perhaps\n", "wanted true or false"),
        ("checks: {too_heavy: {max_pixels: 89478486}}\n", "wanted at most 89,478,485"),
    ],
)
def test_what_was_wanted_is_told_in_plain_words(tmp_path: Path, text: str, wanted: str) -> None:
    """No dictionary, no tuple, no bound that a value of no size cannot meet."""
    with pytest.raises(SettingsError) as caught:
        settings = written(tmp_path, text)
        settings.section("checks", ChecksSettings)
        settings.section("split", SplitSettings)

    assert wanted in str(caught.value)


def test_targets_that_are_commented_out_are_an_error(tmp_path: Path) -> None:
    """There is nothing to gather, and the line says how a target is written."""
    path = tmp_path / "comics.yaml"
    path.write_text("dataset: strips\ntargets:\n#  - twitter: ada\n")

    with pytest.raises(SettingsError, match="wanted a list of targets like `- twitter: NAME`"):
        load_settings(path)
