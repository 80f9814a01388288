"""Posts are cut out of journaled answers, and what cannot be cut cleanly goes whole."""

from __future__ import annotations

import json

import pytest

from harvest.ledger.records import Sighting
from harvest.store.redaction import Words, redact

ONE = Sighting("twitter", "12345", 0, "https://pbs.twimg.com/media/AbCdEf.jpg")
WORDS = Words.of([ONE], ["islieb"])


def cut(answer: object) -> object:
    return json.loads(redact(json.dumps(answer).encode(), WORDS))


def test_entries_go_and_others_stay() -> None:
    """Of each list go the entries that name the post, its picture or the account."""
    answer = {
        "data": [{"id": "12345", "text": "a"}, {"id": "123456", "text": "b"}],
        "includes": {
            "media": [{"url": "https:\\/\\/pbs.twimg.com/media/AbCdEf?name=orig"}, {"url": "u"}],
            "users": [{"username": "IsLieb"}, {"username": "isliebling"}],
        },
        "meta": {"newest_id": "12345", "result_count": 2},
    }

    assert cut(answer) == {
        "data": [{"id": "123456", "text": "b"}],
        "includes": {"media": [{"url": "u"}], "users": [{"username": "isliebling"}]},
        "meta": {"newest_id": None, "result_count": 2},
    }


def test_escapes_hide_nothing() -> None:
    """A word that is written as JSON escapes is found too."""
    body = b'{"data": [{"text": "\\u0069slieb"}, {"id": 12345}, {"id": 1}]}'

    assert json.loads(redact(body, WORDS)) == {"data": [{"id": 1}]}


def test_untouched_answers_stay_as_they_came() -> None:
    """An answer without the words keeps its very bytes, JSON or not."""
    for body in (b'{ "a" :1}', b"<html>", b"\xff", b""):
        assert redact(body, WORDS) == body


@pytest.mark.parametrize(
    "body",
    [b'{"islieb": 1}', b"<html>islieb</html>", b'"12345', b'[{"a": "islieb"'],
    ids=["as a key", "no JSON", "torn", "torn list"],
)
def test_what_cannot_be_cut_goes_whole(body: bytes) -> None:
    """A word in a key, or in what is no JSON, takes the whole answer."""
    assert redact(body, WORDS) == b"{}"


def test_no_words() -> None:
    """Files and lines of logs are never journaled: they give nothing to look for."""
    words = Words.of([Sighting("urls", "abcd", 0, "http://a.example/abcdef.jpg")])

    assert not words
    assert redact(b"abcd", words) == b"abcd"


@pytest.mark.parametrize(
    ("word", "stands", "stands_not"),
    [
        ("-AbC_1", "x/-abc_1.jpg", "x/-abc_12.jpg"),
        ("ink.bsky.social", "@Ink.bsky.social:", "ink.bsky.socials"),
        ("猫", "a猫b", "犬"),
        ("a-b", "x a-b", "a-bc, xa-b"),
    ],
)
def test_words_of_any_form(word: str, stands: str, stands_not: str) -> None:
    """Hyphens, dots and other alphabets make a word no harder to find, nor a part of one easier."""
    words = Words.of([], [word])

    assert words.stand_in(stands)
    assert not words.stand_in(stands_not)
