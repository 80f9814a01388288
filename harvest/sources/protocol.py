"""What a source of pictures is: a Protocol of two methods, and the access it is opened with.

A source asks one API and yields its answers as pages of sightings. It never waits, never
downloads a picture and never lets an answer's dicts out: what befalls it leaves as one of the
errors below, and the run decides whether to wait, to go on with another target, or to end.

    RateLimited       a limit is reached; `until` and `waitable` say whether waiting helps
    CredentialsError  missing, wrong, revoked, not entitled; this source is done for this run
    AccountError      this target is unknown, protected or suspended; the others go on
    Outage            server errors, network errors, answers that nothing documents
    BudgetSpent       what the next request can cost does not fit into `walk.purse`
    UsageError        the target's name or the cursor cannot be what the source needs; or what the
                      next request can cost would not fit into the whole budget either

A source that charges money holds the most that a request can cost (`walk.purse.hold`) before it
asks, settles what was delivered afterwards, and says so in the page (`paid_posts`, `paid_users`).
One that can read its own pages again, offers `Rereads` too: then nothing is paid for twice.
"""

from __future__ import annotations

import re
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, ClassVar, Protocol, Self, runtime_checkable

from harvest.ledger.errors import CredentialsError
from harvest.sources.answer import rewritten

if TYPE_CHECKING:
    import aiohttp

    from harvest.ledger.records import Page, Target, Walk
    from harvest.ledger.settings import Secret
    from harvest.ledger.settings_values import Proxy
    from harvest.store.files import Stamp


_SHORTEST_KEY = 6


class Memory(Protocol):
    """Remembers what files held, from one run to the next."""

    async def recall(self, stamps: Sequence[Stamp]) -> list[str]:
        """sha256 of each file as it was last read; "" for one that is new or has changed."""
        ...

    async def remember(self, read: Sequence[tuple[Stamp, str]]) -> None:
        """Note what files held. Raises StorageFull."""
        ...


@dataclass(frozen=True)
class Access:
    """All that a source may use of the outside: one session, addresses, secrets."""

    session: aiohttp.ClientSession = field(repr=False)
    """The shared session; its middleware already sends mapped origins elsewhere."""
    endpoints: Mapping[str, str] = field(default_factory=dict)
    """Origin -> origin, for clients that do not use the session; `*` stands for all others."""
    credentials: Mapping[str, Secret | None] = field(default_factory=dict, repr=False)
    """Kind (`bearer_token`) -> secret; None or absent: its variable is not set."""
    names: Mapping[str, str] = field(default_factory=dict)
    """Kind -> name of the environment variable, for messages."""
    user_agent: str = "winnow"
    """Sent with every request, the same one always."""
    proxy_for: Callable[[str], Proxy | None] = field(default=lambda _: None, repr=False)
    """The proxy for an address, for clients that do not use the session; None: ask it directly."""
    memory: Memory | None = field(default=None, repr=False)
    """What files held when they were last read; None: every file is read."""

    def secret(self, kind: str) -> str | None:
        """Reveal the secret of a kind; None where its variable is not set or empty.

        Raises CredentialsError for a value that cannot be sent: torn by a blank or a line end.
        """
        secret = self.credentials.get(kind)
        value = secret.reveal().strip() if secret is not None else ""
        if not all("!" <= character <= "~" for character in value):
            variable = self.variable(kind, kind)
            raise CredentialsError(
                f"{variable}: the value holds a blank or a character that no key has; "
                "copy the key anew, alone"
            )
        return value or None

    def scrub(self, text: str) -> str:
        """A text from outside as a message may show it: `***` for our secrets, also URL-quoted.

        Servers and proxies repeat what they were sent. What is shorter than 6 is no key.
        """
        values = [secret.reveal().strip() for secret in self.credentials.values() if secret]
        # The longest first: one can be part of another.
        for value in sorted(values, key=len, reverse=True):
            if len(value) >= _SHORTEST_KEY:
                text = re.sub(_spellings(value), "***", text, flags=re.IGNORECASE)
        return text

    def scrub_body(self, body: bytes) -> bytes:
        """As `scrub`, for all texts of a JSON object; empty or `null` for any other body."""
        return rewritten(body, self.scrub)

    def variable(self, kind: str, default: str) -> str:
        """Name the environment variable that holds a kind, for messages."""
        return self.names.get(kind, default)

    def origin(self, origin: str) -> str:
        """Say where requests for `origin` really go: its endpoint, else itself."""
        return (self.endpoints.get(origin) or self.endpoints.get("*") or origin).rstrip("/")


class Source(Protocol):
    """One place where pictures are."""

    name: ClassVar[str]
    """The word before the colon of a target: `twitter`."""
    example: ClassVar[str]
    """A target as a user writes it: `twitter:islieb`; tested against the sandbox."""
    origins: ClassVar[tuple[str, ...]]
    """Origins of its API and its CDN: what `--sandbox` maps. Empty: it asks no network."""

    @classmethod
    def open(cls, access: Access) -> Self:
        """Make a source ready to be asked. Raises CredentialsError when a key is missing."""
        ...

    def pages(self, target: Target, walk: Walk) -> AsyncIterator[Page]:
        """Yield the pages of a target, from `walk.cursor` on, until `walk.stop_at` or the end.

        The last page's cursor is None. Raises the errors that the module's docstring lists.
        """
        ...


@runtime_checkable
class Rereads(Protocol):
    """A source that can read the bodies of pages which it yielded in earlier runs."""

    def reader(self, target: Target) -> Callable[[bytes], Page]:
        """Make a reader; it is given the bodies of a target in the order in which they came.

        What it returns holds sightings only: no cursor, no cost.
        """
        ...


def _spellings(value: str) -> str:
    """A pattern for a text, each of its marks as itself, or quoted for a URL once or twice."""
    return "".join(c if c.isalnum() else f"(?:{re.escape(c)}|%(?:25)?{ord(c):02x})" for c in value)


def proxy_refusal(access: Access, url: str, who: str) -> CredentialsError:
    """Say what a 407 (RFC 9110, section 15.5.8) means: not the API spoke, but the proxy."""
    proxy = access.proxy_for(url)
    if proxy is None or proxy.credentials is None:
        return CredentialsError(
            f"{who}: the proxy wants a name and password; name their variable in the settings:"
            " proxy: {url: …, credentials: WINNOW_PROXY_CREDENTIALS}"
        )
    return CredentialsError(
        f"{who}: the proxy does not accept its name and password;"
        f" check {proxy.variable or 'their variable'}"
    )


def missing_credentials(source: str, variables: str, page: str) -> CredentialsError:
    """Say in one line what a missing key needs: variable, page, and the way without keys."""
    return CredentialsError(
        f"{source}: no credentials: set {variables} (get one at {page}), "
        "or try `winnow demo`, which needs none"
    )
