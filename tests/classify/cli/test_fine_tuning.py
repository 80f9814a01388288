"""The options about fine-tuning: what they become, and what is refused in one line."""

from __future__ import annotations

from pathlib import Path

import pytest

import winnow
from classify.cli.fine_tuning import comparison, fine_tuning
from classify.settings import FineTuneSettings, TrainSettings
from harvest.ledger.errors import UsageError

OPTIONS = [
    ("--epochs", "3"),
    ("--batch-size", "8"),
    ("--learning-rate", "0.01"),
    ("--momentum", "0.5"),
    ("--dropout", "0.2"),
    ("--label-smoothing", "0.1"),
    ("--random-crop", "10"),
    ("--random-scale", "10"),
    ("--random-brightness", "10"),
    ("--flip-left-right",),
    ("--fine-tune-depth", "all"),
    ("--summaries-dir", "sums"),
]


def last_line(capsys: pytest.CaptureFixture[str], *args: str) -> str:
    """What `classify train` refuses these arguments with."""
    code = winnow.main(["classify", "train", "nowhere", "-o", "out", *args])
    lines = capsys.readouterr().err.splitlines()

    assert code == 2
    return lines[-1]


@pytest.mark.parametrize("option", OPTIONS, ids=lambda option: option[0])
def test_an_option_about_fine_tuning_without_it_is_refused(
    option: tuple[str, ...], capsys: pytest.CaptureFixture[str]
) -> None:
    """Nobody believes that ten epochs were run when none was."""
    assert last_line(capsys, *option) == (
        f"winnow: error: {option[0]}: is about fine-tuning, and nothing is fine-tuned; "
        "give --fine-tune, too"
    )


def test_every_setting_of_a_fine_tuning_has_its_option() -> None:
    """No setting is for the settings file alone."""
    names = {option[0].removeprefix("--").replace("-", "_") for option in OPTIONS}

    assert names - {"fine_tune_depth"} | {"depth"} == set(FineTuneSettings.model_fields)


@pytest.mark.parametrize(
    ("args", "said"),
    [
        (
            ["--fine-tune", "--folds", "5"],
            "--folds 5: a fine-tuning is not repeated for each fold; leave out either --folds or "
            "--fine-tune",
        ),
        (["--fine-tune", "--momentum", "1"], "'--momentum': 1.0 is not in the range 0<=x<1."),
        (["--fine-tune", "--random-crop", "100"], "--random-crop 100.0: wanted a number less"),
        (["--fine-tune", "--backbone", "my.tflite"], "my.tflite cannot be had from its file"),
    ],
)
def test_what_cannot_be_is_refused_in_a_line(
    args: list[str], said: str, capsys: pytest.CaptureFixture[str]
) -> None:
    """It names the option as it is given, before a picture is looked for."""
    assert said in last_line(capsys, *args)


@pytest.mark.parametrize("value", ["nan", "inf"])
@pytest.mark.parametrize(
    "option",
    [
        "--learning-rate",
        "--momentum",
        "--dropout",
        "--label-smoothing",
        "--random-crop",
        "--random-scale",
        "--random-brightness",
    ],
)
def test_what_is_no_number_is_refused(
    option: str, value: str, capsys: pytest.CaptureFixture[str]
) -> None:
    """NaN is in no range, and infinity is no rate."""
    said = last_line(capsys, "--fine-tune", option, value)

    assert option in said
    assert "is no number" in said or "is not in the range" in said


def test_a_settings_file_switches_it_on_and_an_option_off(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """`train: fine_tune: true` means the defaults; --no-fine-tune leaves it."""
    config = tmp_path / "winnow.yaml"
    config.write_text("dataset: mine\ntargets: [tumblr:ada]\ntrain:\n  fine_tune: true\n")
    args = ["--config", str(config), "--folds", "5"]

    assert "nowhere: no such folder" in last_line(capsys, *args, "--no-fine-tune")
    assert "--folds 5: a fine-tuning is not" in last_line(capsys, *args, "--epochs", "3")


def test_options_are_laid_over_the_settings_files_own() -> None:
    """What is not given stays as the file has it."""
    given = {"epochs": 3, "l2": 1.0}

    found = fine_tuning(given, {"epochs": 7, "momentum": 0.5})

    assert found == {"fine_tune": {"epochs": 3, "momentum": 0.5}}
    assert given == {"l2": 1.0}


def test_nothing_asked_for_is_nothing_fine_tuned() -> None:
    """The default is the head alone."""
    assert fine_tuning({}, None) == {"fine_tune": None}
    assert TrainSettings().fine_tune is None
    with pytest.raises(UsageError, match="--fine-tune-depth: "):
        fine_tuning({"depth": "all", "fine_tune": False}, {"epochs": 3})


def test_the_terminal_shows_both_with_intervals_and_the_verdict() -> None:
    """A line for each on each part, then why."""
    one = {"accuracy": 0.9, "right": 9, "interval_95": [0.6, 0.98], "log_loss": 0.25}
    part = {"on": "test", "pictures": 10, "chose": False, "head_alone": one, "fine_tuned": one}
    card = {"fine_tuning": {"handed_out": False, "because": "why", "compared": [part]}}

    title, alone, tuned, verdict = comparison(card)

    assert "both learnt from the training part alone" in title
    assert alone.startswith("head alone  0.9000 (9 of 10 right; 95 % interval 0.6000 to 0.9800)")
    assert tuned.startswith("fine-tuned  0.9000")
    assert verdict == "fine-tuned  declined: why"
    assert list(comparison({})) == []


def test_a_network_that_ended_as_the_head_alone_has_no_second_line() -> None:
    """The same figure twice would look like two models."""
    one = {"accuracy": 0.9, "right": 9, "interval_95": [0.6, 0.98], "log_loss": 0.25}
    part = {"on": "test", "pictures": 10, "chose": False, "head_alone": one, "fine_tuned": None}
    card = {"fine_tuning": {"handed_out": False, "because": "why", "compared": [part]}}

    _, alone, verdict = comparison(card)

    assert "95 % interval 0.6000 to 0.9800" in alone
    assert verdict == "fine-tuned  declined: why"
