"""What the X API means when it does not answer with posts: every shape, told apart."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from harvest.ledger.errors import (
    AccountError,
    CredentialsError,
    Outage,
    RateLimited,
    WinnowError,
)
from harvest.sources.answer import Record, epoch, line, number, parse, record, records, text

KEYS_PAGE = "https://developer.x.com/en/portal/dashboard"
"""Where credentials are made, renewed and paid for."""

_LONGEST = 31 * 86_400  # seconds: no limit of this API lasts longer than a month


class RejectedRequest(AccountError):
    """Status 400: the API does not take the request as it stands (a page token grown stale)."""


@dataclass(frozen=True, slots=True)
class Refusal:
    """An answer that is no success."""

    status: int
    """HTTP status."""
    headers: Mapping[str, str]
    """Case-insensitive."""
    body: bytes
    """As it came."""


def judge(refusal: Refusal, who: str, variables: str, now: datetime) -> WinnowError:
    """Turn a refusal into the error that says what to do.

    `who` is the target as the user wrote it, `variables` the environment variables that hold the
    credentials, `now` aware UTC.
    """
    status = refusal.status
    answer = parse(refusal.body)
    problem = _Problem(answer or {})
    if status in (429, 420):
        return _limit(refusal, problem, who, now)
    if status == 402:
        return RateLimited(
            f"{who}: the account's credit for the X API is spent; add some at {KEYS_PAGE}, "
            "then run the same command again",
            waitable=False,
        )
    if answer is None or status >= 500 or status < 400:
        return Outage(f"{who}: the X API answered {status}{problem.words}; try again later")
    if status in (401, 403, 404, 451) and problem.is_about("not-authorized-for-resource"):
        return protected_error(who)
    if status == 401:
        if problem.code == 89:
            return CredentialsError(
                f"{who}: the credentials in {variables} are revoked or expired; "
                f"make new ones at {KEYS_PAGE}"
            )
        return CredentialsError(
            f"{who}: the X API does not accept the credentials in {variables}: mistyped, or "
            f"revoked since; copy them anew, or make new ones, at {KEYS_PAGE}"
        )
    if status in (404, 410, 451) or problem.says("suspended"):
        return account_error(answer, who)
    if status == 403:
        return CredentialsError(
            f"{who}: the credentials in {variables} may not ask this{problem.words}; "
            f"attach the app to a project at {KEYS_PAGE}"
        )
    return RejectedRequest(f"{who}: the X API rejected the request ({status}){problem.words}")


def account_error(answer: Record, who: str) -> AccountError:
    """Say why an answer holds no user: suspended, protected or unknown."""
    problem = _Problem(answer)
    if problem.says("suspended"):
        return AccountError(f"{who}: the account is suspended; take it off the list")
    if problem.is_about("not-authorized-for-resource"):
        return protected_error(who)
    return AccountError(f"{who}: no such account; check the spelling{problem.words}")


def protected_error(who: str) -> AccountError:
    """Say that an account shows its posts to approved followers only."""
    return AccountError(
        f"{who}: the account is protected; only its approved followers see its posts"
    )


def _limit(refusal: Refusal, problem: _Problem, who: str, now: datetime) -> RateLimited:
    if problem.is_about("usage-capped") or problem.says("usagecapexceeded", "usage cap", "monthly"):
        return RateLimited(
            f"{who}: the X API's monthly cap is used up; raise it at {KEYS_PAGE} or come back "
            "when it starts anew, with the same command",
            waitable=False,
        )
    until = epoch(refusal.headers.get("x-rate-limit-reset"))
    if until is not None and not now < until <= now + timedelta(seconds=_LONGEST):
        until = None  # a reset in the past says nothing, nor does one of the far future
    if until is None:
        seconds = number(refusal.headers.get("retry-after"))
        until = now + timedelta(seconds=min(seconds, _LONGEST)) if seconds else None
    when = f" until {until:%Y-%m-%d %H:%M:%S} UTC" if until else ""
    return RateLimited(f"{who}: the X API's rate limit is reached{when}", until=until)


class _Problem:
    """The words and codes of a problem document, of any of the three shapes in use."""

    def __init__(self, answer: Record) -> None:
        errors = answer.get("errors")
        self._all = [answer, *records(errors if isinstance(errors, list) else [errors])]

    @property
    def code(self) -> int | None:
        codes = (number(one.get("code")) for one in self._all)
        return next((code for code in codes if code is not None), None)

    @property
    def words(self) -> str:
        """` (detail)`, or nothing."""
        for key in ("detail", "message", "title"):
            for one in reversed(self._all):
                if said := line(one.get(key)):
                    return f" ({said})"
        return ""

    def is_about(self, kind: str) -> bool:
        # The host in `type` is api.twitter.com or api.x.com: only the end counts.
        return any((text(one.get("type")) or "").endswith("/" + kind) for one in self._all)

    def says(self, *words: str) -> bool:
        said = " ".join(
            text(one.get(key)) or ""
            for one in self._all
            for key in ("title", "detail", "message", "reason")
        ).lower()
        return any(word in said for word in words)


def user_fault(answer: Record, who: str) -> AccountError | None:
    """Say why a timeline without posts is no timeline; None where it is just an empty page.

    A 200 can hold nothing but errors about the user: suspended or protected since its lookup.
    """
    if "data" in answer or "meta" in answer:
        return None
    about_user = [
        fault
        for fault in records(answer.get("errors"))
        if fault.get("resource_type") == "user" or fault.get("parameter") == "id"
    ]
    return account_error(record({"errors": about_user}), who) if about_user else None
