"""The data card: what the data set is, where it comes from, how good it is, and whose it is.

Markdown with YAML in front, as Hugging Face's hub and `datasets` read it:
https://huggingface.co/docs/hub/datasets-cards. No time and no path stands in it: the same data
set gives the same card.
"""

from __future__ import annotations

import os
import shlex
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from importlib import metadata
from pathlib import Path

import yaml

from curate.exports.card_tables import (
    account_rows,
    label_rows,
    left_out_rows,
    markdown_table,
    plain,
    target_lines,
)
from curate.exports.inventory import Inventory
from curate.leaks import tell
from harvest.ledger.exports import CARD, MARK, is_ours

_SIZES = ((1_000, "n<1K"), (10_000, "1K<n<10K"), (100_000, "10K<n<100K"), (10**6, "100K<n<1M"))
_UNEVEN = 3  # times as many pictures of one label as of another, before the card warns


@dataclass(frozen=True, slots=True)
class Beside:
    """What a card says of the files that it lies beside."""

    words: str
    """What they are and how to open them: Markdown."""
    front: Mapping[str, object]
    """Hugging Face's keys for the same, for the YAML."""


def write_card(inventory: Inventory, root: Path, beside: Beside) -> Path | None:
    """Write the card into a folder; None where a person's own card stands, which is left alone."""
    path = root / CARD
    if path.exists() and not is_ours(path):
        return None
    front = yaml.safe_dump(
        _front(inventory, beside), allow_unicode=True, sort_keys=False, width=1000
    )
    text = f"---\n{front}---\n\n" + "\n\n".join(_body(inventory, beside)) + "\n"
    part = path.with_name(path.name + ".part")
    with part.open("w", encoding="utf-8", errors="backslashreplace", newline="\n") as out:
        out.write(text)
        out.flush()
        os.fsync(out.fileno())
    part.replace(path)
    return path


def beside_lock(inventory: Inventory) -> Beside:
    """The published text files; by the YAML, the lock file opens as a table."""
    name = lock_name(inventory)
    words = (
        f"`urls_<label>.log` hold one address a line, `{name}` what each address gave (sha256,"
        " perceptual hash, size, part), `metadata.jsonl` who posted each picture, where and when."
    )
    has_lines = any(picture.url for picture in inventory.selection.pictures)
    # One of a former name of the folder may lie beside it; a name may be no pattern, though.
    plain_name = name.isprintable() and not set(name) & set("*?[]{}`")
    config = {"config_name": "default", "data_files": name if plain_name else "*.lock.csv"}
    return Beside(words, {"configs": [config]} if has_lines else {})


def lock_name(inventory: Inventory) -> str:
    """Name of the lock file, as text."""
    return f"{inventory.name}.lock.csv"


def _front(inventory: Inventory, beside: Beside) -> dict[str, object]:
    count = len(inventory.selection.pictures)
    size = next((word for most, word in _SIZES if count < most), "n>1M")
    return {
        "pretty_name": inventory.name,
        "license": "other",
        "license_name": "rights-remain-with-the-authors-of-the-pictures",
        "task_categories": ["image-classification"],
        "size_categories": [size],
        "tags": ["image", "winnow"],
        **beside.front,
    }


def _body(inventory: Inventory, beside: Beside) -> Iterator[str]:
    """Yield the card's blocks."""
    yield f"# {plain(inventory.name)}"
    yield MARK
    yield _summary(inventory)
    yield markdown_table(*label_rows(inventory))
    yield beside.words
    yield "## Where the pictures come from"
    yield _gathering(inventory)
    yield markdown_table(*account_rows(inventory))
    yield "## What was left out, and why"
    yield _left_out(inventory)
    yield "## Make it again"
    yield from _again(inventory)
    yield "## Whose pictures these are"
    yield (
        "The pictures belong to the people who made them. What is published is where they were"
        " posted, and facts about them: addresses, hashes, sizes, labels. Nobody was asked for a"
        " licence, and none is given here: ask the authors before you publish a picture. Take out"
        " what its author wants out (`winnow harvest forget` does it, everywhere and for good)."
    )
    yield "## Known limits"
    yield "\n".join(f"- {line}" for line in _limits(inventory))


def _summary(inventory: Inventory) -> str:
    counts = inventory.selection.counts
    pictures = inventory.selection.pictures
    megabytes = sum(picture.measure.n_bytes for picture in pictures) / 1e6
    return (
        f"{len(pictures):,} pictures ({megabytes:,.1f} MB) with {len(counts)} labels, for image"
        f" classification; gathered, cleaned and divided by winnow {metadata.version('winnow')}."
        + ("" if inventory.split else " It is not divided into parts yet.")
    )


def _gathering(inventory: Inventory) -> str:
    first, last = inventory.days
    days = f"on {first}" if first == last else f"between {first} and {last}"
    targets = "; ".join(target_lines(inventory))
    return f"Gathered {days} (UTC) from: {targets}. The pictures kept, by who posted them first:"


def _left_out(inventory: Inventory) -> str:
    heads, rows = left_out_rows(inventory)
    if not rows:
        return "Nothing."
    merged = sum(bool(picture.merged) for picture in inventory.selection.pictures)
    note = f"\n\nKept pictures that stand for their duplicates too, with all addresses: {merged:,}."
    return markdown_table(heads, rows) + (note if merged else "")


def _again(inventory: Inventory) -> Iterator[str]:
    pictures = inventory.selection.pictures
    logs = [f"urls_{p}.log" for p in sorted({p.label for p in pictures if p.url})]
    if logs:
        lock = shlex.quote(lock_name(inventory))
        words = " ".join(map(shlex.quote, logs))
        sizes = " --best-size" if inventory.larger else ""
        yield f"```sh\nwinnow harvest urls {words} -o again --lock {lock}{sizes}\n```"
        yield (
            "asks for each address and says which pictures are the same bytes, re-encoded, replaced"
            " or gone."
        )
    without = sum(not picture.url for picture in pictures)
    if without:
        yield f"Pictures that came from a folder and have no address: {without:,}."


def _limits(inventory: Inventory) -> Iterator[str]:
    pictures, counts = inventory.selection.pictures, inventory.selection.counts
    by_hand = sum(picture.sha256 in inventory.standing.hands for picture in pictures)
    if by_hand:
        people = "one person" if inventory.people == 1 else f"{inventory.people} people"
        yield f"Labels given by hand, by {people}, that nobody has checked again: {by_hand:,}."
    if by_hand < len(pictures):
        yield (
            "Labels that are those of the account, tag or folder the picture came from, and that"
            f" nobody has looked at: {len(pictures) - by_hand:,}."
        )
    most, least = max(counts.items(), key=_size), min(counts.items(), key=_size)
    if most[1] >= _UNEVEN * least[1]:
        ratio = most[1] / least[1]
        yield f"Uneven labels: {ratio:.1f} times as many {plain(most[0])} as {plain(least[0])}."
    if inventory.split:
        yield from (f"{line[0].upper()}{line[1:]}." for line in tell(inventory.leaks))
    yield "Posts and accounts vanish: the older a copy of this list, the fewer pictures it brings."


def _size(counted: tuple[str, int]) -> int:
    return counted[1]
