"""What the reasons of lines without a picture mean, in words for people."""

from __future__ import annotations

import re
from http import HTTPStatus

_WORDS = {
    "not_asked": "no run has come to it yet",
    "listed": "a list of placeholders names it",
    "one_for_many": "one content at many addresses",
    "timeout": "no answer in time",
    "unreachable": "the host could not be reached",
    "unknown_host": "no host has this name any more",
    "host_down": "left alone: the host had failed too often",
    "connection_lost": "the connection broke off",
    "truncated": "the picture broke off in the middle",
    "bad_answer": "an answer that is no HTTP",
    "bad_certificate": "the host's certificate does not hold",
    "proxy_refused": "the proxy did not let it through",
    "rate_limited": "the host asked to come back later",
    "wrong_bytes": "other bytes than the source promised",
    "changed": "the file changed while it was read",
    "blocked_address": "no public place",
    "opt_out": "its answer carries X-Robots-Tag: noai or its like",
    "bad_url": "no address that can be asked",
    "bad_redirect": "led on to no address",
    "redirect_loop": "led on and on",
    "not_an_image": "something else than a picture",
    "too_large": "more bytes or pixels than winnow takes",
    "empty": "an answer without bytes",
    "unreadable": "the file cannot be read",
    "missing": "the file is not there",
    "replaced": "another picture than the lock file's",
    "placeholder": "what stands for many pictures",
    "forgotten": "taken out by `winnow harvest forget`",
}
_CODE = re.compile(r"http_([1-5][0-9][0-9])")


def words_of(reason: str) -> str:
    """A reason in words; of an HTTP status its name (RFC 9110, 15); "" where there are none."""
    if code := _CODE.fullmatch(reason):
        try:
            return HTTPStatus(int(code[1])).phrase
        except ValueError:
            return "a status of the host's own"
    return _WORDS.get(reason, "")
