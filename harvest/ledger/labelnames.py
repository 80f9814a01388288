"""What can be a label: a folder's name on every system, in any script."""

from __future__ import annotations

import re
import unicodedata

from harvest.ledger.errors import UsageError

JOINERS = "\u200c\u200d"
"""Invisible, and part of words and emoji: zero width non-joiner and joiner."""

_MAX_BYTES = 64
# Names that Windows gives to devices, whatever their extension.
_DEVICES = {"con", "prn", "aux", "nul"} | {f"{d}{n}" for d in ("com", "lpt") for n in range(1, 10)}
_JOINED = re.compile(r"(?<=[^\x00-\x7f\s\u200c\u200d])[\u200c\u200d](?=[^\x00-\x7f\s\u200c\u200d])")


def check_label(text: str) -> str:
    """A label in NFC, at most 64 bytes of UTF-8, fit for a folder's name; raises UsageError."""
    label = unicodedata.normalize("NFC", text)
    problem = ""
    if not label or label != label.strip():
        problem = "is empty or has spaces at an end"
    elif label[0] in "_.":
        problem = "begins with _ or ., which are winnow's own folders"
    elif len(label.encode("utf-8", "surrogatepass")) > _MAX_BYTES:
        problem = f"is longer than {_MAX_BYTES} bytes"
    elif label[-1] == "." or label.partition(".")[0].casefold() in _DEVICES:
        problem = "cannot be a folder's name everywhere"
    elif any(c in '/\\:*?"<>|' for c in label) or not _is_readable(label):
        problem = "has a character that a folder's name cannot have"
    if problem:
        raise UsageError(f"label {text[:80]!r} {problem}; choose another name")
    return label


def _is_readable(text: str) -> bool:
    """Whether a text has no invisible characters but the joiners that words and emoji are made of.

    U+200C and U+200D stand alone between two characters of other scripts: Persian, Hindi, families
    (https://www.unicode.org/reports/tr31/, 2.3 Layout and Format Control Characters).
    """
    return not any(unicodedata.category(c).startswith("C") for c in _JOINED.sub("", text))


def is_label_folder(name: str) -> bool:
    """Whether a folder of this name holds a label's pictures."""
    return not name.startswith(("_", "."))
