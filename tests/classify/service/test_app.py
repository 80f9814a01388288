"""`POST /classify` answers as the seed's consumers expect, and everything else in one line."""

from __future__ import annotations

import json
from collections.abc import Callable
from contextlib import AbstractAsyncContextManager
from pathlib import Path
from typing import Any

import aiohttp
import pytest

from classify.predict import Prediction, Predictor
from classify.train import TrainResult

Serving = Callable[..., AbstractAsyncContextManager[aiohttp.ClientSession]]


async def _told(reply: aiohttp.ClientResponse) -> Any:
    """Whatever it is, one line of JSON that tells nothing of this machine."""
    text = await reply.text()
    assert (reply.content_type, text.count("\n")) == ("application/json", 1)
    assert not any(word in text for word in ("/tmp", "Traceback", "0x", "classify.", ".py"))
    return json.loads(text)


def _form(*fields: tuple[str, bytes, str | None]) -> aiohttp.MultipartWriter:
    form = aiohttp.MultipartWriter("form-data")
    for name, data, filename in fields:
        part = form.append(data, {"Content-Type": "application/octet-stream"})  # type: ignore[arg-type]
        given = {} if filename is None else {"filename": filename}
        part.set_content_disposition("form-data", name=name, **given)
    return form


@pytest.mark.parametrize(
    "kind", ["image/png", "application/x-www-form-urlencoded", "text/html", ""]
)
async def test_a_body_gets_label_and_probability(
    serving: Serving, trained: TrainResult, pictures: Path, kind: str
) -> None:
    """The answer that `predict` gives; the bytes decide, not what their type is said to be."""
    path = pictures / "dots" / "dots03.png"
    wanted = Predictor(trained.out)(path)
    assert isinstance(wanted, Prediction)

    async with serving() as client:
        headers = {"Content-Type": kind}
        reply = await client.post("/classify", data=path.read_bytes(), headers=headers)
        found = await _told(reply)

    assert reply.status == 200
    assert found == {"label": "dots", "probability": round(wanted.probability, 6)}


@pytest.mark.parametrize(
    ("name", "filename"), [("file", "a.png"), ("image", "b"), ("photo", "c"), ("file", None)]
)
async def test_a_form_gets_the_same_answer(
    serving: Serving, dots: bytes, name: str, filename: str | None
) -> None:
    """Any field with a file, and bytes in the fields `file` and `image`; others are passed over."""
    async with serving() as client:
        form = _form(("note", b"x" * 100, None), (name, dots, filename))
        found = await _told(await client.post("/classify", data=form))
        plain = await _told(await client.post("/classify", data=dots))

    assert found == plain
    assert found["label"] == "dots"


async def test_several_files_get_a_list(serving: Serving, dots: bytes, stripes: bytes) -> None:
    """In their order, under their names; a bad one among them is an entry of its own."""
    async with serving() as client:
        form = _form(("a", dots, "1.png"), ("b", b"<html>", "2.png"), ("c", stripes, "3.png"))
        reply = await client.post("/classify", data=form)
        found = await _told(reply)

    assert reply.status == 200
    assert [entry["file"] for entry in found] == ["1.png", "2.png", "3.png"]
    assert [entry.get("label") for entry in found] == ["dots", None, "stripes"]
    assert found[1]["error"]["reason"] == "not_an_image"


async def test_top_adds_the_likeliest_labels(serving: Serving, stripes: bytes) -> None:
    """As many as are asked for and there are; what is no number is refused."""
    async with serving() as client:
        found = await _told(await client.post("/classify?top=99", data=stripes))
        refused = await client.post("/classify?top=all", data=stripes)
        said = await _told(refused)

    assert [entry["label"] for entry in found["top"]] == ["stripes", "dots"]
    assert sum(entry["probability"] for entry in found["top"]) == pytest.approx(1, abs=1e-5)
    assert found["top"][0] == {"label": found["label"], "probability": found["probability"]}
    assert (refused.status, said["error"]["reason"]) == (400, "top")


@pytest.mark.parametrize(
    ("body", "kind", "status", "reason"),
    [
        (b"", "image/png", 400, "empty"),
        (b"<!doctype html><title>404</title>", "image/jpeg", 415, "not_an_image"),
        (b"\x89PNG\r\n\x1a\n" + bytes(40), "image/png", 422, "unreadable"),
        (b"abc", "multipart/form-data", 400, "torn"),
        (b"abc", "multipart/form-data; boundary=x", 400, "torn"),
        (b"--x\r\n\r\n--x--\r\n", "multipart/form-data; boundary=x", 400, "no_file"),
        (b"--x--\r\n", "multipart/form-data; boundary=x", 400, "no_file"),
        (b"--x\r\nContent-Type", "multipart/form-data; boundary=x", 400, "torn"),
    ],
)
async def test_what_is_no_picture_is_told(
    serving: Serving, body: bytes, kind: str, status: int, reason: str
) -> None:
    """With a status of its own and a word for programs; the next request is answered."""
    async with serving() as client:
        reply = await client.post("/classify", data=body, headers={"Content-Type": kind})
        found = await _told(reply)
        after = await client.get("/health")

    assert (reply.status, found["error"]["reason"]) == (status, reason)
    assert set(found["error"]) == {"reason", "detail"}
    assert after.status == 200


async def test_a_torn_picture_is_told(serving: Serving, dots: bytes) -> None:
    """Nothing is made up for the rows that are missing."""
    async with serving() as client:
        reply = await client.post("/classify", data=dots[: len(dots) // 2])
        found = await _told(reply)

    assert reply.status == 422
    assert found["error"]["reason"] in ("truncated", "unreadable")


async def test_other_paths_and_methods_are_told(serving: Serving) -> None:
    """In JSON too, and with the methods that there are."""
    async with serving() as client:
        unknown = await client.get("/etc/passwd")
        wrong = await client.get("/classify")
        said = [await _told(unknown), await _told(wrong)]

    assert [unknown.status, wrong.status] == [404, 405]
    assert [entry["error"]["reason"] for entry in said] == ["not_found", "method"]
    assert wrong.headers["Allow"] == "POST"


async def test_health_labels_and_card_tell_of_the_model(
    serving: Serving, trained: TrainResult, dots: bytes
) -> None:
    """Counts of what was answered and refused, the labels in output order, the whole card."""
    async with serving() as client:
        await client.post("/classify", data=_form(("a", dots, "a"), ("b", dots, "b")))
        await client.post("/classify", data=b"no picture")
        health = await _told(await client.get("/health"))
        labels = await _told(await client.get("/labels"))
        card = json.loads(await (await client.get("/card")).text())

    assert health["status"] == "ok"
    assert health["model"] == "comic filter"
    assert (health["answered"], health["refused"], health["pictures"]) == (1, 1, 2)
    assert health["under_way"] == 0
    assert labels == health["labels"] == ["dots", "stripes"]
    assert card == json.loads((trained.out / "card.json").read_bytes())


@pytest.mark.parametrize(
    ("host", "status"),
    [
        ("localhost", 200),
        ("127.0.0.1:80", 200),
        ("[::1]:8000", 200),
        ("LOCALHOST:1", 200),
        ("evil.example", 403),
        ("127.0.0.1.evil.example:80", 403),
        ("localhost@evil.example", 403),
    ],
)
async def test_on_this_machine_it_answers_to_this_machines_names(
    serving: Serving, host: str, status: int
) -> None:
    """A web page whose name is made to lead here (DNS rebinding) learns nothing."""
    async with serving() as client:
        reply = await client.get("/labels", headers={"Host": host})

    assert reply.status == status


async def test_beyond_this_machine_any_name_will_do(serving: Serving) -> None:
    """Nobody knows by which names others call it."""
    async with serving("0.0.0.0") as client:
        reply = await client.get("/labels", headers={"Host": "comics.example"})

    assert reply.status == 200
