"""Who looks on while a network learns, and what is said of an epoch."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from classify.finetune.checkpoint import Epoch
from harvest.ledger.progress import Progress


@dataclass(frozen=True, slots=True)
class Watch:
    """Who looks on."""

    progress: Progress | None = None
    """Gets `total` (pictures to compute and to learn from, all epochs), `advance` for each batch,
    and a note for each epoch. A fresh one: what it counted before is not known here."""
    epoch: Callable[[Epoch], None] | None = None
    """Called after each epoch, also with those that a checkpoint remembers, and with number 0."""

    def over(self, epoch: Epoch) -> None:
        """Tell of an epoch that is over."""
        if self.epoch:
            self.epoch(epoch)
        self.say(_told(epoch))

    def say(self, line: str) -> None:
        """Show a line."""
        if self.progress:
            self.progress.note(line)


def _told(epoch: Epoch) -> str:
    right = f"validation {epoch.accuracy:.4f} right, log loss {epoch.loss:.4f}"
    if epoch.depth is None:
        return f"the head alone: {right}"
    return f"epoch {epoch.number} ({epoch.depth}): loss {epoch.train_loss:.4f}, {right}"
