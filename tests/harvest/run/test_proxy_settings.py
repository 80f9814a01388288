from __future__ import annotations

from pathlib import Path

import pytest

from harvest.ledger.errors import SettingsError, UsageError
from harvest.ledger.settings import load_settings
from harvest.run.jobs import Options, settings_job


@pytest.fixture
def write(tmp_path: Path):
    """Write settings with a `proxy:` of the test's."""

    def made(proxy: str) -> Path:
        path = tmp_path / "comics.yaml"
        path.write_text(f"dataset: {tmp_path}/set\ntargets: [twitter: ada]\nproxy: {proxy}\n")
        return path

    return made


@pytest.mark.parametrize(
    "text", ["http://proxy.example:3128", "https://proxy.example/", "{url: 'http://[::1]:3128'}"]
)
def test_good(write, text: str) -> None:
    """A proxy is an address, or an address and the name of a variable."""
    proxy = load_settings(write(text)).proxy

    assert proxy is not None
    assert proxy.url in text
    assert proxy.credentials is None


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("socks5://proxy.example:1080", "no SOCKS"),
        ("proxy.example:3128", "http://proxy.example:3128"),
        ("http://proxy.example/path", "http://proxy.example:3128"),
        ("http://proxy.example:0", "http://proxy.example:3128"),
        ("http://[", "http://proxy.example:3128"),
        ("3128", "http://proxy.example:3128"),
        ("[http://proxy.example]", "http://proxy.example:3128"),
        ("{credentials: A}", "'url' is missing"),
        ("{url: 'http://a.example', credential: A}", "did you mean 'credentials'"),
        ("http://ada:sesame@proxy.example:3128", "credentials: WINNOW_PROXY_CREDENTIALS"),
        ("http://sesame@proxy.example:3128", "credentials: WINNOW_PROXY_CREDENTIALS"),
        ("{url: 'http://a.example', credentials: 'ada:sesame'}", "never the secret"),
    ],
    ids=[str(n) for n in range(12)],
)
def test_bad(write, text: str, wanted: str) -> None:
    """What is no such thing is told with its line, and a password in it is not repeated."""
    with pytest.raises(SettingsError, match=r"comics\.yaml:[13]: ") as caught:
        load_settings(write(text))

    assert wanted in str(caught.value)
    assert "sesame" not in str(caught.value)


def test_into_the_job(write, monkeypatch) -> None:
    """The run of a settings file goes through its proxy, with what the environment holds."""
    monkeypatch.setenv("PROXY_WORDS", "ada:sesame")
    settings = load_settings(write("{url: 'http://p.example:3128', credentials: PROXY_WORDS}"))
    proxy = settings_job(settings).outside.proxy

    assert proxy is not None
    assert proxy.url == "http://p.example:3128"
    assert proxy.credentials is not None
    assert proxy.credentials.reveal() == "ada:sesame"


def test_not_with_connect_to(write) -> None:
    """`--connect-to` acts where names are looked up: that is beyond a proxy, and said."""
    settings = load_settings(write("http://p.example:3128"))

    with pytest.raises(UsageError, match="proxy"):
        settings_job(settings, Options(connect_to=("a.example:80:b.example:80",)))
