"""The label of a picture: by a tag that is a label, by who posted it, by the target itself."""

from __future__ import annotations

import sqlite3
from dataclasses import replace
from pathlib import Path

import pytest

from harvest.ledger.errors import UsageError
from harvest.ledger.labelling import fold_tag, with_labels
from harvest.ledger.records import Page, Sighting, Target
from harvest.store import labels
from harvest.store.labels import Told, label_of, note_doubts
from harvest.store.schema import HARVEST, open_store
from harvest.store.walks import add_page, begin

SEEN = Sighting("tumblr", "1", 0, "https://a.example/1.jpg", author="Ink", tags=("x",))
BY_TAG = Target("tumblr", "x", label_from="tag", labels=("comic", "no_comic", "Große Kunst"))
BY_ACCOUNT = Target("tumblr", "x", label_from="account")


@pytest.mark.parametrize(
    ("tags", "told"),
    [
        ((), Told()),
        (("sketch",), Told()),
        (("comic",), Told("comic")),
        (("sketch", "COMIC"), Told("comic")),
        (("#Comic",), Told("comic")),
        (("no comic",), Told("no_comic")),
        (("No-Comic", "no_comic"), Told("no_comic")),
        (("GROSSE_KUNST",), Told("Große Kunst")),
        (("große kunst".replace("ß", "ß"),), Told("Große Kunst")),
        (("comics", "comic strip"), Told()),
        (("comic", "no comic"), Told(doubt="two_labels", several=("comic", "no_comic"))),
    ],
)
def test_by_tag(tags: tuple[str, ...], told: Told) -> None:
    """The one tag that is among the labels; case, blanks and accents' spelling do not matter."""
    assert label_of(BY_TAG, replace(SEEN, tags=tags)) == told


def test_two_spellings_of_an_accent_are_one_tag() -> None:
    """NFC and NFD fold alike, before and after the case is folded."""
    assert fold_tag("Cafe\u0301") == fold_tag("CAF\u00c9") == "caf\u00e9"


def test_the_targets_own_label_is_for_the_rest() -> None:
    """No such tag, nobody named: `label`. Two labels: a person decides."""
    target = replace(BY_TAG, label="rest")

    assert label_of(target, SEEN) == Told("rest")
    assert label_of(target, replace(SEEN, tags=("comic", "no_comic"))).label is None
    assert label_of(replace(BY_ACCOUNT, label="rest"), replace(SEEN, author=None)) == Told("rest")


@pytest.mark.parametrize(
    ("author", "told"),
    [
        ("Ink", Told("ink")),
        ("@DasKritzelt", Told("daskritzelt")),
        ("otto@art.example", Told("otto@art.example")),
        (None, Told()),
        ("", Told()),
        ("a/b", Told(doubt="unfit_name")),
        ("_rejected", Told(doubt="unfit_name")),
        ("..", Told(doubt="unfit_name")),
        ("con.bsky.social", Told(doubt="unfit_name")),
        ("x" * 65, Told(doubt="unfit_name")),
    ],
)
def test_by_account(author: str | None, told: Told) -> None:
    """Who posted it, in small letters; a name that no folder can have gives none."""
    assert label_of(BY_ACCOUNT, replace(SEEN, author=author)) == told


def test_an_account_may_be_a_listed_label() -> None:
    """Then it is spelt as the settings spell it."""
    target = replace(BY_ACCOUNT, labels=("Ink",))

    assert label_of(target, SEEN) == Told("Ink")


def test_a_pages_label_is_a_sub_folders() -> None:
    """It outranks the target's own, and counts for nothing where tags or accounts decide."""
    target = Target("folder", "pics", label="rest", label_from="folder")

    assert label_of(target, SEEN, "sub") == Told("sub")
    assert label_of(target, SEEN) == Told("rest")
    assert label_of(BY_ACCOUNT, SEEN, "sub") == Told("ink")


@pytest.mark.parametrize(
    ("listed", "words"), [((), "labels:"), (("a_b", "A-B"), "one and the same")]
)
def test_labels_that_decide_nothing_are_refused(listed: tuple[str, ...], words: str) -> None:
    """`label_from: tag` without labels, or with two that no tag can tell apart."""
    with pytest.raises(UsageError, match=f"tumblr:x: .*{words}"):
        with_labels(replace(BY_TAG, labels=()), listed)


@pytest.mark.parametrize("batch", [1, 500])
def test_labels_follow_the_settings(tmp_path: Path, monkeypatch, batch: int) -> None:
    """What was seen before gets the label that the settings say now; nobody is asked for it."""
    monkeypatch.setattr(labels, "_BATCH", batch)
    tags = [("comic",), ("no comic",), ("comic", "no_comic"), ()]
    page = Page(
        tuple(replace(SEEN, post_id=str(n), tags=some) for n, some in enumerate(tags)), None
    )
    changes = [
        (BY_TAG, ["comic", "no_comic", None, None]),
        (BY_ACCOUNT, ["ink"] * 4),
        (Target("tumblr", "x"), ["ink"] * 4),
        (Target("tumblr", "x", label="comic"), ["comic"] * 4),
        (replace(BY_TAG, labels=("comic",)), ["comic", None, "comic", None]),
        (replace(BY_TAG, label="rest"), ["comic", "no_comic", None, "rest"]),
    ]
    with open_store(tmp_path / "catalog.sqlite") as catalog:
        begin(catalog, [BY_TAG])
        add_page(catalog, BY_TAG, page)
        for target, wanted in changes:
            begin(catalog, [target])
            rows = catalog.connection.execute("SELECT label FROM seen ORDER BY position")

            assert [row["label"] for row in rows] == wanted
        begin(catalog, [BY_ACCOUNT], relabel=False)
        kept = [row["label"] for row in catalog.connection.execute("SELECT label FROM seen")]
        doubts = note_doubts(catalog, BY_TAG)

    assert kept == wanted
    assert dict(doubts) == {"two_labels": 1}


def test_texts_join_an_older_catalog(tmp_path: Path) -> None:
    """A catalog from before posts' words were kept opens, keeps its rows, and takes words."""
    path = tmp_path / "catalog.sqlite"
    old = replace(HARVEST, steps=HARVEST.steps[:3])
    from harvest.ledger.catalog import open_catalog

    open_catalog(path, [old]).close()
    with sqlite3.connect(path) as connection:
        connection.execute(
            "INSERT INTO sighting(source, post_id, media_index, url, status)"
            " VALUES ('tumblr', '1', 0, 'https://a.example/1.jpg', 'pending')"
        )
    connection.close()
    with open_store(path) as catalog:
        begin(catalog, [BY_ACCOUNT])
        add_page(catalog, BY_ACCOUNT, Page((replace(SEEN, post_id="2", text="words"),), None))
        rows = catalog.connection.execute("SELECT post_id, text FROM sighting ORDER BY id")
        told = catalog.connection.execute("SELECT COUNT(text) FROM provenance").fetchone()

        assert [tuple(row) for row in rows] == [("1", None), ("2", "words")]
        assert told[0] == 0  # no picture yet, but the view knows the column
