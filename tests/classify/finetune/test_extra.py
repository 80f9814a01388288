"""TensorFlow is asked for only where it is needed, and its absence is one line."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from classify.finetune.extra import quiet

ROOT = Path(__file__).resolve().parents[3]

EVERYTHING = """
    import importlib, pkgutil, sys
    for name in ("tensorflow", "keras"):
        sys.modules[name] = None
    import classify, curate, harvest, winnow
    count = 0
    for package in (classify, curate, harvest):
        for found in pkgutil.walk_packages(package.__path__, package.__name__ + "."):
            importlib.import_module(found.name)
            count += 1
    print(count)
"""

WITHOUT = """
    import sys
    for name in ("tensorflow", "keras"):
        sys.modules[name] = None
    import winnow
    sys.exit(winnow.main(sys.argv[1:]))
"""


def run(code: str, *words: object) -> subprocess.CompletedProcess[str]:
    """A Python in which nobody finds TensorFlow, installed or not."""
    lines = [line.removeprefix("    ") for line in code.splitlines()]
    return subprocess.run(
        [sys.executable, "-c", "\n".join(lines), *map(str, words)],
        cwd="/",
        env=os.environ | {"https_proxy": "http://127.0.0.1:9", "KERAS_HOME": "/nowhere"},
        capture_output=True,
        text=True,
        check=False,
    )


def test_no_module_needs_tensorflow_to_be_imported() -> None:
    """Every module of the three packages is imported where there is neither it nor Keras."""
    done = run(EVERYTHING)

    assert done.returncode == 0, done.stderr
    assert int(done.stdout) > 400


def test_only_its_home_imports_it() -> None:
    """By name, wherever it stands in a file."""
    users = {
        path.relative_to(ROOT).parts[:2]
        for name in ("classify", "curate", "harvest")
        for path in (ROOT / name).rglob("*.py")
        for line in path.read_text("utf-8").splitlines()
        if line.strip().startswith(("import ", "from ")) or "import_module(" in line
        if any(word.strip("\"'.(),") in ("tensorflow", "keras") for word in words_of(line))
    }

    assert users == {("classify", "finetune")}


def words_of(line: str) -> list[str]:
    return line.replace("(", " ").replace(")", " ").replace('"', " ").split()


@pytest.mark.parametrize(
    ("words", "what"),
    [
        (["--fine-tune"], "--fine-tune"),
        (["--saved-model-dir", "saved"], "--saved-model-dir"),
        (["--fine-tune", "--backbone", "mobilenet_v2"], "--fine-tune"),
        (["--backbone", "mobilenet_v2"], "--backbone mobilenet_v2"),
        (["--backbone", "mobilenet_v3"], "--backbone mobilenet_v3"),
    ],
)
def test_without_the_extra_one_line_says_what_to_install(
    pictures: Path, tmp_path: Path, words: list[str], what: str
) -> None:
    """Exit 2, nothing written, nothing embedded or fetched before; the line says what needs it."""
    done = run(WITHOUT, "classify", "train", pictures, "-o", tmp_path / "out", *words)

    assert done.returncode == 2, done.stderr
    assert done.stdout == ""
    assert done.stderr.count("\n") == 1
    assert f"winnow: error: {what} needs TensorFlow, which is not installed" in done.stderr
    assert "pip install 'winnow[tensorflow]'" in done.stderr
    assert list(tmp_path.iterdir()) == []


@pytest.mark.tensorflow
def test_tensorflow_is_imported_and_asked_without_a_word() -> None:
    """Its dozen lines about the machine are nobody's business."""
    code = """
    from classify.finetune.runtime import keras, tensorflow
    keras().layers.Dense(2)(tensorflow().ones((1, 3)))
"""
    done = run(code)

    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")


def test_what_fails_inside_is_shown_after_all(capfd: pytest.CaptureFixture[str]) -> None:
    """What is written to stderr by hand is held back, and comes where the work fails."""
    with quiet():
        os.write(2, b"chatter\n")
    hidden = capfd.readouterr().err
    with pytest.raises(ValueError, match="it fails"), quiet():
        os.write(2, b"the reason\n")
        raise ValueError("it fails")

    assert hidden == ""
    assert capfd.readouterr().err == "the reason\n"


def test_a_training_that_wants_none_of_it_imports_none_of_it() -> None:
    """Nor what it asks the network with: both take a tenth of a second."""
    done = run("import sys, classify.train; print(*sys.modules, sep='\\n')")

    names = done.stdout.split()
    assert "classify.train" in names
    assert [n for n in names if n.startswith("classify.finetune.")] == ["classify.finetune.start"]
    assert "ssl" not in names
