"""What travels between the page and its server: the one place where JSON gets its shape.

What comes in is a stranger's until a model here has read it: bounded in length, no key unknown.
What goes out are the engine's values, field by field.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict
from http import HTTPStatus
from typing import Annotated, Any, Literal, TypeVar

from aiohttp import web
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from curate.page.figures import Certificate, State
from curate.page.refusal import Refusal
from curate.page.values import (
    Answer,
    Choice,
    Grid,
    Mark,
    PageAnswer,
    PairAnswer,
    Receipt,
    Review,
    ReviewAnswer,
    Shown,
)

MOST_BYTES = 64 * 1024
"""Of one request's body."""

_Id = Annotated[str, Field(pattern=r"^[!-~]{1,64}$")]
_Sha256 = Annotated[str, Field(pattern=r"^[0-9a-f]{64}$")]
_Label = Annotated[str, Field(max_length=64)]
_Ms = Annotated[int, Field(ge=0, le=86_400_000)]
_Count = Annotated[int, Field(ge=0, le=60)]


class _Body(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, strict=True, defer_build=True)


class Ahead(_Body):
    """Wanted: the picture to show and those ahead."""

    tab: _Id
    """Who asks."""
    count: _Count
    """How many."""
    alone: bool = False
    """Whether no pages are wanted: those that the tab has may be shown one by one."""


class Heard(_Body):
    """A tab is alive, or is being closed."""

    tab: _Id
    """Who says so."""
    leaving: bool = False
    """Whether it is being closed, or loaded anew."""


class Tiles(_Body):
    """Wanted: a page of tiles."""

    tab: _Id
    """Who asks."""
    tiles: Annotated[int, Field(ge=1, le=60)]
    """How many fit the window."""
    after: Annotated[str, Field(pattern=r"^[!-~]{0,64}$")] = ""
    """Id of the page in view; then the one that follows it is wanted."""


class Said(_Body):
    """An answer in single mode."""

    client: _Id
    tab: _Id
    shown: _Id
    choice: Choice
    label: _Label = ""
    ms: _Ms = 0
    count: _Count = 0
    """How many pictures ahead the answer is to bring."""

    def value(self) -> Answer:
        """For the engine."""
        return Answer(self.client, self.tab, self.shown, self.choice, self.label, self.ms)


class Confirmed(_Body):
    """An answer to a page of tiles."""

    client: _Id
    tab: _Id
    page: _Id
    seen: Annotated[list[_Sha256], Field(max_length=60)]
    marks: Annotated[dict[_Sha256, Mark], Field(max_length=60)] = {}
    ms: _Ms = 0

    def value(self) -> PageAnswer:
        """For the engine."""
        return PageAnswer(
            self.client, self.tab, self.page, tuple(self.seen), dict(self.marks), self.ms
        )


class Undone(_Body):
    """One step is to be taken back."""

    client: _Id
    tab: _Id


class Decided(_Body):
    """An answer to a row of the review list."""

    client: _Id
    tab: _Id
    sha256: _Sha256
    choice: Choice
    label: _Label = ""
    ms: _Ms = 0

    def value(self) -> ReviewAnswer:
        """For the engine."""
        return ReviewAnswer(self.client, self.tab, self.sha256, self.choice, self.label, self.ms)


class Compared(_Body):
    """A word on two pictures."""

    client: _Id
    tab: _Id
    a: _Sha256
    b: _Sha256
    word: Literal["same", "variant", "other"]
    ms: _Ms = 0

    def value(self) -> PairAnswer:
        """For the engine."""
        return PairAnswer(self.client, self.tab, self.a, self.b, self.word, self.ms)


class Certify(_Body):
    """The looks of the certificate are to begin, or to end."""

    begin: bool
    allowed: _Count = 0
    """Wrong looks at which it is still given, one of those that are offered."""


_B = TypeVar("_B", bound=_Body)


async def read(request: web.Request, body: type[_B]) -> _B:
    """The body of a request. Raises Refusal: 415, 413, 400 with the first field that is wrong."""
    if request.content_type != "application/json":
        raise Refusal(HTTPStatus.UNSUPPORTED_MEDIA_TYPE, "type", "wanted application/json")
    # JSON as strict pydantic reads it: lists and texts as they are, nothing converted.
    raw = await request.read()
    try:
        return body.model_validate_json(raw)
    except ValidationError as error:
        where = ".".join(str(part) for part in error.errors()[0]["loc"])[:80]
        what = error.errors()[0]["type"]
        raise Refusal(HTTPStatus.BAD_REQUEST, "body", f"{where or 'body'}: {what}") from error


def told(
    state: State,
    *,
    receipt: Receipt | None = None,
    ahead: list[Shown] | None = None,
) -> dict[str, Any]:
    """How the sitting stands, with what an answer brought."""
    return {
        "state": asdict(state),
        "receipt": None if receipt is None else asdict(receipt),
        "ahead": None if ahead is None else [asdict(shown) for shown in ahead],
    }


def told_grid(state: State, grid: Grid | None) -> dict[str, Any]:
    """A page of tiles, or none."""
    return {"state": asdict(state), "grid": None if grid is None else asdict(grid)}


def told_review(rows: list[Review]) -> dict[str, Any]:
    """The review list."""
    return {"rows": [asdict(row) for row in rows]}


def told_certificate(state: State, certificate: Certificate) -> dict[str, Any]:
    """How the certificate stands."""
    return {"state": asdict(state), "certificate": asdict(certificate)}


def answer(said: Mapping[str, Any]) -> web.Response:
    """JSON, ASCII only."""
    return web.Response(text=json.dumps(said), content_type="application/json")
