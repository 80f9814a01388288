"""What a source of pictures is: a Protocol of two methods, and the access it is opened with.

A source asks one API and yields its answers as pages of sightings. It never waits, never
downloads a picture and never lets an answer's dicts out: what befalls it leaves as one of the
errors below, and the run decides whether to wait, to go on with another target, or to end.

    RateLimited       a limit is reached; `until` and `waitable` say whether waiting helps
    CredentialsError  missing, wrong, revoked, not entitled; this source is done for this run
    AccountError      this target is unknown, protected or suspended; the others go on
    Outage            server errors, network errors, answers that nothing documents
    UsageError        the target's name or the cursor cannot be what the source needs
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, ClassVar, Protocol, Self

from harvest.ledger.errors import CredentialsError

if TYPE_CHECKING:
    import aiohttp

    from harvest.ledger.records import Page, Target, Walk
    from harvest.ledger.settings import Secret


@dataclass(frozen=True)
class Access:
    """All that a source may use of the outside: one session, addresses, secrets."""

    session: aiohttp.ClientSession = field(repr=False)
    """The shared session; its middleware already sends mapped origins elsewhere."""
    endpoints: Mapping[str, str] = field(default_factory=dict)
    """Origin -> origin, for clients that do not use the session."""
    credentials: Mapping[str, Secret | None] = field(default_factory=dict, repr=False)
    """Kind (`bearer_token`) -> secret; None or absent: its variable is not set."""
    names: Mapping[str, str] = field(default_factory=dict)
    """Kind -> name of the environment variable, for messages."""
    user_agent: str = "winnow"
    """Sent with every request, the same one always."""

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

    def variable(self, kind: str, default: str) -> str:
        """Name the environment variable that holds a kind, for messages."""
        return self.names.get(kind, default)

    def origin(self, origin: str) -> str:
        """Say where requests for `origin` really go: its endpoint, else itself."""
        return self.endpoints.get(origin, origin).rstrip("/")


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


def missing_credentials(source: str, variables: str, page: str) -> CredentialsError:
    """Say in one line what a missing key needs: variable, page, and the way without keys."""
    return CredentialsError(
        f"{source}: no credentials: set {variables} (get one at {page}), "
        "or try `winnow demo`, which needs none"
    )
