"""The kinds of values that settings are made of, each judged where it is read."""

from __future__ import annotations

import re
from datetime import UTC, date, datetime, time
from typing import Annotated, Any
from urllib.parse import urlsplit

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict

from harvest.ledger.errors import UsageError
from harvest.ledger.folder import check_label

_VARIABLE = re.compile(r"[A-Z][A-Z0-9_]*")
_ORIGIN = re.compile(r"https?://[A-Za-z0-9.-]+(:\d{1,5})?|https?://\[[0-9a-fA-F:]+\](:\d{1,5})?")


class Secret:
    """A value that shows itself only when asked: never in repr, str, logs or tracebacks."""

    __slots__ = ("_value",)

    def __init__(self, value: str) -> None:
        self._value = value

    def reveal(self) -> str:
        """The value itself."""
        return self._value

    def __repr__(self) -> str:
        return "Secret('**********')"

    __str__ = __repr__

    def __bool__(self) -> bool:
        return bool(self._value)


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


When = Annotated[datetime, BeforeValidator(_as_utc)]
Label = Annotated[str, AfterValidator(_label)]
FolderPath = Annotated[str, AfterValidator(_folder_path)]
Variable = Annotated[str, AfterValidator(_variable)]
Origin = Annotated[str, AfterValidator(_origin)]
