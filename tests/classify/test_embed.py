"""Files to embeddings: in order, whatever befalls one, the same alone and together."""

from __future__ import annotations

import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from classify import embed
from classify.backbone import open_backbone
from classify.cache import EmbeddingStore
from classify.embed import Embedded, Embedder, Fault
from classify.likeness import cells_of

Draw = Callable[[str, int], Image.Image]

RUN = """
import sys
from pathlib import Path
from classify.backbone import open_backbone
from classify.cache import EmbeddingStore
from classify.embed import Embedder
files = sorted(Path(sys.argv[1]).iterdir())
with EmbeddingStore(Path(sys.argv[2])) as store:
    for result in Embedder(open_backbone("embedded", 96), "squash", store).embed(files):
        print("remembered" if result.remembered else "embedded", flush=True)
"""


@pytest.fixture
def files(tmp_path: Path, draw: Draw) -> list[Path]:
    """Nine good pictures with three files among them that are none."""
    folder = tmp_path / "files"
    folder.mkdir()
    for number in range(9):
        draw("dots", number).save(folder / f"{number}.png")
    (folder / "0a.jpg").write_text("<html>gone</html>")
    (folder / "4a.jpg").touch()
    (folder / "5a.jpg").symlink_to(folder / "nowhere")
    return sorted(folder.iterdir())


@pytest.mark.parametrize("jobs", [1, 3])
@pytest.mark.parametrize("side", [96, 192])
def test_results_come_in_order_and_equal_those_of_single_pictures(
    files: list[Path], side: int, jobs: int
) -> None:
    """However many go to a thread at once, each gets its own numbers, to the last bit."""
    embedder = Embedder(open_backbone("embedded", side), "squash")

    results = list(embedder.embed(files, jobs))

    assert [result.path for result in results] == files
    assert [r.reason for r in results if isinstance(r, Fault)] == [
        "not_an_image",
        "empty",
        "missing",
    ]
    for result in results:
        if isinstance(result, Embedded):
            np.testing.assert_array_equal(result.vector, embedder.vector(result.path))


def test_a_file_too_long_to_hold_is_read_from_its_place(
    files: list[Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    """It gets the digest and the numbers that it gets from memory."""
    embedder = Embedder(open_backbone("embedded", 96), "squash")
    held = embedder(files[0])
    monkeypatch.setattr(embed, "_HELD_BYTES", 10)
    read = embedder(files[0])

    assert isinstance(held, Embedded)
    assert isinstance(read, Embedded)
    assert read.sha256 == held.sha256
    np.testing.assert_array_equal(read.vector, held.vector)


def test_what_was_embedded_is_remembered_by_its_bytes(files: list[Path], tmp_path: Path) -> None:
    """Under another name too; with another fit or size it is another embedding."""
    copy = tmp_path / "copy.png"
    copy.write_bytes(files[0].read_bytes())
    small, large = open_backbone("embedded", 96), open_backbone("embedded", 128)
    with EmbeddingStore(tmp_path / "e.bin") as store:
        first = Embedder(small, "squash", store)(files[0])
    with EmbeddingStore(tmp_path / "e.bin") as store:
        again = Embedder(small, "squash", store)(copy)
        others = [Embedder(small, "pad", store)(copy), Embedder(large, "squash", store)(copy)]

    assert isinstance(first, Embedded)
    assert isinstance(again, Embedded)
    assert (first.remembered, again.remembered) == (False, True)
    np.testing.assert_array_equal(first.vector, again.vector)
    assert [isinstance(o, Embedded) and o.remembered for o in others] == [False, False]


def test_leaving_early_drops_what_has_not_begun(files: list[Path]) -> None:
    """Whoever stops asking does not wait for the files that are left."""
    asked = 0

    def endless() -> Iterator[Path]:
        nonlocal asked
        while True:
            asked += 1
            yield files[0]

    results = Embedder(open_backbone("embedded", 96), "squash").embed(endless(), 2)
    next(results)
    before = asked
    results.close()  # type: ignore[attr-defined]

    assert asked == before


def test_after_kill_9_the_same_command_goes_on_where_it_was(tmp_path: Path, draw: Draw) -> None:
    """What was flushed before the kill is remembered, all the rest is embedded."""
    folder = tmp_path / "files"
    folder.mkdir()
    for number in range(150):
        draw("stripes", number).resize((40, 40)).save(folder / f"{number:03}.png")
    command = [sys.executable, "-c", RUN, str(folder), str(tmp_path / "e.bin")]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
    assert process.stdout is not None
    with process.stdout as lines:
        first = [lines.readline() for _ in range(110)]
        process.send_signal(signal.SIGKILL)
    process.wait()

    again = subprocess.run(command, capture_output=True, text=True, check=True).stdout.splitlines()

    assert set(first) == {"embedded\n"}
    assert len(again) == 150
    # A flush comes at every mebibyte: 93 of these embeddings.
    assert again.count("remembered") >= 93
    assert set(again[:80]) == {"remembered"}


def test_small_greys_come_of_the_same_decode_and_are_kept(
    files: list[Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Where the embedding is known and the grey is not, it is made; the bits are the same."""
    backbone = open_backbone("embedded", 96)
    decoded = []
    monkeypatch.setattr(embed, "cells_of", lambda picture: decoded.append(1) or cells_of(picture))

    def ran(name: str, **wanted: bool) -> list[Embedded]:
        with EmbeddingStore(tmp_path / name) as store:
            found = list(Embedder(backbone, "squash", store, **wanted).embed(files))
        return [result for result in found if isinstance(result, Embedded)]

    plain = ran("later")
    first, again = ran("store", with_cells=True), ran("store", with_cells=True)
    assert len(decoded) == 9
    later = ran("later", with_cells=True)

    assert len(decoded) == 18
    assert all(result.cells is None for result in plain)
    assert not any(result.remembered for result in first)
    assert all(result.remembered for result in (*again, *later))
    for results in (again, later):
        for one, other in zip(first, results, strict=True):
            assert one.cells is not None
            assert one.cells.shape == (48, 48)
            assert np.array_equal(one.cells, other.cells)
            assert np.array_equal(one.vector, other.vector)
