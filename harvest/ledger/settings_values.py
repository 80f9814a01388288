"""The kinds of values that settings are made of, each judged where it is read."""

from __future__ import annotations

import re
from base64 import b64encode
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time
from decimal import Decimal
from typing import Annotated, Any
from urllib.parse import urlsplit

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field

from harvest.ledger.errors import UsageError
from harvest.ledger.labelnames import check_label

_VARIABLE = re.compile(r"[A-Z][A-Z0-9_]*")
_ORIGIN = re.compile(r"https?://[A-Za-z0-9.-]+(:\d{1,5})?|https?://\[[0-9a-fA-F:]+\](:\d{1,5})?")


class Secret:
    """A value that shows itself only when asked: never in repr, str, logs or tracebacks."""

    __slots__ = ("_value",)

    def __init__(self, value: str) -> None:
        self._value = conceal(value)

    def reveal(self) -> str:
        """The value itself: a text as any other, but for its repr.

        Tracebacks that show local variables show reprs; there it hides, also within a dict.
        """
        return self._value

    def fits(self, pattern: str) -> bool:
        """Whether the whole value fits a regular expression."""
        return re.fullmatch(pattern, self._value) is not None

    def __repr__(self) -> str:
        return "Secret('**********')"

    __str__ = __repr__

    def __bool__(self) -> bool:
        return bool(self._value)


class _Revealed(str):
    """A secret's text."""

    __slots__ = ()

    def __repr__(self) -> str:
        return "'**********'"

    def strip(self, chars: str | None = None, /) -> str:
        """As `str.strip`; it hides as well."""
        return conceal(super().strip(chars))


def conceal(text: str) -> str:
    """The same text, with a repr that hides it: a traceback with local variables shows reprs."""
    return _Revealed(text)


@dataclass(frozen=True, slots=True)
class Proxy:
    """The proxy that all requests go through."""

    url: str
    """`http://host:port` or `https://host:port`, without a name or password."""
    credentials: Secret | None = field(default=None, repr=False)
    """`name:password`, for Basic authentication (RFC 7617)."""
    variable: str = ""
    """Name of the environment variable that holds them, for messages."""

    def authorization(self) -> str | None:
        """Value of `Proxy-Authorization`; its repr hides it. None: nothing is to be sent."""
        if self.credentials is None:
            return None
        return conceal("Basic " + b64encode(self.credentials.reveal().encode()).decode())


class SettingsSection(BaseModel):
    """Base of every part of the settings file: immutable, unknown keys forbidden."""

    model_config = ConfigDict(frozen=True, extra="forbid")


def _as_utc(value: Any) -> Any:
    if isinstance(value, str):
        try:
            value = datetime.fromisoformat(value)
        except ValueError:
            raise ValueError("a date like 2024-01-31 or 2024-01-31T12:00:00Z") from None
    if isinstance(value, date) and not isinstance(value, datetime):
        value = datetime.combine(value, time())
    if isinstance(value, datetime):
        try:
            return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)
        except OverflowError:
            raise ValueError("a date within the years 1 to 9999") from None
    raise ValueError("a date like 2024-01-31 or 2024-01-31T12:00:00Z")


def _label(value: str) -> str:
    try:
        return check_label(value)
    except UsageError as error:
        raise ValueError(str(error)) from None


def _folder_path(value: str) -> str:
    if not value.strip() or not value.isprintable():
        raise ValueError("a name like comics, or a path")
    return value


def _variable(value: str) -> str:
    if not _VARIABLE.fullmatch(value):
        # The value is not repeated: people paste the secret itself here.
        raise ValueError("the NAME of an environment variable (A-Z, 0-9, _), never the secret")
    return value


def _origin(value: str) -> str:
    origin = value.rstrip("/")
    try:
        fits = bool(_ORIGIN.fullmatch(origin)) and urlsplit(origin).port != 0
    except ValueError:  # a port over 65535, no IPv6 address between the brackets
        fits = False
    if not fits:
        raise ValueError("an origin like https://api.x.com or http://127.0.0.1:8080")
    return origin


def _proxy_url(value: str) -> str:
    wanted = "an address like http://proxy.example:3128"
    url = value.rstrip("/")
    try:
        parts = urlsplit(url)
        named = "@" in url or parts.username is not None
    except ValueError:
        raise ValueError(wanted) from None
    if named:
        # Not repeated: it holds what must stand nowhere.
        raise ValueError(
            f"{wanted} without a name or password: those belong into the environment, and the"
            " variable's NAME here: proxy: {url: …, credentials: WINNOW_PROXY_CREDENTIALS}"
        )
    if parts.scheme.startswith("socks"):
        raise ValueError(f"{wanted}: proxies of HTTP (http:// or https://) only, no SOCKS")
    try:
        return _origin(url)
    except ValueError:
        raise ValueError(wanted) from None


def _given(value: Any) -> Any:
    if value is None:
        raise ValueError("an amount of dollars like 2.50; leave the line out to set no budget")
    return value


def _targets(value: Any) -> Any:
    if not value or not isinstance(value, list):
        raise ValueError("a list of targets like `- twitter: NAME`")
    return value


def _or_empty(value: Any) -> Any:
    return {} if value is None else value  # all lines below the key are commented out


def _or_empty_list(value: Any) -> Any:
    return [] if value is None else value


Dollars = Annotated[Decimal, Field(ge=0, le=1_000_000, allow_inf_nan=False)]
Budget = Annotated[Dollars | None, BeforeValidator(_given)]
Targets = Annotated[list[Any], BeforeValidator(_targets)]
IfAny = BeforeValidator(_or_empty)
"""Of a section: a key with nothing below it is the same as no key."""
IfAnyListed = BeforeValidator(_or_empty_list)
"""The same of a list."""
When = Annotated[datetime, BeforeValidator(_as_utc)]
Label = Annotated[str, AfterValidator(_label)]
FolderPath = Annotated[str, AfterValidator(_folder_path)]
Variable = Annotated[str, AfterValidator(_variable)]
Origin = Annotated[str, AfterValidator(_origin)]
ProxyUrl = Annotated[str, AfterValidator(_proxy_url)]


class PriceEntry(SettingsSection):
    """`{post: 0.005, user: 0.010}`: what an API charges, where it is no longer what we know."""

    post: Dollars | None = None
    """For each post delivered."""
    user: Dollars | None = None
    """For each look-up."""


class ProxyEntry(SettingsSection):
    """`proxy: URL`, or `proxy: {url: URL, credentials: VARIABLE}`."""

    url: ProxyUrl
    """Where the proxy listens."""
    credentials: Variable | None = None
    """Name of the environment variable that holds `name:password`."""


def _long_form(value: Any) -> Any:
    if isinstance(value, str):
        return {"url": value}
    if not isinstance(value, dict):
        raise ValueError("an address like http://proxy.example:3128")
    return value


ProxyPart = Annotated[ProxyEntry, BeforeValidator(_long_form)]
