"""The records: identity, order of addresses, names of logs."""

import dataclasses

import pytest

from harvest.ledger.records import Sighting, Status, Target


def test_a_sighting_is_known_by_source_post_and_place() -> None:
    """The address does not belong to the key: it may change, the picture's place does not."""
    one = Sighting("twitter", "42", 1, "http://a/1.jpg")

    assert one.key == ("twitter", "42", 1)
    assert dataclasses.replace(one, url="http://b/2.jpg").key == one.key


def test_addresses_are_asked_best_first() -> None:
    """Better sizes come before the listed address, fallbacks after it."""
    one = Sighting("s", "1", 0, "listed", best_urls=("orig", "big"), fallback_urls=("small",))

    assert one.addresses == ("orig", "big", "listed", "small")


@pytest.mark.parametrize(
    ("target", "key", "log"),
    [
        (Target("twitter", "islieb"), "twitter:islieb", "twitter_islieb"),
        (Target("tumblr", "web comic"), "tumblr:web comic", "tumblr_web_comic"),
        (Target("tumblr", "blog/tag"), "tumblr:blog/tag", "tumblr_blog_tag"),
        (Target("urls", "no_comic"), "urls:no_comic", "no_comic"),
        (Target("tumblr", "../../x"), "tumblr:../../x", "tumblr_.._.._x"),
    ],
)
def test_a_target_names_itself(target: Target, key: str, log: str) -> None:
    """The key is what users write; the log's name is fit for a file and leaves its folder never."""
    assert target.key == key
    assert target.log_name == log
    assert "/" not in target.log_name


def test_records_cannot_be_changed() -> None:
    """Facts are frozen."""
    one = Sighting("s", "1", 0, "u")

    with pytest.raises(dataclasses.FrozenInstanceError):
        one.url = "other"  # type: ignore[misc]


def test_a_status_is_its_word() -> None:
    """Stored and printed alike."""
    assert [str(status) for status in Status] == [
        "pending",
        "saved",
        "known",
        "refused",
        "gone",
        "failed",
    ]
