"""Money: held before it is spent, settled by what came, never more than there is."""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path

import pytest

from harvest.ledger.errors import BudgetSpent, SettingsError, UsageError
from harvest.ledger.prices import PRICES, Price, counted, dollars
from harvest.ledger.purse import Purse
from harvest.ledger.records import Target
from harvest.ledger.settings import load_settings

ADA, EVE, FREE = (Target(*words) for words in (("twitter", "a"), ("twitter", "e"), ("tumblr", "t")))
CONFIG = "dataset: x\ntargets:\n  - twitter: a\n"


def purse(limit: str | None) -> Purse:
    prices = {"twitter": Price(post=Decimal("0.01"), user=Decimal("0.03"))}
    return Purse(None if limit is None else Decimal(limit), prices)


def test_a_hold_counts_until_it_is_settled() -> None:
    """What a request can cost is gone at once; what it did not deliver comes back."""
    mine = purse("1.00")
    lost = mine.hold(ADA, posts=40)
    hold = mine.hold(EVE, posts=10, users=1)
    before = mine.affordable("twitter")
    hold.settle(posts=3)

    assert lost.posts == 40
    assert before == 47
    assert mine.affordable("twitter") == 57
    assert mine.spent[EVE.key].record() == {"posts": 3, "users": 0, "requests": 1, "dollars": 0.03}
    assert mine.total.record() == {"posts": 43, "users": 0, "requests": 2, "dollars": 0.43}


@pytest.mark.parametrize(("limit", "posts"), [("0.10", 11), ("0", 1), ("0.099", 10)])
def test_what_does_not_fit_is_refused(limit: str, posts: int) -> None:
    """One post more than the whole budget pays for raises, with what it needs; none is counted."""
    mine = purse(limit)
    with pytest.raises(UsageError, match=rf"at least \$0\.{posts:02d}: .*--budget-usd"):
        mine.hold(ADA, posts=posts)

    assert mine.spent == {}
    assert mine.hold(ADA, posts=posts - 1)


def test_what_no_longer_fits_comes_later() -> None:
    """What would have fitted into the whole budget raises with exit code 4: a later run asks it."""
    mine = purse("0.10")
    mine.hold(EVE, posts=1)
    with pytest.raises(BudgetSpent, match="same command again") as caught:
        mine.hold(ADA, posts=10)

    assert caught.value.exit_code == 4
    assert ADA.key not in mine.spent


def test_look_ups_come_out_of_the_same_purse() -> None:
    """So many posts fit beside a look-up; below 0 the look-up itself does not."""
    assert purse("0.10").affordable("twitter", users=1) == 7
    assert purse("0.029").affordable("twitter", users=1) == -1
    assert purse(None).affordable("twitter", users=1) is None


def test_free_sources_need_no_money() -> None:
    """A source without a price can be asked with an empty purse."""
    mine = purse("0")
    mine.hold(FREE, posts=1000)

    assert mine.affordable("tumblr") is None
    assert mine.total.dollars == 0


@pytest.mark.parametrize(
    ("amount", "text"),
    [("0", "$0.00"), ("0.035", "$0.035"), ("16", "$16.00"), ("1.2304", "$1.231"), ("0.1", "$0.10")],
)
def test_amounts_are_written_in_cents(amount: str, text: str) -> None:
    """Two digits where they suffice, three where they do not, never rounded down."""
    assert dollars(Decimal(amount)) == text


def test_counts_are_words() -> None:
    """One post is a post."""
    assert counted(1, 2) == "1 post and 2 look-ups"


def test_settings_override_prices_and_name_a_budget(tmp_path: Path) -> None:
    """`prices:` replaces what it names and nothing else; `budget_usd:` is the run's limit."""
    path = tmp_path / "c.yaml"
    path.write_text(CONFIG + "budget_usd: 2.50\nprices: {twitter: {post: 0.007}}\n")
    settings = load_settings(path)

    assert settings.budget == Decimal("2.5")
    assert settings.prices["twitter"].post == Decimal("0.007")
    assert settings.prices["twitter"].user == PRICES["twitter"].user


@pytest.mark.parametrize(
    "line",
    ["budget_usd: -1", "budget_usd: .inf", "budget_usd: much", "budget_usd: true",
     "prices: {twiter: {post: 1}}", "prices: {twitter: {posts: 1}}",
     "prices: {twitter: {post: -1}}"],
)  # fmt: skip
def test_amounts_that_cannot_be_are_refused(tmp_path: Path, line: str) -> None:
    """One line with file, line and key."""
    path = tmp_path / "c.yaml"
    path.write_text(f"{CONFIG}{line}\n")

    with pytest.raises(SettingsError, match=r"c\.yaml:4: "):
        load_settings(path)
