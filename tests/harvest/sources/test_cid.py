"""A blob's address names its bytes by their hash; nothing else promises anything."""

import hashlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from harvest.sources.cid import cid_of, expected_sha256, hash_of

PDS = "https://morel.pds.example/xrpc/com.atproto.sync.getBlob"
# "hello world" as IPFS names it: an independent program's word for the same rule.
HELLO = "bafkreifzjut3te2nhyekklss27nh3k72ysco7y32koao5eei66wof36n5e"


def test_a_known_name() -> None:
    """What IPFS calls these bytes is read as their sha256, and made of it."""
    digest = hashlib.sha256(b"hello world")

    assert hash_of(HELLO) == digest.hexdigest()
    assert cid_of(digest.digest()) == HELLO


@given(st.binary(min_size=32, max_size=32))
def test_names_go_both_ways(digest: bytes) -> None:
    """Every hash has one name, and the name leads back to it."""
    assert hash_of(cid_of(digest)) == digest.hex()


@given(st.text(max_size=80) | st.text("bafkrei234567", min_size=59, max_size=59))
def test_no_text_raises(text: str) -> None:
    """What is no such name is None; nothing has two names."""
    found = hash_of(text)

    assert found is None or cid_of(bytes.fromhex(found)) == text
    assert expected_sha256(text) is None


@pytest.mark.parametrize(
    "other",
    [
        "QmaozNR7DZHQK1ZcU9p7QdrshMvXqWK6gpu5rmrkPdT3L4",  # version 0
        "bafyrei" + HELLO[7:],  # codec dag-cbor
        HELLO.upper(),
        HELLO[:-1],
        HELLO[:-1] + "f",  # bits behind the hash
        "",
    ],
)
def test_other_names_promise_nothing(other: str) -> None:
    """Other versions, codecs, spellings, torn ones: None, so nothing is refused for them."""
    assert hash_of(other) is None
    assert expected_sha256(f"{PDS}?did=did:plc:x&cid={other}") is None


@pytest.mark.parametrize(
    ("url", "promises"),
    [
        (f"{PDS}?did=did:plc:x&cid={HELLO}", True),
        (f"{PDS}?cid={HELLO}&did=did%3Aplc%3Ax", True),
        (f"http://127.0.0.1:80/xrpc/com.atproto.sync.getBlob?cid={HELLO}", True),
        (f"{PDS}?cid={HELLO}&cid={HELLO}", False),
        (f"https://cdn.bsky.app/img/feed_fullsize/plain/did:plc:x/{HELLO}@jpeg", False),
        (f"https://morel.pds.example/elsewhere?cid={HELLO}", False),
        (f"{PDS}?did=did:plc:x", False),
        (f"https://[::1/xrpc/com.atproto.sync.getBlob?cid={HELLO}", False),
        (f"{PDS}?cid={HELLO}" + "&a=1" * 50, False),
    ],
)
def test_only_blobs_promise(url: str, promises: bool) -> None:
    """The path of getBlob with one `cid`, on whatever host."""
    assert (expected_sha256(url) == hash_of(HELLO)) is promises
