"""What nothing reads is dropped, and what is left means the same; zeros are written once."""

from __future__ import annotations

import numpy as np

from classify.engine import Engine
from classify.tflite.dynamic import shrunk
from classify.tflite.flatbuffer import Graph
from classify.tflite.prune import prune


def _graph() -> Graph:
    graph = Graph.start("small")
    x = graph.input("image", (8, 8, 3))
    ones = np.ones((1024, 1, 1, 3), np.float32)
    graph.conv("unread", x, ones, np.ones(1024, np.float32))
    x = graph.conv("read", x, ones[:4], np.ones(4, np.float32))
    graph.model.subgraphs[0].outputs = [graph.pool("out", x).index]
    return graph


def test_dead_operators_go_with_their_weights() -> None:
    """The file shrinks by the weights that nothing read; answers stay."""
    graph = _graph()
    before = graph.write()
    x = np.random.default_rng(0).uniform(-1, 1, (1, 8, 8, 3)).astype(np.float32)

    prune(graph.model)
    after = graph.write()

    assert len(before) - len(after) > 4 * 1024 * 3
    np.testing.assert_array_equal(Engine(before, "a").run(x), Engine(after, "b").run(x))
    assert not any("unread" in graph.name(i) for i in range(len(graph.model.subgraphs[0].tensors)))


def test_pruning_twice_changes_nothing() -> None:
    """What is left is all needed."""
    graph = _graph()
    prune(graph.model)
    once = graph.write()

    prune(graph.model)

    assert graph.write() == once


def test_reading_and_writing_a_packed_file_keeps_its_bytes() -> None:
    """The zeros of many channels' scales are shared, again after they were read apart."""
    graph = Graph.start("many channels")
    x = graph.input("image", (8, 8, 3))
    for number in range(4):
        kernel = np.full((512, 1, 1, x.shape[2]), 0.5, np.float32)
        x = graph.conv(f"conv{number}", x, kernel, np.zeros(512, np.float32))
    packed = shrunk(graph.finish(x, input_name="image", output_name="out"))

    again = Graph.read(packed).write()

    assert len(again) == len(packed)
    assert len(packed) < 512 * (3 + 3 * 512) + 4 * 512 * (4 + 4) + 512 * 8 + 4000
