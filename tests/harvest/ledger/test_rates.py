from __future__ import annotations

from pathlib import Path

import pytest

from harvest.ledger.errors import SettingsError, UsageError
from harvest.ledger.rates import parse_rate
from harvest.ledger.settings import Settings
from harvest.ledger.yamlfile import parse_yaml


def read(rate: str) -> dict[str, float]:
    text = f"dataset: comics\ntargets:\n  - twitter: islieb\nrate: {rate}\n"
    return Settings(parse_yaml(text, Path("winnow.yaml"))).rate


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        ('{pbs.twimg.com: 5, "*": 20}', {"pbs.twimg.com": 5.0, "*": 20.0}),
        ("{PBS.TWIMG.COM: 0.25}", {"pbs.twimg.com": 0.25}),
        ("{münchen.example: 1}", {"xn--mnchen-3ya.example": 1.0}),
        ('{"[2001:DB8::1]": 2, 127.0.0.1: 3}', {"2001:db8::1": 2.0, "127.0.0.1": 3.0}),
        ("{}", {}),
    ],
)
def test_settings(written: str, meant: dict[str, float]) -> None:
    """Hosts are written as in addresses, and kept as requests spell them."""
    assert read(written) == meant


@pytest.mark.parametrize(
    "written",
    [
        *("{a.example: 0}", "{a.example: -1}", "{a.example: .nan}", "{a.example: .inf}"),
        *("{a.example: yes}", '{a.example: "5"}', "{a.example: }", "{a.example: [1]}", "5", "[a]"),
        *('{"https://a.example": 5}', '{"a.example:443": 5}', "{a.example/x: 5}"),
        *('{"*.example": 5}', '{"": 5}', '{"a b": 5}', '{"user@a": 5}', '{"[::1]:80": 5}'),
    ],
)
def test_bad_settings(written: str) -> None:
    """Another key or number is told with file, line and what was wanted."""
    with pytest.raises(SettingsError, match=r"^winnow\.yaml:4: .*wanted "):
        read(written)


def test_option() -> None:
    """`--rate HOST=N` says the same on the command line."""
    assert parse_rate("PBS.twimg.com=2.5") == ("pbs.twimg.com", 2.5)
    assert parse_rate("*=20") == ("*", 20.0)
    assert parse_rate("::1=1") == ("::1", 1.0)


@pytest.mark.parametrize(
    "text",
    [
        *("", "5", "a.example", "=5", "a.example=", "a.example=x", "a.example=0", "a.example=-1"),
        *("a.example=nan", "a.example=inf", "a.example=5=", "http://a.example=5"),
        "a.example:80=5",
    ],
)
def test_bad_option(text: str) -> None:
    """What is no HOST=N is refused in one line that shows how it is written."""
    with pytest.raises(UsageError, match="wanted HOST=N like") as caught:
        parse_rate(text)

    assert "\n" not in str(caught.value)
