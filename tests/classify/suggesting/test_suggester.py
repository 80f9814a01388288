"""The suggester: what it makes of answers, in which order it puts pictures, and how it ends."""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from classify.backbone import Backbone
from classify.cache import EmbeddingStore
from classify.engine import Engine
from classify.suggesting.suggester import EmbeddingSuggester
from curate.page.suggester import Suggester

Begin = Callable[..., EmbeddingSuggester]


def some(truth: Mapping[str, str], each: int) -> dict[str, str]:
    """So many pictures of each label."""
    found: Counter[str] = Counter()
    taken = {}
    for sha256, label in sorted(truth.items()):
        if found[label] < each:
            found[label] += 1
            taken[sha256] = label
    return taken


def test_it_is_what_the_page_asks_for(begin: Begin, drawn: Any) -> None:
    """A page that takes a Suggester takes this one."""
    suggester: Suggester = begin(drawn.files)

    assert suggester.ready() == len(drawn.files)


def test_it_tells_stripes_from_dots(begin: Begin, drawn: Any) -> None:
    """Every picture that was not learnt from gets chances that add up to 1 and are right."""
    suggester = begin(drawn.files)
    answered = some(drawn.truth, 10)
    opinion = suggester.learn(answered)

    assert opinion is not None
    assert opinion.labels == ("dots", "stripes")
    assert set(opinion.chances) == set(drawn.files) - set(answered)
    for sha256, chances in opinion.chances.items():
        assert sum(chances) == pytest.approx(1)
        assert opinion.labels[int(np.argmax(chances))] == drawn.truth[sha256]
    assert opinion.doubted == {}


def test_it_doubts_a_slip(begin: Begin, drawn: Any) -> None:
    """An answer that all others speak against is doubted, with the other label's chance."""
    suggester = begin(drawn.files)
    answered = dict(drawn.truth)
    slip = min(sha256 for sha256, label in answered.items() if label == "dots")
    answered[slip] = "stripes"
    opinion = suggester.learn(answered)

    assert opinion is not None
    assert set(opinion.doubted) == {slip}
    assert opinion.doubted[slip][0] == "dots"
    assert 0.95 < opinion.doubted[slip][1] <= 1


def test_too_little_to_learn_from(begin: Begin, drawn: Any) -> None:
    """A dozen answers, or one label alone, or strangers, are no ground for an opinion."""
    suggester = begin(drawn.files)
    many = dict.fromkeys(drawn.files, "dots")

    assert suggester.learn({}) is None
    assert suggester.learn(some(drawn.truth, 6)) is None
    assert suggester.learn(many) is None
    assert suggester.learn(many | {min(many): "stripes"}) is None
    assert suggester.learn({f"{i:064x}": "ab"[i % 2] for i in range(40)}) is None


def test_same_answers_same_opinion(
    begin: Begin, drawn: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Opinions depend on the answers alone: not on their order, earlier ones, or the cache."""
    suggester = begin(drawn.files)
    answered = some(drawn.truth, 11)
    suggester.learn(some(drawn.truth, 15))
    first = suggester.learn(answered)
    monkeypatch.setenv("WINNOW_CACHE", str(tmp_path / "empty"))
    other = begin(dict(reversed(drawn.files.items())))
    second = other.learn(dict(reversed(answered.items())))

    assert first == second


def test_first_looks_are_far_apart(begin: Begin, drawn: Any) -> None:
    """Two pictures that differ most are one of each kind; none comes twice, and no stranger."""
    suggester = begin(drawn.files)
    everything = [*drawn.files, "f" * 64]
    order = suggester.far_apart(everything, 100)

    assert {drawn.truth[sha256] for sha256 in order[:2]} == {"dots", "stripes"}
    assert sorted(order) == sorted(drawn.files)
    assert suggester.far_apart(everything, 5) == order[:5]
    assert suggester.far_apart(list(reversed(everything)), 5) == order[:5]
    assert suggester.far_apart([], 5) == suggester.far_apart(everything, 0) == []


def test_the_odd_one_stands_out(begin: Begin, drawn: Any) -> None:
    """On a page of one kind the picture of another comes last, and unknown ones behind it."""
    suggester = begin(drawn.files)
    page = [sha256 for sha256, label in drawn.truth.items() if label == "dots"]
    odd = min(sha256 for sha256, label in drawn.truth.items() if label == "stripes")
    ordered = suggester.alike([page[0], odd, "f" * 64, *page[1:]])

    assert sorted(ordered[:-2]) == sorted(page)
    assert ordered[-2:] == [odd, "f" * 64]
    assert suggester.alike([]) == []


def test_broken_pictures_are_passed_over(begin: Begin, drawn: Any, tmp_path: Path) -> None:
    """What cannot be read, is gone, or holds other bytes than it should, stops nothing."""
    torn, other = tmp_path / "torn.png", next(iter(drawn.files.values()))
    torn.write_bytes(b"\x89PNG\r\n\x1a\n torn")
    bad = {"0" * 64: torn, "1" * 64: tmp_path / "gone.png", "2" * 64: other}
    suggester = begin(bad | dict(drawn.files))

    assert suggester.ready() == len(drawn.files)
    assert set(suggester.far_apart([*bad, *drawn.files], 99)) == set(drawn.files)


def test_broken_ones_alone_are_no_end(begin: Begin, drawn: Any, settle: Any) -> None:
    """A suggester that had nothing to look at takes pictures that come later."""
    suggester = begin({"1" * 64: Path("/nowhere/gone.png")})
    before = suggester.ready(), suggester.far_apart(["1" * 64], 1), suggester.alike(["1" * 64])
    suggester.begin(list(drawn.files.items()))
    settle()

    assert before == (0, [], ["1" * 64])
    assert suggester.ready() == len(drawn.files)


def test_pictures_may_come_later(begin: Begin, drawn: Any, settle: Any) -> None:
    """Pictures that come in parts, or twice, are known as if they had come at once."""
    parts = list(drawn.files.items())
    suggester = begin(dict(parts[:4]))
    few = suggester.ready()
    suggester.begin(parts[2:])
    settle()
    whole = begin(drawn.files)
    answered = some(drawn.truth, 12)

    assert (few, suggester.ready()) == (4, len(parts))
    assert suggester.learn(answered) == whole.learn(answered)


def test_it_embeds_a_picture_once(
    begin: Begin, drawn: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What one sitting embedded the next one finds in the cache, the files gone or not."""
    monkeypatch.setenv("WINNOW_CACHE", str(tmp_path))
    begin(drawn.files)
    with EmbeddingStore(tmp_path / "embeddings.bin") as store:
        kept = len(store)
    again = begin(dict.fromkeys(drawn.files, tmp_path / "moved"))

    assert kept == len(drawn.files)
    assert again.ready() == len(drawn.files)


def test_it_works_without_a_cache(
    begin: Begin, drawn: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A cache that cannot be written costs nothing but time."""
    monkeypatch.setenv("WINNOW_CACHE", "/dev/null/nowhere")

    assert begin(drawn.files).ready() == len(drawn.files)


def test_it_stops_at_once(
    drawn: Any, small: Backbone, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Closing waits for the pictures under way, begins no other one, and may be repeated."""
    monkeypatch.setenv("WINNOW_CACHE", str(tmp_path))
    begun, seen = threading.Event(), []
    run = Engine.run

    def watched(engine: Engine, batch: Any) -> Any:
        seen.append(len(batch))
        begun.set()
        return run(engine, batch)

    monkeypatch.setattr(Engine, "run", watched)
    suggester = EmbeddingSuggester(small)
    suggester.begin([(f"{i:064x}", p) for i, p in enumerate([*drawn.files.values()] * 40)])
    begun.wait(60)
    suggester.close()
    suggester.close()
    stopped_at = len(seen)
    suggester.begin(list(drawn.files.items()))

    assert sum(seen) < len(drawn.files) * 40
    assert len(seen) == stopped_at
    assert not [t for t in threading.enumerate() if t.name == "suggester"]
