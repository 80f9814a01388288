"""What people are told: which option, which value, how many, under which name."""

from __future__ import annotations

import json

import pytest
from PIL import Image

import winnow
from curate.cli.handing import overridden
from curate.dataset import build
from curate.leaks import Leak, tell
from curate.run import check
from curate.settings import SplitSettings
from curate.story import tell_story
from harvest.ledger.catalog import open_catalog
from harvest.ledger.errors import UsageError


def fill(draw, make, author: str | None) -> None:
    for n in range(6):
        make.add(draw.encode(draw.comic(n, (240, 180))), "comic", author=author)
        make.add(draw.encode(draw.photo(n, (240, 180))), "photo", author=author)


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (["--testing-percentage", "150"], "--testing-percentage 150.0: wanted less than 100"),
        (["--testing-percentage", "nan"], "--testing-percentage nan: wanted a number"),
        (["--train-per-label", "0"], "--train-per-label 0: wanted greater than or equal to 1"),
        (
            ["--testing-percentage", "60", "--validation-percentage", "60"],
            "--validation-percentage 60.0 and --testing-percentage 60.0: wanted"
            " --validation-percentage and --testing-percentage below 100 together",
        ),
        (
            ["--max-per-label", "3", "--test-per-label", "2", "--train-per-label", "2"],
            "--max-per-label 3: wanted 4 or more: --test-per-label and --train-per-label together",
        ),
    ],
)
def test_options_are_named_with_their_values(draw, make, capsys, words, told: str) -> None:
    """What, which value, what was wanted: in the words of the command line."""
    make.add(draw.encode(draw.comic(1, (240, 180))), "comic")

    assert winnow.main(["curate", "build", str(make.folder.root), *words]) == 2
    assert told in capsys.readouterr().err


def test_a_value_of_the_settings_that_an_option_contradicts_is_named() -> None:
    """Though nobody has typed it."""
    with pytest.raises(UsageError, match=r"^--max-per-label 5: wanted 10 or more"):
        overridden(SplitSettings(max_per_label=5), {"train_per_label": 9})


def test_a_split_by_account_without_accounts_says_so(draw, make) -> None:
    """In the notes and beside the counts in the build: it is a split by group."""
    fill(draw, make, author=None)
    check(make.folder)
    made = build(make.folder, SplitSettings(by="account"))
    leaks = json.loads((make.folder.build / "leaks.json").read_text())

    assert any("no account is known of 12 of 12 pictures" in note for note in made.notes)
    assert "no account is known of 12 of 12 pictures" in leaks["plan"]


def test_a_split_by_group_says_nothing_of_accounts(draw, make) -> None:
    """Nobody asked for them."""
    fill(draw, make, author=None)
    check(make.folder)
    made = build(make.folder)

    assert "account" not in " ".join([made.plan, *made.notes])


@pytest.mark.parametrize(("count", "words"), [(1, "1 pair of one post"), (2, "2 pairs of one")])
def test_one_is_no_plural(count: int, words: str) -> None:
    """Counts and their nouns agree."""
    (line,) = tell({"train/test": Leak(0, count, 0, 0, 0)})

    assert words in line


def put_in_from(make, sha256: str, path: str) -> None:
    """Let a picture have come from a file of a person's folder."""
    with open_catalog(make.folder.catalog, []) as catalog, catalog.transaction() as sql:
        sql.execute(
            "UPDATE sighting SET fallback_urls = ? WHERE sha256 = ?", (json.dumps([path]), sha256)
        )


def test_conflicts_of_duplicates_name_all_pictures_by_their_own_names(draw, make) -> None:
    """Digits and file of each, as they lay below the folder that was given."""
    folder = {"source": "folder", "url": "", "author": None}
    one = make.add(draw.encode(draw.comic(1)), targets={"folder:../old/con": "comic"}, **folder)
    two = make.add(
        draw.encode(draw.comic(1), quality=50), targets={"folder:../old/con": "photo"}, **folder
    )
    put_in_from(make, one, "/home/ada/old/con/comic/a.jpg")
    put_in_from(make, two, "/home/ada/old/con/photo/b.jpg")
    (why,) = check(make.folder).sync.conflicts.values()
    story = " ".join(line.words for line in tell_story(make.folder, two).lines)

    assert f"says comic of {one[:8]} (comic/a.jpg)" in why
    assert f"says photo of {two[:8]} (photo/b.jpg)" in why
    assert "as the file photo/b.jpg" in story
    assert "/home" not in story + why


def test_names_of_files_are_known_of_catalogs_from_before(draw, make) -> None:
    """A view without the column tells no name, and nothing fails."""
    one = make.add(draw.encode(draw.comic(1)), "comic", source="folder")
    with open_catalog(make.folder.catalog, []) as catalog, catalog.transaction() as sql:
        sql.execute("DROP VIEW provenance")
        sql.execute(
            "CREATE VIEW provenance AS SELECT s.sha256, n.target, n.label, s.id AS sighting,"
            " s.source, s.post_id, s.media_index, s.url, s.post_url, s.author, s.posted_at,"
            " s.tags, s.alt_text, s.sensitive FROM sighting s JOIN seen n ON n.sighting = s.id"
        )

    assert tell_story(make.folder, one).sha256 == one


def test_a_conflict_says_where_it_waits(draw, make, capsys) -> None:
    """The line below the conflicts tells what to do."""
    data = draw.encode(draw.comic(1))
    make.add(data, targets={"tumblr:comic": "comic"})
    make.add(data, targets={"twitter:paul": "photo"})
    winnow.main(["curate", "check", str(make.folder.root)])

    assert "wait in images/_unsorted/" in capsys.readouterr().err


def test_a_picture_that_a_check_has_put_away_is_no_conflict(draw, make) -> None:
    """Two targets label it differently, but it is blank: there is nothing for a person to say."""
    data = draw.encode(Image.new("RGB", (200, 200), (255, 255, 255)))
    sha256 = make.add(data, targets={"tumblr:comic": "comic"})
    make.add(data, targets={"twitter:paul": "photo"})
    check(make.folder)

    assert make.tree() == {"_rejected/blank": {sha256}}
    assert check(make.folder).sync.conflicts == {}
