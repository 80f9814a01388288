"""Invented words: what posts say, their tags, alt texts, strangers, and tokens for addresses."""

from __future__ import annotations

import random
import string

TAGS = ("webcomic", "drawing", "ink", "monday", "cats", "sketchbook", "slice of life", "analog")
STRANGERS = ("otto_elsewhere", "mina_margins", "quiet_quentin")

_LINE = (
    "again the cat said nothing about rain and we drew another door for the moon while coffee "
    "went cold under seven small lamps nobody asks why every robot needs a hat on Tuesdays"
)
_WORDS = _LINE.split()
_SUBJECTS = {
    "landscape": "Hills under a wide sky",
    "portrait": "A person looking past the camera",
    "food": "A plate on a wooden table",
    "city": "Houses along a street",
    "foliage": "Leaves, close by",
    "snow": "Snow on a field with a few trees",
    "product": "A thing on a white table",
    "sea": "Waves coming in",
}
_ALPHABET = string.ascii_letters + string.digits + "-_"


def sentence(rng: random.Random) -> str:
    """A few words, as a post says them."""
    return " ".join(rng.choices(_WORDS, k=rng.randint(3, 11))).capitalize() + rng.choice(".…!?")


def shout(rng: random.Random, most: int = 5, least: int = 1) -> str:
    """`least` to `most` words for a speech bubble."""
    return " ".join(rng.choices(_WORDS, k=rng.randint(least, most))).upper()


def reworded(text: str, rng: random.Random) -> str:
    """Words of no language and of the same lengths, so that they fill the same lines."""
    return " ".join("".join(rng.choices(string.ascii_uppercase, k=len(w))) for w in text.split())


def alt_text(rng: random.Random, style: str) -> str:
    """What an author writes for those who cannot see the picture."""
    subject = _SUBJECTS.get(style, f"A strip of {rng.randint(1, 6)} panels")
    return f"{subject}; {sentence(rng).lower()}"


def token(digest: bytes, length: int) -> str:
    """`length` characters of [A-Za-z0-9_-] from at least as many bytes."""
    return "".join(_ALPHABET[byte % 64] for byte in digest[:length])
