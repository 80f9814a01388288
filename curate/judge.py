"""What the checks of single pictures say, picture by picture: never all facts in memory."""

from __future__ import annotations

from collections.abc import Container, Iterator, Mapping, Sequence
from dataclasses import dataclass

from curate.appearances import appearances
from curate.checks.placeholder import Placeholder
from curate.checks.protocol import Check
from curate.facts import Appearance, Measure, Verdict
from curate.settings import ChecksSettings
from curate.store.facts import Seen, read_stand_ins
from curate.store.opinions import each_measure
from harvest.ledger.catalog import Catalog
from harvest.ledger.fingerprint import HASH_VERSION


@dataclass(frozen=True)
class Judge:
    """Checks, and what they need to know besides the measures."""

    catalog: Catalog
    """Where the measures are."""
    checks: Sequence[Check]
    """Those that are on."""
    seen: Mapping[str, Appearance]
    """Where each picture was seen; who is not in it is not judged."""

    @classmethod
    def of(
        cls,
        catalog: Catalog,
        settings: ChecksSettings,
        provenance: Mapping[str, Sequence[Seen]],
        lost: Container[str],
    ) -> Judge:
        """A judge of all measured pictures but the `lost` ones, whose files cannot be read."""
        near = (settings.placeholder or Placeholder()).max_distance
        measures = (m for m in each_measure(catalog, HASH_VERSION) if m.sha256 not in lost)
        seen = appearances(measures, provenance, near, read_stand_ins(catalog))
        return cls(catalog, tuple(settings.enabled()), seen)

    def verdicts(self) -> Iterator[tuple[str, list[Verdict]]]:
        """Every picture and what each check says of it, by sha256."""
        for facts in each_measure(self.catalog, HASH_VERSION):
            if facts.sha256 in self.seen:
                yield facts.sha256, self._of(facts)

    def _of(self, facts: Measure) -> list[Verdict]:
        return [check.judge(facts, self.seen[facts.sha256]) for check in self.checks]

    def remarks(self) -> dict[str, list[Verdict]]:
        """Every picture and what is wrong with it: most have an empty list."""
        return {
            sha256: [v for v in some if v.flagged or v.warned] for sha256, some in self.verdicts()
        }
