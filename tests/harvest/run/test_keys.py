from __future__ import annotations

from pathlib import Path

import pytest

from harvest.ledger.errors import UsageError
from harvest.ledger.settings import Secret
from harvest.ledger.settings_values import Proxy, ProxyEntry
from harvest.run.keys import find_keys, find_proxy, read_credentials

NAMES = {"twitter": {"bearer_token": "MY_TOKEN"}}


def reveal(secret: Secret | None) -> str | None:
    return secret.reveal() if secret else None


def test_environment_wins(tmp_path: Path, monkeypatch) -> None:
    """A value of the environment outranks the file's; the file beside the settings counts."""
    (tmp_path / "credentials.env").write_text("MY_TOKEN=from the file\n")
    monkeypatch.chdir("/")
    file = find_keys(NAMES, beside=tmp_path, environment={})
    both = find_keys(NAMES, beside=tmp_path, environment={"MY_TOKEN": "from outside"})
    none = find_keys(NAMES, environment={})

    assert reveal(file["twitter"].secrets["bearer_token"]) == "from the file"
    assert reveal(both["twitter"].secrets["bearer_token"]) == "from outside"
    assert none["twitter"].secrets["bearer_token"] is None
    assert none["twitter"].names == {"bearer_token": "MY_TOKEN"}


def test_lines(tmp_path: Path) -> None:
    """Comments, blank lines, quotes and `export` are understood; empty values are none."""
    path = tmp_path / "credentials.env"
    path.write_text("# keys\n\nexport A='one two'\nB=\"x=y\"\nC=\n  D = 4\n")

    assert read_credentials(path) == {"A": "one two", "B": "x=y", "D": "4"}


def test_bad_line_keeps_its_secret(tmp_path: Path) -> None:
    """A line that cannot be read is named by its number; what stands in it is not shown."""
    path = tmp_path / "credentials.env"
    path.write_text("A=1\nhush-hush\n")

    with pytest.raises(UsageError, match=r"credentials\.env:2") as caught:
        read_credentials(path)
    assert "hush" not in str(caught.value)


def test_secrets_hide(tmp_path: Path) -> None:
    """Keys show no secret when they are printed."""
    keys = find_keys(NAMES, environment={"MY_TOKEN": "hush-hush"})

    assert "hush" not in repr(keys)


def test_proxy_credentials(tmp_path: Path, monkeypatch) -> None:
    """A proxy's name and password come from the variable that the settings name."""
    monkeypatch.chdir(tmp_path)
    entry = ProxyEntry(url="http://proxy.example:3128", credentials="PROXY_WORDS")
    proxy = find_proxy(entry, environment={"PROXY_WORDS": "ada:open sesame"})
    bare = find_proxy(ProxyEntry(url="http://proxy.example:3128"), environment={})

    assert proxy is not None
    assert reveal(proxy.credentials) == "ada:open sesame"
    assert bare == Proxy("http://proxy.example:3128")
    assert find_proxy(None) is None


@pytest.mark.parametrize("value", ["", "open-sesame", ":open-sesame", "open-sesame\n:", "\u00e4:b"])
def test_bad_proxy_credentials(tmp_path: Path, monkeypatch, value: str) -> None:
    """Credentials that are missing or cannot be sent are named by their variable, never shown."""
    monkeypatch.chdir(tmp_path)
    entry = ProxyEntry(url="http://proxy.example:3128", credentials="PROXY_WORDS")
    with pytest.raises(UsageError, match="PROXY_WORDS") as caught:
        find_proxy(entry, environment={"PROXY_WORDS": value})

    assert "sesame" not in str(caught.value)


def test_concealed() -> None:
    """What is revealed is the text itself, and its repr still hides it, in a dict as well."""
    text = Secret(" hush-hush ").reveal().strip()

    assert f"{text}" == "hush-hush"
    assert "hush" not in repr({"key": text, "other": [text]})
