"""What is written into a model can be read out of it, and damage is as if it were not there."""

from __future__ import annotations

import io
import zipfile

import flatbuffers
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from classify.engine import Engine
from classify.tflite.enclosed import Normalisation, enclosed_labels, normalisation
from classify.tflite.flatbuffer import Graph
from classify.tflite.metadata import Description, described

ABOUT = Description(
    name="a classifier",
    text="of cats",
    author="a test",
    licence="Apache-2.0",
    labels=("Cat", "größer", "犬"),
    mean=127.5,
    std=64.0,
)


def _model() -> bytes:
    graph = Graph.start("small")
    x = graph.pool("pool", graph.input("image", (8, 8, 3)))
    return graph.finish(graph.softmax("out", x), input_name="image", output_name="out")


WRITTEN = described(_model(), ABOUT)


def test_labels_and_normalisation_come_back() -> None:
    """The labels as they were, beyond ASCII too, and how the input is scaled."""
    assert enclosed_labels(WRITTEN) == [ABOUT.labels]
    assert normalisation(WRITTEN) == Normalisation((127.5,), (64.0,))


def test_a_model_without_metadata_says_nothing() -> None:
    """No labels, no normalisation, no error."""
    assert enclosed_labels(_model()) == []
    assert normalisation(_model()) is None


def test_the_metadata_are_a_flatbuffer_of_their_own() -> None:
    """Identifier M001, in the one buffer that is named TFLITE_METADATA, also when written twice."""
    tree = Graph.read(described(WRITTEN, ABOUT)).model

    (entry,) = tree.metadata

    packed = bytes(tree.buffers[entry.buffer].data)
    assert entry.name == b"TFLITE_METADATA"
    assert flatbuffers.util.BufferHasIdentifier(packed, 0, b"M001")
    for word in (ABOUT.name, ABOUT.text, ABOUT.author, ABOUT.licence, "labels.txt"):
        assert word.encode() in packed


def test_writing_again_gives_the_same_bytes() -> None:
    """No date, no leftover of what was written before."""
    assert described(_model(), ABOUT) == WRITTEN
    assert described(WRITTEN, ABOUT) == WRITTEN


def test_the_model_runs_as_before() -> None:
    """What stands behind the graph is not in its way."""
    x = np.random.default_rng(0).uniform(-1, 1, (2, 8, 8, 3)).astype(np.float32)

    found = Engine(WRITTEN, "described").run(x)

    np.testing.assert_array_equal(found, Engine(_model(), "bare").run(x))


def test_the_file_opens_as_a_zip() -> None:
    """As TFLite's own tools write it; the date is the oldest that a zip knows."""
    with zipfile.ZipFile(io.BytesIO(WRITTEN)) as archive:
        (entry,) = archive.infolist()

        assert archive.testzip() is None
        assert entry.date_time == (1980, 1, 1, 0, 0, 0)
        assert archive.read(entry).decode() == "Cat\ngrößer\n犬\n"


def _zipped(files: dict[str, bytes]) -> bytes:
    stream = io.BytesIO(_model())
    stream.seek(0, io.SEEK_END)
    with zipfile.ZipFile(stream, "a", zipfile.ZIP_DEFLATED) as archive:
        for name, data in files.items():
            archive.writestr(name, data)
    return stream.getvalue()


def test_other_peoples_zips() -> None:
    """Labels first, other texts after them, anything else not at all; no bomb is unpacked."""
    data = _zipped(
        {
            "vocab.txt": b"w\n",
            "picture.png": b"x",
            "my_labels.txt": b"\xef\xbb\xbfa\r\nb\r\n\r\n",
            "latin.txt": b"\xff\xfe\xfd",
            "bomb.txt": b"0" * 50_000_000,
        }
    )

    assert enclosed_labels(data) == [("a", "b"), ("w",)]


@given(st.integers(0, len(WRITTEN) - 1), st.integers(0, 255))
def test_damage_is_no_error(place: int, byte: int) -> None:
    """Whatever one byte becomes, reading what the file says of itself does not fail."""
    data = bytearray(WRITTEN)
    data[place] = byte

    labels, said = enclosed_labels(bytes(data)), normalisation(bytes(data))

    assert isinstance(labels, list)
    assert said is None or all(said.std)


@pytest.mark.parametrize("cut", [0, 3, 8, 100, len(_model()), len(WRITTEN) - 1])
def test_a_cut_file_is_no_error(cut: int) -> None:
    """A file may end anywhere."""
    assert enclosed_labels(WRITTEN[:cut]) == []
    assert normalisation(WRITTEN[:cut]) in (None, Normalisation((127.5,), (64.0,)))


@pytest.mark.parametrize("std", [0.0, float("nan"), float("inf")])
def test_a_scale_that_cannot_be_is_not_taken(std: float) -> None:
    """Nothing is divided by zero, or by what is no number, because a file says so."""
    about = Description("n", "t", "a", "l", ("x", "y", "z"), 0.0, 1.0)
    data = described(_model(), about)
    packed = np.array([1.0], np.float32).tobytes()
    places = [i for i in range(len(data)) if data[i : i + 4] == packed]
    found = set()
    for place in places:
        spoilt = data[:place] + np.array([std], np.float32).tobytes() + data[place + 4 :]
        found.add(normalisation(spoilt))

    assert None in found
    assert found <= {None, Normalisation((0.0,), (1.0,))}
