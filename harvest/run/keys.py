"""Credentials: names in the settings, values in the environment or in `credentials.env`."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from harvest.ledger.errors import UsageError
from harvest.ledger.settings import DEFAULT_CREDENTIALS, Secret
from harvest.ledger.settings_values import Proxy, ProxyEntry

CREDENTIALS_FILE = "credentials.env"
"""`KEY=VALUE` lines, beside the settings or in the current folder."""

_SANDBOX = {
    "twitter": {"bearer_token": "sandbox-bearer"},
    "tumblr": {"consumer_key": "sandbox-key"},
}
_MAX_FILE = 2**16


@dataclass(frozen=True, slots=True)
class Keys:
    """The credentials of one source."""

    secrets: Mapping[str, Secret | None] = field(default_factory=dict, repr=False)
    """Kind -> secret; None: its variable is not set."""
    names: Mapping[str, str] = field(default_factory=dict)
    """Kind -> name of the environment variable."""


def find_keys(
    names: Mapping[str, Mapping[str, str]] | None = None,
    *,
    beside: Path | None = None,
    environment: Mapping[str, str] | None = None,
) -> dict[str, Keys]:
    """Credentials of every source: the environment wins over files, `beside` over `.`.

    `names`: source -> kind -> variable, as `Settings.credentials`. Raises UsageError when a
    credentials file cannot be read.
    """
    values = _values(beside, environment)
    found = {}
    for source, kinds in (DEFAULT_CREDENTIALS if names is None else names).items():
        secrets = {
            kind: Secret(values[name]) if values.get(name) else None for kind, name in kinds.items()
        }
        found[source] = Keys(secrets, kinds)
    return found


def find_proxy(
    entry: ProxyEntry | None,
    *,
    beside: Path | None = None,
    environment: Mapping[str, str] | None = None,
) -> Proxy | None:
    """The proxy that settings name, with its credentials; None: they name none.

    Raises UsageError when the variable that they name is not set, or holds no `name:password`.
    """
    if entry is None or entry.credentials is None:
        return Proxy(entry.url) if entry is not None else None
    secret = Secret(_values(beside, environment).get(entry.credentials, ""))
    if not secret.fits(r"[!-9;-~][ -9;-~]*:[ -~]+"):
        what = "does not hold name:password" if secret else "is not set"
        raise UsageError(
            f"proxy: the variable {entry.credentials} {what}; wanted the proxy's name:password,"
            f" in the environment or in {CREDENTIALS_FILE}"
        )
    return Proxy(entry.url, secret, entry.credentials)


def sandbox_keys() -> dict[str, Keys]:
    """The keys that the sandbox accepts."""
    return {
        source: Keys({kind: Secret(value) for kind, value in kinds.items()})
        for source, kinds in _SANDBOX.items()
    }


def read_credentials(path: Path) -> dict[str, str]:
    """`KEY=VALUE` lines of a file; nothing when it is not there. Raises UsageError.

    `export KEY='VALUE'` is understood too. No value ever stands in a message.
    """
    try:
        with path.open(encoding="utf-8-sig") as stream:
            text = stream.read(_MAX_FILE)
    except FileNotFoundError:
        return {}
    except (OSError, UnicodeDecodeError):
        raise UsageError(f"{path}: cannot be read; wanted lines like KEY=VALUE") from None
    values = {}
    for number, line in enumerate(text.splitlines(), 1):
        stripped = line.strip().removeprefix("export ")
        if not stripped or stripped.startswith("#"):
            continue
        name, equals, value = stripped.partition("=")
        if not equals or not name.strip():
            raise UsageError(f"{path}:{number}: wanted a line like KEY=VALUE")
        value = value.strip()
        if len(value) >= 2 and value[0] == value[-1] and value[0] in "\"'":
            value = value[1:-1]
        if value:
            values[name.strip()] = value
    return values


def _values(beside: Path | None, environment: Mapping[str, str] | None) -> Mapping[str, str]:
    values: dict[str, str] = {}
    for folder in (Path(), beside):
        if folder is not None:
            values |= read_credentials(folder / CREDENTIALS_FILE)
    return values | dict(os.environ if environment is None else environment)
