"""What a run is asked to do: small values, made at the edge, each default once."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from pathlib import Path

from harvest.download.limits import Limits
from harvest.guard.session import Outside
from harvest.ledger.folder import FolderMode
from harvest.ledger.prices import PRICES, Price
from harvest.ledger.records import Target
from harvest.pacing.limits import Clock
from harvest.run.keys import Keys
from harvest.sources.protocol import Source

MAX_REQUESTS = 16
"""Pictures asked for at once, unless told otherwise."""
MAX_WAIT_S = 900.0
"""Seconds that a run waits for limits to end, per source and per picture host, unless told
otherwise."""


@dataclass(frozen=True)
class Job:
    """One run over one data set."""

    dataset: Path
    """Folder of the data set; made where it is not there."""
    targets: tuple[Target, ...]
    """What to walk over, in this order within a source; sources are walked side by side."""
    walk: bool = True
    """False: only download what is left open; no source is asked."""
    reopen: frozenset[tuple[str, str]] | None = None
    """Endings (status, reason) of earlier runs to ask again for, and no others; None: what failed
    or was never asked."""
    sources: Mapping[str, Source] = field(default_factory=dict)
    """Sources that are open already; the others are opened when needed."""
    keys: Mapping[str, Keys] = field(default_factory=dict)
    """Source -> its credentials."""
    outside: Outside = field(default_factory=Outside)
    """How the network is reached."""
    limits: Limits = field(default_factory=Limits)
    """What one picture may cost."""
    folders: FolderMode = "link"
    """How pictures stand under `images/`."""
    max_requests: int = MAX_REQUESTS
    """Pictures asked for at once."""
    max_wait: float = MAX_WAIT_S
    """Seconds to wait for limits to end, per source and per picture host."""
    rate: Mapping[str, float] = field(default_factory=dict)
    """Host name of pictures, or `*` -> requests a second."""
    budget: Decimal | None = None
    """Dollars that the run may spend on paid APIs; None: as much as it takes."""
    prices: Mapping[str, Price] = field(default_factory=lambda: PRICES)
    """Source -> what its API charges; a source that is not named is free."""
    settings_text: str | None = None
    """Kept as the data set's `winnow.yaml`; None: it keeps the one it has."""
    judged: bool = False
    """Whether a report comes next that tells which pictures are not the published ones: it settles
    where all stand, unless the run did not come to its end."""
    purpose: str = "winnow harvest"
    """Told to whoever finds the data set locked."""
    clock: Clock = field(default_factory=Clock)
    """Time and chance."""
