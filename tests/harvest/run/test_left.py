from __future__ import annotations

import math
from collections import Counter

import pytest

from harvest.ledger.records import Outcome, Sighting, Status
from harvest.run.left import LeftHosts

F = Status.FAILED
MOMENT = 1_795_273_441.0  # 2026-11-21 15:04:01 UTC


def outcome(url: str, reason: str = "rate_limited", status: Status = F, final: str = "") -> Outcome:
    return Outcome(Sighting("urls", url, 0, url), status, reason=reason, final_url=final)


def left(*outcomes: Outcome, until: dict[str, float] | None = None) -> LeftHosts:
    hosts = LeftHosts(until=until or {})
    for each in outcomes:
        hosts.count(each)
    return hosts


def test_one_host() -> None:
    """The line names the host, how many pictures wait, and when to come back, never too early."""
    address = "https://pbs.twimg.com/media/{}.jpg".format
    until = {"https://pbs.twimg.com:443": MOMENT}
    hosts = left(*(outcome(address(n)) for n in range(3)), until=until)
    (error,) = hosts.errors()

    assert str(error) == (
        "3 pictures wait for the rate limit of pbs.twimg.com until 2026-11-21 15:05 UTC;"
        " run the same command again then"
    )
    assert error.exit_code == 4
    assert error.until is not None
    assert error.until.timestamp() == math.ceil(MOMENT / 60) * 60
    assert hosts.lines() == []


def test_several_hosts() -> None:
    """Several hosts are told in one line, the largest first, each with its own time and number."""
    urls = ["https://a.example/1", "http://b.example:8080/1", "http://b.example:8080/2"]
    until = {"https://a.example:443": MOMENT, "http://b.example:8080": MOMENT + 3600}
    (error,) = left(*map(outcome, urls), until=until).errors()

    assert "3 pictures wait" in str(error)
    assert "b.example:8080 until 2026-11-21 16:05 UTC (2), a.example until" in str(error)
    assert error.until is not None
    assert error.until.timestamp() == pytest.approx(MOMENT, abs=60)


def test_many_hosts() -> None:
    """A list of any number of hosts stays one line that can be read."""
    hosts = left(*(outcome(f"https://h{n}.example/", "host_down") for n in range(900)))
    (line,) = hosts.lines()

    assert line.count(".example (1)") == 5
    assert "and 895 more hosts" in line
    assert "same command" in line
    assert hosts.errors() == []


def test_where_it_led() -> None:
    """The host that counts is the one that was asked last, not the one that led there."""
    hosts = left(outcome("https://a.example/1", final="https://b.example/2"))

    assert "limit of b.example;" in str(hosts.errors()[0])


def test_nothing_else_counts() -> None:
    """Other ends of pictures, and other reasons to fail, leave no host behind."""
    hosts = left(
        outcome("https://a.example/1", "http_429"),
        outcome("https://a.example/2", "", Status.SAVED),
        outcome("", "missing", Status.GONE),
    )

    assert (hosts.errors(), hosts.lines(), hosts.record()) == ([], [], [])


def test_record() -> None:
    """The JSON has a line a host and reason, with its time where one is known."""
    until = {"https://a.example:443": MOMENT}
    hosts = left(
        outcome("https://a.example/1"), outcome("https://b.example/1", "host_down"), until=until
    )
    told = {each["host"]: each for each in hosts.record()}

    assert Counter(each["pictures"] for each in hosts.record()) == {1: 2}
    assert told["a.example"]["reason"] == "rate_limited"
    assert told["a.example"]["until"] == "2026-11-21T15:05:00+00:00"
    assert told["b.example"] | {"until": None, "reason": "host_down"} == told["b.example"]


def test_names_that_nobody_knows() -> None:
    """A host is told once with all its pictures: those that failed, and those left alone after."""
    many = "https://nosuch.invalid/{}".format
    hosts = left(
        *(outcome(many(n), "unknown_host") for n in range(8)),
        *(outcome(many(n), "host_down") for n in range(8, 30)),
        outcome("https://one.invalid/1", "unknown_host"),
        outcome("https://two.invalid/1", "unreachable"),
    )
    told = {each["host"]: (each["reason"], each["pictures"]) for each in hosts.record()}

    assert hosts.lines() == [
        "no connection to nosuch.invalid (30), one.invalid (1), two.invalid (1);"
        " the same command tries them again"
    ]
    assert len(hosts.record()) == 3
    assert told == {
        "nosuch.invalid": ("host_down", 30),
        "one.invalid": ("unknown_host", 1),
        "two.invalid": ("unreachable", 1),
    }
