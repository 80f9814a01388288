"""Choosing a backbone: the embedded one from the cache, or any TFLite feature extractor."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from classify.backbone import open_backbone
from classify.cache import cache_folder
from classify.choices import Features
from classify.engine import Engine
from classify.tflite.flatbuffer import Graph
from classify.tflite.lite0 import WIDTHS
from harvest.ledger.errors import DataError, UsageError


@pytest.fixture
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    folder = tmp_path / "cache"
    monkeypatch.setenv("WINNOW_CACHE", str(folder))
    return folder


def _extractor(path: Path, *, pooled: bool, side: int = 8, channels: int = 3) -> Path:
    graph = Graph.start("tiny")
    kernel = np.random.default_rng(0).normal(size=(5, 3, 3, channels)).astype(np.float32)
    source = graph.input("x", (side, side, channels))
    y = graph.conv("y", source, kernel, np.zeros(5, np.float32), stride=2)
    if pooled:
        y = graph.pool("p", y)
    path.write_bytes(graph.finish(y, input_name="x", output_name="y"))
    return path


def test_the_embedded_backbone_is_written_once(cache: Path) -> None:
    """The second opening takes the first one's file, and the bytes are the same."""
    first = open_backbone("embedded", 96)
    files = list(cache.iterdir())
    stamp = files[0].stat().st_mtime_ns

    second = open_backbone("embedded", 96)

    assert first.data == second.data
    assert first.width == WIDTHS["all"]
    assert [file.name for file in cache.iterdir()] == [files[0].name]
    assert files[0].stat().st_mtime_ns == stamp


def test_a_damaged_cached_graph_is_written_again(cache: Path) -> None:
    """A flipped byte in the cache is noticed and mended."""
    good = open_backbone("embedded", 96).data
    file = next(cache.iterdir())
    torn = bytearray(good)
    torn[len(torn) // 2] ^= 0xFF
    file.write_bytes(torn)

    assert open_backbone("embedded", 96).data == good
    assert file.read_bytes() == good


def test_a_cache_that_cannot_be_written_is_no_obstacle(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Where the cache folder cannot be made, the backbone is made in memory."""
    (tmp_path / "file").write_text("in the way")
    monkeypatch.setenv("WINNOW_CACHE", str(tmp_path / "file" / "cache"))

    assert open_backbone("embedded", 96).width == WIDTHS["all"]


def test_the_cache_folder_follows_the_environment(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """WINNOW_CACHE, then XDG_CACHE_HOME, then the home folder."""
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "xdg"))
    monkeypatch.setenv("WINNOW_CACHE", str(tmp_path / "own"))
    found = [cache_folder()]
    monkeypatch.delenv("WINNOW_CACHE")
    found.append(cache_folder())
    monkeypatch.delenv("XDG_CACHE_HOME")
    found.append(cache_folder())

    assert found == [tmp_path / "own", tmp_path / "xdg/winnow", tmp_path / ".cache/winnow"]


@pytest.mark.parametrize("pooled", [True, False])
def test_any_extractor_can_be_the_backbone(tmp_path: Path, pooled: bool) -> None:
    """Rank 2 is taken as it is; rank 4 is pooled to the mean over height and width."""
    path = _extractor(tmp_path / "tiny.tflite", pooled=pooled)
    x = np.random.default_rng(1).uniform(-1, 1, (1, 8, 8, 3)).astype(np.float32)
    wanted = open_backbone(str(_extractor(tmp_path / "p.tflite", pooled=True)), None).engine.run(x)

    backbone = open_backbone(str(path), None)

    assert (backbone.size, backbone.width) == (8, 5)
    np.testing.assert_allclose(backbone.engine.run(x), wanted, atol=1e-6)


@pytest.mark.parametrize("features", WIDTHS)
def test_a_choice_of_features_is_columns_of_the_whole_embedding(features: Features) -> None:
    """The graph of some features gives, bit for bit, their columns of the whole graph's output."""
    backbone = open_backbone("embedded", 96)
    x = np.random.default_rng(3).uniform(-1, 1, (1, 96, 96, 3)).astype(np.float32)
    whole = backbone.engine.run(x)

    found = Engine(backbone.graph(features), features).run(x)

    assert whole.shape == (1, backbone.width)
    np.testing.assert_array_equal(found, whole[:, backbone.columns(features)])


def test_a_foreign_extractor_has_the_top_alone(tmp_path: Path) -> None:
    """Its one output is the top; other features are refused by name."""
    path = _extractor(tmp_path / "tiny.tflite", pooled=True)
    backbone = open_backbone(str(path), None)

    assert backbone.columns("top").tolist() == [0, 1, 2, 3, 4]
    assert backbone.graph("top") == backbone.data
    for ask in (backbone.columns, backbone.graph):
        with pytest.raises(UsageError, match="'all' need the embedded backbone, not tiny"):
            ask("all")


def test_what_is_no_extractor_is_refused_by_name(tmp_path: Path) -> None:
    """Text, a torn model, one channel: each is one line that says what was wanted."""
    text = tmp_path / "text.tflite"
    text.write_text("<html>not found</html>")
    empty = tmp_path / "empty.tflite"
    empty.touch()
    whole = _extractor(tmp_path / "whole.tflite", pooled=True).read_bytes()
    torn = tmp_path / "torn.tflite"
    torn.write_bytes(whole[: len(whole) // 2])
    grey = _extractor(tmp_path / "grey.tflite", pooled=True, channels=1)

    for path in (text, empty, torn, grey):
        with pytest.raises(DataError, match=path.name) as caught:
            open_backbone(str(path), None)
        assert "\n" not in str(caught.value)


def test_sizes_that_do_not_fit_are_refused(tmp_path: Path) -> None:
    """Both kinds of backbone say which sizes they take."""
    path = _extractor(tmp_path / "tiny.tflite", pooled=True)

    with pytest.raises(UsageError, match="96 to 224 in steps of 32"):
        open_backbone("embedded", 100)
    with pytest.raises(UsageError, match="takes 8 px"):
        open_backbone(str(path), 96)
    with pytest.raises(UsageError, match="cannot be read"):
        open_backbone(str(tmp_path / "none.tflite"), None)


FULL = """
import resource
from classify.backbone import open_backbone
resource.setrlimit(resource.RLIMIT_FSIZE, (100_000, 100_000))
print(open_backbone("embedded", 96).width)
"""


def test_a_cache_that_cannot_be_written_holds_no_parts(cache: Path) -> None:
    """A full disk costs time, and nothing is left of what was begun."""
    ran = subprocess.run(
        [sys.executable, "-c", FULL], capture_output=True, text=True, env={**os.environ}, check=True
    )

    assert ran.stdout == f"{WIDTHS['all']}\n"
    assert list(cache.iterdir()) == []


def test_parts_of_killed_runs_are_swept_away(cache: Path) -> None:
    """Those that are old: another process may be writing the others."""
    cache.mkdir()
    old, new, others = (cache / name for name in ("tmpold.part", "tmpnew.part", "mine.part"))
    for file in (old, new, others):
        file.write_bytes(b"torn")
    for file in (old, others):
        os.utime(file, (0, 0))

    open_backbone("embedded", 96)

    assert [file.exists() for file in (old, new, others)] == [False, True, True]
