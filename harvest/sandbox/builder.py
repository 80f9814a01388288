"""From a plan to posts: pictures drawn by lot, some spoilt, packed into posts with dates."""

from __future__ import annotations

import hashlib
import random
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Literal

from harvest.sandbox import words
from harvest.sandbox.plan import FeedPlan, Side
from harvest.sandbox.posts import Drawing, Flaw, Form, Media, Picture, Post, TumblrForm
from harvest.sandbox.styles import ARTISTS, BLANK, BULK, REMOVED, TEMPLATE, label_of_style
from harvest.sandbox.truth import Kind

_SNOWFLAKE_EPOCH_MS = 1_288_834_974_657
_FORMS: tuple[Form, ...] = ("jpeg", "progressive", "turned", "png", "rgba", "palette")
_COMIC_ODDS = (50, 12, 3, 22, 7, 6)
_PHOTO_ODDS = (78, 16, 6, 0, 0, 0)
_SHAPES = (16 / 9, 4 / 3, 1.0, 4 / 5, 3 / 2)
_Chatter = Literal["words", "video", "animated_gif", "reply", "retweet", "quote"]
_CHATTER: tuple[_Chatter, ...] = ("words", "video", "animated_gif", "reply", "retweet", "quote")
_REPEATS: tuple[Kind, ...] = ("exact_duplicate", "reencode")
_SPOILT: dict[str, tuple[Flaw, Kind]] = {
    "truncated": ("truncated", "broken"),
    "html": ("html", "broken"),
    "empty": ("empty", "broken"),
    "missing": ("missing", "missing"),
    "placeholder": ("removed", "placeholder"),
}


class FeedBuilder:
    """Builds the posts of one feed; deterministic in (seed, side, plan)."""

    def __init__(self, seed: int, side: Side, plan: FeedPlan) -> None:
        self._plan = plan
        self._side = side
        self._name = f"{seed} {side} {plan.name}"
        self._rng = random.Random(self._name)
        self._made = 0

    def posts(self, shared: dict[str, tuple[Picture, ...]]) -> tuple[Post, ...]:
        """All posts, newest first. `shared`: clean pictures of the feeds built before this one."""
        pictures = self._clean()
        pictures += self._reposted(shared)
        pictures += self._planted(pictures)
        self._rng.shuffle(pictures)
        return self._packed(pictures)

    def _clean(self) -> list[Picture]:
        styles, weights = list(self._plan.styles), list(self._plan.styles.values())
        chosen = self._rng.choices(styles, weights, k=self._plan.pictures) if styles else []
        return [self._draw(style) for style in chosen]

    def _draw(self, style: str) -> Picture:
        rng = self._rng
        low, high = self._plan.size
        if style == BULK:
            low, high = min(low, 360), min(high, 480)
        long = rng.randint(low, high)
        if style == TEMPLATE:
            long = high  # or the panels would be alike, not the same
        ratio = 4 / 3 if style == TEMPLATE else rng.choice(_SHAPES)
        width, height = (long, round(long / ratio)) if ratio >= 1 else (round(long * ratio), long)
        seed = int.from_bytes(hashlib.sha256(f"{self._name} {self._made}".encode()).digest()[:4])
        odds = _COMIC_ODDS if style in ARTISTS else _PHOTO_ODDS
        form = "jpeg" if style == BULK else rng.choices(_FORMS, odds)[0]
        flaw: Flaw = "no_orig" if rng.random() < 0.04 and style != BULK else ""
        kind: Kind = "template" if style == TEMPLATE else "clean"
        drawing = Drawing(style, seed, width, height, label_of_style(style))
        return Picture(
            self._media_id(),
            drawing,
            form,
            rng.randint(82, 94),
            flaw=flaw,
            kind=kind,
        )

    def _media_id(self) -> str:
        self._made += 1
        digest = hashlib.sha256(f"media {self._name} {self._made}".encode()).digest()
        return "G" + words.token(digest, 14)

    def _reposted(self, shared: dict[str, tuple[Picture, ...]]) -> list[Picture]:
        found = []
        for name, count in self._plan.reposts.items():
            if len(shared.get(name, ())) < count:
                raise ValueError(f"{self._plan.name} reposts {count} of {name}, which has fewer")
            for original in self._rng.sample(shared[name], count):
                found.append(self._repeat(original, "exact_duplicate"))
        return found

    def _repeat(self, original: Picture, kind: Kind) -> Picture:
        again = replace(
            original,
            media_id=self._media_id(),
            same_as=original.media_id,
            flaw="",
            kind=kind,
        )
        if kind == "exact_duplicate":
            return again
        scale = self._rng.choice((1.0, 0.85, 0.7, 0.5))
        return replace(again, form="jpeg", quality=self._rng.randint(45, 75), scale=scale)

    def _planted(self, pictures: list[Picture]) -> list[Picture]:
        rng, plant = self._rng, self._plan.plant
        originals = [p for p in pictures if p.kind == "clean" and not p.flaw]
        repeats = [kind for kind in _REPEATS for _ in range(plant.get(kind, 0))]
        if len(repeats) > len(originals):
            raise ValueError(
                f"{self._plan.name}: {len(repeats)} repeats of {len(originals)} pictures"
            )
        chosen = rng.sample(originals, len(repeats))
        found = [self._repeat(one, kind) for one, kind in zip(chosen, repeats, strict=True)]
        for word, count in plant.items():
            if word not in _REPEATS:
                found += [self._spoilt(word) for _ in range(count)]
        return found

    def _spoilt(self, word: str) -> Picture:
        rng = self._rng
        if word == "tiny":
            style = rng.choice(list(self._plan.styles))
            picture = self._draw(style)
            side = rng.randint(24, 60)
            drawing = replace(picture.drawing, width=side, height=max(16, side - rng.randint(0, 8)))
            return replace(picture, drawing=drawing, form="jpeg", kind="tiny", flaw="")
        if word == "blank":
            drawing = replace(
                self._draw(BULK).drawing, style=BLANK, label="", width=800, height=600
            )
            form: Form = rng.choice(("jpeg", "png"))
            return Picture(self._media_id(), drawing, form, kind="blank")
        picture = self._draw(rng.choice(list(self._plan.styles)))
        if word == "placeholder":
            picture = replace(picture, drawing=replace(picture.drawing, style=REMOVED, seed=0))
        drawing = replace(picture.drawing, label="")
        flaw, kind = _SPOILT[word]
        return replace(
            picture,
            drawing=drawing,
            form="jpeg",
            flaw=flaw,
            kind=kind,
        )

    def _packed(self, pictures: list[Picture]) -> tuple[Post, ...]:
        rng, at, posts = self._rng, self._plan.newest, []
        left = list(pictures)
        while left:
            if rng.random() < self._plan.chatter and self._side in ("twitter", "bluesky"):
                at = self._before(at)
                posts.append(self._chatter(at))
            count = min(rng.choices((1, 2, 3, 4), (64, 18, 8, 10))[0], self._plan.per_post)
            taken, left = left[:count], left[count:]
            at = self._before(at)
            posts.append(self._post(at, taken))
        return tuple(posts)

    def _before(self, at: datetime) -> datetime:
        return at - timedelta(seconds=self._rng.randint(1800, 130_000))

    def _post(self, at: datetime, pictures: list[Picture]) -> Post:
        rng = self._rng
        media = tuple(
            Media("photo", p, words.alt_text(rng, p.drawing.style) if rng.random() < 0.4 else None)
            for p in pictures
        )
        forms: tuple[TumblrForm, ...] = ("photo", "npf", "text")
        text, stray = words.sentence(rng), tuple(rng.sample(words.TAGS, rng.randint(0, 2)))
        return Post(
            self._post_id(at),
            self._plan.name,
            at,
            text,
            media,
            self._plan.tags + (stray if self._plan.stray_tags else ()),
            rng.random() < 0.03,
            form=rng.choices(forms, (50, 35, 15))[0],
        )

    def _chatter(self, at: datetime) -> Post:
        what = self._rng.choice(_CHATTER)
        post = replace(self._post(at, []), sensitive=False)
        if what == "words":
            return post
        if what == "video" or what == "animated_gif":  # noqa: PLR1714 - mypy narrows these
            still = replace(self._draw("landscape"), form="jpeg", flaw="")
            return replace(post, media=(Media(what, still),))
        other = (self._post_id(at - timedelta(hours=5)), self._rng.choice(words.STRANGERS))
        picture = self._draw(self._rng.choice(list(self._plan.styles)))
        start = {"reply": f"@{other[1]} ", "retweet": f"RT @{other[1]}: ", "quote": ""}[what]
        return replace(
            post,
            shape=what,
            refers_to=other,
            media=(Media("photo", replace(picture, flaw="")),),
            text=start + post.text,
        )

    def _post_id(self, at: datetime) -> str:
        ms = round(at.timestamp() * 1000)
        low = int.from_bytes(hashlib.sha256(f"{self._name} {ms}".encode()).digest()[:2])
        if self._side == "twitter":
            return str(((ms - _SNOWFLAKE_EPOCH_MS) << 22) | low)
        # Tumblr's ids pass 2**53: who reads them as floating point numbers sees two as one.
        return str(700_000_000_000_000_000 + ms * 40_000 + low % 40_000)
