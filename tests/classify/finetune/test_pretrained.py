"""A file of weights is taken when it is whole, and only then."""

from __future__ import annotations

import hashlib
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from classify.finetune.pretrained import WeightsFile, keras_folder, pretrained
from harvest.ledger.errors import DataError

DATA = bytes(range(256)) * 1000
GOOD = hashlib.md5(DATA).hexdigest()


class Shelf(BaseHTTPRequestHandler):
    """`/whole`, `/half` (it announces all), `/other` (as long, other bytes), `/endless`."""

    asked: list[tuple[str, str]] = []  # noqa: RUF012 - of this test's server alone

    def do_GET(self) -> None:
        self.asked.append((self.path, self.headers["User-Agent"]))
        kind = self.path.split("/")[1]
        if kind == "none":
            self.send_error(404)
            return
        self.send_response(200)
        if kind != "endless":
            self.send_header("Content-Length", str(len(DATA)))
        self.end_headers()
        parts = {"whole": DATA, "half": DATA[:1000], "other": DATA[::-1], "endless": DATA * 2}
        self.wfile.write(parts[kind])

    def log_message(self, *_: object) -> None:
        """Say nothing."""


@pytest.fixture
def shelf(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[str]:
    """A server, and a Keras folder of this test's own."""
    monkeypatch.setenv("KERAS_HOME", str(tmp_path / "keras"))
    monkeypatch.setattr(Shelf, "asked", [])
    with ThreadingHTTPServer(("127.0.0.1", 0), Shelf) as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.01,))
        thread.start()
        yield f"http://127.0.0.1:{server.server_address[1]}"
        server.shutdown()
        thread.join()


def test_it_is_fetched_once_and_lies_where_keras_looks(shelf: str, tmp_path: Path) -> None:
    """The second time nobody is asked; the server learns who asked."""
    file = WeightsFile(f"{shelf}/whole/w.h5", len(DATA), GOOD)

    first, second = pretrained(file, "x"), pretrained(file, "x")

    assert first == second == tmp_path / "keras" / "models" / "w.h5"
    assert first.read_bytes() == DATA
    ((_, agent),) = Shelf.asked
    assert agent.startswith("winnow/")
    assert [path.name for path in keras_folder().iterdir()] == ["w.h5"]


@pytest.mark.parametrize("kind", ["none", "half", "other", "endless"])
def test_what_is_not_whole_is_never_kept(shelf: str, kind: str) -> None:
    """One line names the file, its size, the address and the folder; nothing lies there."""
    file = WeightsFile(f"{shelf}/{kind}/w.h5", len(DATA), GOOD)

    with pytest.raises(DataError) as caught:
        pretrained(file, "mobilenet_v3")

    said = str(caught.value)
    assert "\n" not in said
    for word in ("mobilenet_v3", "w.h5", "256,000 bytes", file.url, str(keras_folder())):
        assert word in said
    assert list(keras_folder().iterdir()) == []


@pytest.mark.parametrize("there", [DATA[:1000], DATA[::-1]])
def test_half_a_file_of_keras_is_not_taken_for_whole(shelf: str, there: bytes) -> None:
    """It is fetched again, and stays as it is where that fails."""
    keras_folder().mkdir(parents=True)
    path = keras_folder() / "w.h5"
    path.write_bytes(there)

    with pytest.raises(DataError, match="is not whole"):
        pretrained(WeightsFile(f"{shelf}/none/w.h5", len(DATA), GOOD), "x")
    left = path.read_bytes()
    pretrained(WeightsFile(f"{shelf}/whole/w.h5", len(DATA), GOOD), "x")

    assert left == there
    assert path.read_bytes() == DATA
