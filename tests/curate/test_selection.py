"""What a split is made of: ties by post, accounts, first sightings; and what parts share."""

from __future__ import annotations

from curate.labels import read_hands
from curate.leaks import find_leaks
from curate.run import check
from curate.selection import Chosen, material, select
from curate.settings import SplitSettings
from curate.split import divide
from curate.store.opinions import Membership, read_clusters
from curate.store.schema import open_store

SIZE = (240, 180)


def chosen(make, clock) -> tuple[dict[str, Chosen], dict[str, Membership]]:
    """The pictures of the data set by sha256, and its clusters."""
    check(make.folder)
    with open_store(make.folder) as catalog:
        standing, _ = read_hands(catalog, make.folder, clock)
        pictures = select(catalog, standing).pictures
        return {p.sha256: p for p in pictures}, read_clusters(catalog)


def groups(pictures: dict[str, Chosen], clusters: dict[str, Membership]) -> dict[str, str]:
    """Group of each picture, by sha256."""
    made = material(pictures.values(), clusters)
    division = divide(made, {}, SplitSettings(testing_percentage=0, validation_percentage=0))
    return {sha256: one.group for sha256, one in division.assigned.items()}


def test_a_post_is_known_by_its_id_and_by_its_address(draw, make, clock) -> None:
    """One post seen by two sources is one; a post of the same number elsewhere is another."""
    first, second, file, other = (
        make.add(draw.encode(draw.comic(n, SIZE)), "comic", source=source, post=post, index=n)
        for n, (source, post) in enumerate(
            [("twitter", "7"), ("twitter", "7"), ("folder", "7"), ("twitter", "70")]
        )
    )
    front = "UPDATE sighting SET post_url = 'https://x.example/' WHERE sha256 IN (?, ?)"
    with open_store(make.folder) as catalog, catalog.transaction() as sql:
        sql.execute("UPDATE sighting SET post_id = sha256 WHERE source = 'folder'")
        sql.execute(front, (second, other))
    found = groups(*chosen(make, clock))

    assert found[first] == found[second] == found[file]
    assert found[other] != found[first]


def test_a_rejected_placeholder_ties_nothing(draw, make, clock) -> None:
    """`This picture is not available` under many posts joins none of them."""
    blank = draw.encode(draw.photo(1).resize((20, 15)))
    pictures = []
    for n in range(4):
        make.add(blank, "comic", post=str(n), index=1)
        pictures.append(make.add(draw.encode(draw.comic(n, SIZE)), "comic", post=str(n)))
    found = groups(*chosen(make, clock))

    assert set(found) == set(pictures)
    assert len(set(found.values())) == 4


def test_a_picture_speaks_for_its_duplicates(draw, make, clock) -> None:
    """Accounts, posts and the first sighting are those of all copies, in whatever case."""
    make.add(draw.encode(draw.comic(1), quality=50), "comic", post="early", author="Eve")
    kept = make.add(draw.encode(draw.comic(1)), "comic", post="late", author="ada")
    same = make.add(draw.encode(draw.comic(2)), "comic", post="early", author="eve", index=1)
    pictures, clusters = chosen(make, clock)

    assert set(pictures) == {kept, same}
    assert pictures[kept].accounts == ("ada", "eve")
    assert "early" in pictures[kept].first
    assert pictures[kept].first < pictures[same].first
    assert len(set(groups(pictures, clusters).values())) == 1


def test_variants_are_tied(draw, make, clock) -> None:
    """Whatever hashes alike is of one group, proved the same or not."""
    a, b, c = (make.add(draw.encode(draw.comic(n, SIZE)), "comic") for n in range(3))
    pictures, _ = chosen(make, clock)
    found = groups(pictures, {a: Membership(a, b), b: Membership(b, b)})

    assert found[a] == found[b] != found[c]


def test_leaks_would_be_seen(draw, make, clock) -> None:
    """A split that parts a post, a variant and an account is told by its pairs."""
    a, b, c, d = (
        make.add(draw.encode(draw.comic(n, SIZE)), "comic", post=post, index=n, author=author)
        for n, (post, author) in enumerate([("1", "ada"), ("1", "ada"), ("2", "ada"), ("3", "eve")])
    )
    pictures, _ = chosen(make, clock)
    variants = {a: Membership(a, a), c: Membership(c, a), d: Membership(d, a)}
    parts = {a: "train", b: "test", c: "test", d: "test"}
    found = find_leaks(parts, pictures.values(), variants)
    leak = found["train/test"]
    half = find_leaks({a: "train", c: "test"}, pictures.values(), variants)["train/test"]

    assert (leak.near_duplicate_pairs, leak.same_account_pairs) == (2, 2)
    assert leak.same_post_pairs == 1
    assert (leak.accounts, leak.accounts_of) == (1, 2)
    assert (half.near_duplicate_pairs, half.same_post_pairs, half.accounts_of) == (1, 0, 1)
    assert found["train/validation"].accounts == 0
