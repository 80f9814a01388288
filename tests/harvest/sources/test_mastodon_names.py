"""Links and names: which addresses of an instance may be asked at all."""

import pytest

from harvest.ledger.errors import Outage, UsageError
from harvest.ledger.targets import parse_target
from harvest.sandbox.fediverse import HOME
from harvest.sources.mastodon import Place, check_place
from harvest.sources.mastodon_errors import next_page, read_links

ASKED = f"https://{HOME}/api/v1/timelines/tag/cats?max_id=50&limit=40"


@pytest.mark.parametrize(
    ("header", "found"),
    [
        ("", None),
        ("garbage", None),
        ("<?max_id=4>; rel=next", "?max_id=4"),
        (f'<{ASKED.replace("50", "4")}>; rel="next"', "?max_id=4&limit=40"),
        ('<?min_id=9>; rel="prev", <?max_id=4>; rel="next"', "?max_id=4"),
        ('<?max_id=4>; title="a, b; <c>"; rel="Prefetch NEXT"', "?max_id=4"),
        ('<?max_id=4>; rel="prev"; rel="next"', None),
        ('<?max_id=4>; TITLE="say \\"next\\""; rel="first"', None),
        ("</x>; rel=preconnect,,  <?max_id=4> ; rel = next", "?max_id=4"),
        ('<?max_id=4&a=1,2>; rel="next"', "?max_id=4&a=1,2"),
        (
            f"<https://{HOME.upper()}:443/api/v1/timelines/tag/cats?max_id=4#x>;rel=next",
            "?max_id=4",
        ),
    ],
)
def test_link_headers_are_read_as_the_rfc_says(header: str, found: str | None) -> None:
    """RFC 8288: quoted commas, several relations, the first `rel` counts, relative addresses."""
    wanted = ASKED.partition("?")[0] + found if found else None

    assert next_page({"link": header}, ASKED, "me") == wanted


def test_several_link_headers_are_one_list() -> None:
    """Torn ends are left out, what came before them stays."""
    assert list(read_links('<a>; rel=x, <b>;p="q", <c')) == [("a", {"rel": "x"}), ("b", {"p": "q"})]


@pytest.mark.parametrize(
    "reference",
    [
        "https://tracker.example/api/v1/timelines/tag/cats?max_id=4",
        "//tracker.example/api/v1/timelines/tag/cats?max_id=4",
        f"https://{HOME}.tracker.example/api/v1/timelines/tag/cats?max_id=4",
        f"https://{HOME}@tracker.example/api/v1/timelines/tag/cats?max_id=4",
        f"https://tracker.example\\@{HOME}/api/v1/timelines/tag/cats?max_id=4",
        f"https://me@{HOME}/api/v1/timelines/tag/cats?max_id=4",
        f"https://{HOME}:8443/api/v1/timelines/tag/cats?max_id=4",
        f"https://{HOME}:x/api/v1/timelines/tag/cats?max_id=4",
        f"http://{HOME}/api/v1/timelines/tag/cats?max_id=4",
        f"http://{HOME}:443/api/v1/timelines/tag/cats?max_id=4",
        f"https://{HOME}/api/v1/timelines/tag/../public?max_id=4",
        f"https://{HOME}/api/v1/timelines/tag/dogs?max_id=4",
        "file:///etc/passwd",
        "https://[::1/?max_id=4",
        "?max_id=4&q=ü",
        "?max_id=4&q=a b",
    ],
)
def test_links_that_lead_away_are_refused(reference: str) -> None:
    """Another host, port, scheme, path, or a name in the address: never asked."""
    with pytest.raises(Outage, match="lies elsewhere") as caught:
        next_page({"Link": f'<{reference}>; rel="next"'}, ASKED, "me")

    assert str(caught.value).isprintable()


@pytest.mark.parametrize(
    ("name", "key"),
    [
        ("Mastodon.Example/#WebComic", "mastodon.example/#webcomic"),
        ("mastodon.example:443/@Mara", "mastodon.example/@mara"),
        ("mastodon.example./@Mara@Mastodon.example", "mastodon.example/@mara"),
        ("mastodon.example/@Otto@ART.example", "mastodon.example/@otto@art.example"),
        ("localhost:3000/#a", "localhost:3000/#a"),
        ("MÜNCHEN.example/#KÄSE", "xn--mnchen-3ya.example/#käse"),
        ("mastodon.example/#ｶﾞ", "mastodon.example/#ガ"),
    ],
)
def test_one_place_has_one_key(name: str, key: str) -> None:
    """Instances, tags and names know no case; hosts are ASCII; folding twice changes nothing."""
    target = parse_target(f"mastodon:{name}")

    assert target.name == key
    assert parse_target(target.key) == target
    assert check_place(name) == check_place(key)


@pytest.mark.parametrize(
    ("name", "place"),
    [
        ("a.example/#漫画", Place("a.example", tag="漫画")),
        ("a.example/#कला", Place("a.example", tag="कला")),
        ("a.example:3000/@a_b.c", Place("a.example:3000", account="a_b.c")),
        ("a.example/@a@b.example", Place("a.example", account="a@b.example")),
    ],
)
def test_names_are_read(name: str, place: Place) -> None:
    """A hashtag or an account, as one instance sees it."""
    assert check_place(name) == place


@pytest.mark.parametrize(
    "name",
    ["x", "/#a", "a.example", "a.example/", "a.example/#", "a.example/@", "a.example/cats",
     "https://a.example/#b", "me@a.example/#b", "a.example?/#b", "a..example/#b", "-a.example/#b",
     "a.example:0/#b", "a.example:65536/#b", "a.example:x/#b", "[::1]/#b", "a_b.example/#c",
     f"{'a' * 64}.example/#b", f"{'a.' * 130}example/#b", "ü..example/#b", "a%2f.example/#b",
     "a.example/#..", "a.example/#a/b", "a.example/#a?b", "a.example/#a b", "a.example/#a-b",
     f"a.example/#{'t' * 141}", "a.example/@a/b", "a.example/@a b", "a.example/@..",
     "a.example/@a@", "a.example/@a@b@c", "a.example/@a@b/c", "a.example/@ä",
     "a.example/##b", "a.example/#\x1b[31m"],
)  # fmt: skip
def test_names_that_would_leave_their_place_are_refused(name: str) -> None:
    """Names become parts of addresses: nothing but a name may pass."""
    with pytest.raises(UsageError) as caught:
        check_place(name)

    assert str(caught.value).isprintable()
