"""Where labels may come from: what a target is told of them, and which tags mean which label."""

from __future__ import annotations

import unicodedata
from collections.abc import Sequence
from dataclasses import replace
from typing import Literal

from harvest.ledger.errors import UsageError
from harvest.ledger.records import Target

LabelFrom = Literal["folder", "tag", "account"]
"""Words of `label_from`."""


def fold_tag(text: str) -> str:
    """One spelling for all that count as the same: case, `_` and `-` for a space, a hash sign."""
    bare = unicodedata.normalize("NFC", text).strip().removeprefix("#")
    folded = unicodedata.normalize("NFC", bare.casefold())
    return " ".join(folded.replace("_", " ").replace("-", " ").split())


def with_labels(target: Target, labels: Sequence[str]) -> Target:
    """Tell a target the labels that its tags can be. Raises UsageError for what decides nothing."""
    if target.label_from not in ("tag", "account"):
        return target
    if target.label_from == "tag":
        if not labels:
            raise UsageError(
                f"target {target.key}: label_from: tag needs to know the labels that tags can be;"
                " list them in `labels:`, like [comic, no_comic]"
            )
        seen: dict[str, str] = {}
        for label in labels:
            if (twin := seen.setdefault(fold_tag(label), label)) != label:
                raise UsageError(
                    f"target {target.key}: labels {twin!r} and {label!r} are one and the same to a"
                    " tag; keep one"
                )
    return replace(target, labels=tuple(labels))
