"""Options that a source does not read are refused, with the source and the option named."""

from __future__ import annotations

from pathlib import Path

import pytest

from harvest.ledger.errors import SettingsError
from harvest.ledger.records import Target
from harvest.ledger.settings import load_settings
from harvest.ledger.target_options import EVERYWHERE, READ, narrowing
from harvest.ledger.targets import SOURCE_WORDS, TargetEntry

FORMS = {
    "twitter": "twitter: a",
    "tumblr": "tumblr: a",
    "bluesky": "bluesky: a.example",
    "mastodon": "mastodon: a.example/@b",
    "folder": "folder: ./pictures",
}
SWITCHES = ("replies", "retweets", "quotes", "reblogs")


def load(tmp_path: Path, *options: str) -> tuple[Target, ...]:
    path = tmp_path / "c.yaml"
    path.write_text(f"dataset: x\nlabels: [a, b]\ntargets:\n  - {{{', '.join(options)}}}\n")
    return load_settings(path).targets


def test_the_table_is_whole() -> None:
    """Every source and every option of a target stands in it."""
    named = set(EVERYWHERE).union(*READ.values())

    assert set(READ) == set(SOURCE_WORDS) == set(FORMS)
    assert named == set(TargetEntry.model_fields) - set(SOURCE_WORDS)


@pytest.mark.parametrize("source", FORMS)
@pytest.mark.parametrize("option", SWITCHES)
@pytest.mark.parametrize("value", ["true", "false"])
def test_an_option_is_read_or_refused(tmp_path: Path, source: str, option: str, value: str) -> None:
    """What the source reads arrives; what it does not is an error that names both."""
    options = (FORMS[source], f"{option}: {value}")
    if option in READ[source]:
        assert getattr(load(tmp_path, *options)[0], option) is (value == "true")
        return

    with pytest.raises(SettingsError, match=rf"c\.yaml:4: .*{source} knows no `{option}`"):
        load(tmp_path, *options)


@pytest.mark.parametrize("source", FORMS)
def test_options_of_all_sources(tmp_path: Path, source: str) -> None:
    """Labels, limits and dates hold everywhere; sub-folders are a folder's alone."""
    dated = load(tmp_path, FORMS[source], "max_images: 3", "since: 2024-01-31", "label: a")
    tagged = load(tmp_path, FORMS[source], "label_from: tag")

    assert (dated[0].max_images, dated[0].label, tagged[0].label_from) == (3, "a", "tag")
    if source == "folder":
        assert load(tmp_path, FORMS[source], "label_from: folder")[0].label_from == "folder"
    else:
        with pytest.raises(SettingsError, match=f"{source} has no sub-folders"):
            load(tmp_path, FORMS[source], "label_from: folder")


def test_two_ways_to_a_label(tmp_path: Path) -> None:
    """`label` beside `label_from` is told, with which of them means what."""
    with pytest.raises(SettingsError, match=r":4: .*label 'a' and label_from: account.*keep"):
        load(tmp_path, FORMS["tumblr"], "label: a", "label_from: account")


@pytest.mark.parametrize(
    ("source", "options", "said"),
    [
        ("twitter", {}, ["replies: false", "retweets: false"]),
        ("twitter", {"quotes": False, "replies": True}, ["retweets: false", "quotes: false"]),
        ("tumblr", {}, []),
        ("tumblr", {"reblogs": False}, ["reblogs: false"]),
        ("bluesky", {}, ["replies: false", "reblogs: false"]),
        ("bluesky", {"reblogs": True, "replies": True}, []),
        ("folder", {}, []),
    ],
)
def test_what_leaves_posts_out_is_named(
    source: str, options: dict[str, bool], said: list[str]
) -> None:
    """By default too: the words are those of the settings."""
    assert list(narrowing(Target(source, "x", **options))) == said
