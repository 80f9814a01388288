"""Nearest training pictures, and held-out pictures that the training knew."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
from PIL import Image

from classify.backbone import open_backbone
from classify.data import Example
from classify.likeness import Sights
from classify.measures.judged import judge
from classify.measures.leakage import Side, find_twins
from classify.measures.nearest import Shelf
from classify.pixels import load_pixels, signed

Draw = Callable[[str, int], Image.Image]


def _examples(*names: str) -> tuple[Example, ...]:
    return tuple(Example(Path(name), name, name[0], "train", "") for name in names)


def _side(x: np.ndarray, fold: int, examples: tuple[Example, ...]) -> Side:
    """Files of bytes that no other has."""
    shas = tuple(f"{fold} {example.file}" for example in examples)
    return Side(x, np.full(len(examples), fold, np.intp), examples, shas)


def test_the_nearest_by_the_angle_of_what_is_unusual() -> None:
    """A number that is large everywhere says nothing; length does not count; ties keep order."""
    x = np.array([[100, 1, 0], [100, 2, 0], [100, -1, 0], [100, 0, 3], [100, -2, -3]], np.float32)
    shelf = Shelf(x, _examples("a1", "a2", "b", "c", "d"))

    found = shelf.nearest(np.array([100, 5, 0], np.float32), np.ones(5, bool))
    others = shelf.nearest(x[0], np.array([False, False, True, False, False]))

    assert [neighbour.example.file for neighbour in found] == ["a1", "a2", "c"]
    assert found[0].similarity > 0.9
    assert found[2].similarity < 0.1
    assert [neighbour.example.file for neighbour in others] == ["b"]


def test_a_copy_in_the_training_is_found_and_a_stranger_is_not(tmp_path: Path, draw: Draw) -> None:
    """Re-encoded, mirrored and re-sized copies are told; another drawing of the label is not."""
    first = draw("stripes", 1)
    made = {
        "own.png": first,
        "stranger.png": draw("stripes", 2),
        "half.jpg": first.resize((first.width // 2, first.height // 2)),
        "mirror.png": first.transpose(Image.Transpose.FLIP_LEFT_RIGHT),
        "other.png": draw("stripes", 3),
    }
    for name, image in made.items():
        image.save(tmp_path / name)
    examples = tuple(Example(tmp_path / name, name, "stripes", "train", "") for name in made)
    engine = open_backbone("embedded", 96).engine
    x = np.stack(
        [engine.run(signed(load_pixels(e.path, (96, 96), "squash"))[None])[0] for e in examples]
    )
    truth, sure = np.zeros(3, np.intp), np.array([[0.9, 0.1], [0.9, 0.1], [0.2, 0.8]])
    judged = judge("test", ("stripes", "dots"), examples[2:], truth, sure)

    held, known = _side(x[2:], 0, examples[2:]), _side(x[:2], 1, examples[:2])
    found = find_twins(judged, held, known, Sights())

    pairs = {(twin.held_out.file, twin.known.file) for twin in found.twins}
    assert pairs == {("half.jpg", "own.png"), ("mirror.png", "own.png")}
    assert (found.looked_at, found.right_without) == (3, 0)
    assert found.facts()["accuracy_without_them"] == 0.0
    assert "2 of 3 held-out pictures (test)" in found.note()


def test_pictures_of_one_fold_are_not_compared(tmp_path: Path, draw: Draw) -> None:
    """What lies on the same side teaches nothing that is measured there."""
    for name in ("a.png", "b.png"):
        draw("dots", 1).save(tmp_path / name)
    examples = tuple(Example(tmp_path / n, n, "dots", "train", "") for n in ("a.png", "b.png"))
    x = np.ones((2, 4), np.float32)
    judged = judge("2 folds", ("dots",), examples, np.zeros(2, np.intp), np.ones((2, 1)))

    def look(folds: list[int]) -> int:
        of = np.array(folds, np.intp)
        both = Side(x, of, examples, ("one", "two"))
        return len(find_twins(judged, both, both, Sights()).twins)

    assert (look([0, 1]), look([0, 0])) == (2, 0)
    alone = _side(x, 0, examples)
    assert find_twins(judged, alone, alone, Sights()).note() == ""


def test_a_picture_that_is_gone_is_no_twin(tmp_path: Path) -> None:
    """Files may vanish between embedding and report."""
    examples = _examples("/nowhere/a", "/nowhere/b")
    x = np.ones((2, 4), np.float32)
    judged = judge("test", ("a",), examples[:1], np.zeros(1, np.intp), np.ones((1, 1)))

    held, known = _side(x[:1], 0, examples[:1]), _side(x, 1, examples)
    found = find_twins(judged, held, known, Sights())

    assert found.twins == ()
