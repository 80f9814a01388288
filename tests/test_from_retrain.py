"""docs/from-retrain.md tells the truth: every flag is there, every row is tried."""

from __future__ import annotations

import os
import re
import shlex
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from click.testing import CliRunner, Result
from PIL import Image, ImageDraw

import winnow

PAGE = (Path(__file__).resolve().parent.parent / "docs" / "from-retrain.md").read_text("utf-8")
NOTHING = "not needed"

FLAGS = {
    "retrain.py": "image_dir output_graph output_labels intermediate_output_graphs_dir "
    "intermediate_store_frequency summaries_dir how_many_training_steps learning_rate "
    "testing_percentage validation_percentage eval_step_interval train_batch_size "
    "test_batch_size validation_batch_size print_misclassified_test_images bottleneck_dir "
    "final_tensor_name flip_left_right random_crop random_scale random_brightness architecture "
    "saved_model_dir",
    "make_image_classifier": "image_dir tfhub_module image_size saved_model_dir "
    "tflite_output_file labels_output_file summaries_dir assert_accuracy_at_least train_epochs "
    "do_fine_tuning batch_size learning_rate momentum dropout_rate l1_regularizer l2_regularizer "
    "label_smoothing validation_split do_data_augmentation rotation_range horizontal_flip "
    "width_shift_range height_shift_range zoom_range",
    "label_image.py": "image graph labels input_height input_width input_mean input_std "
    "model_file label_file check_label",
}
"""The flags of the three programs, as their sources have them."""


def rows(title: str) -> Iterator[tuple[list[str], str]]:
    """Flags and our words of each row of a section; the words without the code's backticks."""
    section = PAGE.split(f"## {title}\n")[1].split("\n## ")[0]
    for line in re.findall(r"^\| (`-.*)", section, re.M):
        flags, ours, _ = (cell.strip() for cell in line.split("|")[:3])
        code = re.fullmatch(r"`([^`]*)`", ours)
        assert code or ours == NOTHING, line
        yield re.findall(r"`-+(\w+)`", flags), code[1] if code else NOTHING


def needs_tensorflow(words: str) -> bool:
    return "--fine-tune" in words or "saved" in words


def merged(title: str, *, heavy: bool) -> list[str]:
    """The options of a section's rows as one command's, each once, those of one kind."""
    options: dict[str, list[str]] = {}
    for _, words in rows(title):
        if words.startswith("-") and needs_tensorflow(words) == heavy:
            for option in re.findall(r"-\S+(?: [^-]\S*)?", words):
                name, *value = option.split(" ")
                options[name] = value
    return [word for name, value in options.items() for word in (name, *value)]


@pytest.fixture
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A working folder with the pictures that the page speaks of."""
    monkeypatch.setenv("WINNOW_CACHE", os.environ.get("WINNOW_CACHE", str(tmp_path / "cache")))
    monkeypatch.chdir(tmp_path)
    for folder, count in (("pictures", 14), ("others", 4)):
        for label in ("dots", "stripes"):
            (tmp_path / folder / label).mkdir(parents=True)
            for number in range(count):
                file = tmp_path / folder / label / f"{folder}{number:02}.png"
                _drawn(label, number + 50 * len(folder)).save(file)
    shutil.copy(tmp_path / "others/dots/others00.png", tmp_path / "picture.png")
    return tmp_path


def _drawn(label: str, seed: int) -> Image.Image:
    image = Image.new("RGB", (110, 110), (seed * 7 % 90, seed * 13 % 90, seed * 29 % 90))
    pen = ImageDraw.Draw(image)
    for i in range(12):
        x, y = (seed * 31 + i * 37) % 110, (seed * 17 + i * 53) % 110
        if label == "dots":
            pen.ellipse((x - 8, y - 8, x + 8, y + 8), fill=(250, 200, i * 20))
        else:
            pen.line((x, 0, 110 - x, 110), fill=(120, i * 20, 250), width=5)
    return image


@pytest.fixture
def run(place: Path) -> Callable[..., Result]:
    """Run a command of the page in that folder."""

    def words(*given: str) -> Result:
        command = winnow.cli.get_command(None, "classify")  # type: ignore[arg-type]
        assert command is not None
        done = CliRunner().invoke(command, given, catch_exceptions=False)
        assert done.exit_code == 0, (given, done.output)
        return done

    return words


@pytest.mark.parametrize("title", sorted(FLAGS))
def test_no_flag_is_missing_and_none_is_made_up(title: str) -> None:
    """Each flag of the three programs stands in the page once."""
    named = [flag for flags, _ in rows(title) for flag in flags if len(flag) > 1]

    assert sorted(named) == sorted(FLAGS[title].split())


@pytest.mark.parametrize("title", ["retrain.py", "make_image_classifier"])
def test_the_rows_without_tensorflow_run(
    run: Callable[..., Result], place: Path, title: str
) -> None:
    """All of them in one training."""
    options = merged(title, heavy=False)

    run("train", "pictures", *options)

    assert "--image-size" in options
    assert {path.name for path in (place / "model").iterdir()} >= {"model.tflite", "labels.txt"}


def test_the_bottlenecks_go_where_the_variable_says(
    run: Callable[..., Result], place: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """And label_image.py's rows answer with the model that comes of it."""
    (variable,) = [words for flags, words in rows("retrain.py") if "bottleneck_dir" in flags]
    name, value = variable.split("=")
    monkeypatch.setenv(name, str(place / value))
    run("train", "pictures", "-o", "model", "--image-size", "96")
    assert (place / value / "embeddings.bin").stat().st_size > 0
    files = {words for _, words in rows("label_image.py") if not words.startswith("-")}

    options = [shlex.split(words) for _, words in rows("label_image.py") if words[0] == "-"]
    said = [run("predict", "model/model.tflite", "picture.png", *each).output for each in options]

    assert files == {"picture.png", "model/model.tflite", NOTHING}
    assert len(options) == 4
    assert all("picture.png" in each for each in said[:-1])


@pytest.mark.tensorflow
@pytest.mark.parametrize("title", ["retrain.py", "make_image_classifier"])
def test_the_rows_with_tensorflow_run(run: Callable[..., Result], place: Path, title: str) -> None:
    """All of them in one fine-tuning of one epoch."""
    options = merged(title, heavy=True)

    enough = ["--validation-percentage", "60"]  # of 28 pictures: ten or more must decide
    run("train", "pictures", "-o", "model", "--image-size", "96", *enough, *options)

    assert (place / "saved" / "saved_model.pb").is_file()
    assert any((place / "summaries").rglob("events.out.*"))
    assert (place / "model" / "model.tflite").is_file()
