"""How far the X API reaches, how many posts an answer can hold, and what it held.

https://docs.x.com/x-api/users/get-posts (page sizes, reach); an id's time of day stands in its
upper bits (the "snowflake" that Twitter published in 2010).
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from harvest.ledger.records import Target
from harvest.sources.answer import Record, record, records

LARGEST_PAGE = 100
"""Posts that one answer can hold at most."""
SMALLEST_PAGE = 5
"""`max_results` below this is refused."""
_SNOWFLAKES_BEGIN = datetime(2010, 11, 4, 1, 42, 54, 657000, UTC)
_FIRST_SNOWFLAKE = 10**16  # smaller ids were given in turn, and tell no time


def reach(target: Target) -> int:
    """How many of an account's newest posts can be seen at all."""
    return 3200 if target.replies else 800


def reads_per_post(target: Target) -> int:
    """How many posts are charged for each post of a page, at most: those it refers to come along.

    Without what was shared nothing is expanded. A share refers to one post; a reply that quotes
    refers to two.
    """
    if not target.retweets:
        return 1
    return 3 if target.replies else 2


def page_size(wanted: int | None, fruitless: int) -> int:
    """How many posts to ask for: few where few pictures are wanted, for each post is paid for.

    `fruitless` pages without a picture went before; each doubles the next one.
    """
    if wanted is None:
        return LARGEST_PAGE
    return min(LARGEST_PAGE, max(SMALLEST_PAGE, wanted) << min(fruitless, 5))


def delivered(answer: Record) -> tuple[int, int]:
    """(posts, users) that an answer delivered, those beside the asked ones included."""
    includes = record(answer.get("includes"))
    posts = len(records(includes.get("tweets"))) + len(records(includes.get("posts")))
    users = len(records(includes.get("users")))
    data = answer.get("data")
    if isinstance(data, list):
        posts += len(data)
    elif data is not None:  # a look-up answers with one object
        users += 1
    return posts, users


def time_of(post_id: str | None) -> datetime | None:
    """When a post was written, by its id alone; None for ids of before November 2010."""
    number = int(post_id or 0)
    if not _FIRST_SNOWFLAKE <= number < 2**63:
        return None
    return _SNOWFLAKES_BEGIN + timedelta(milliseconds=number >> 22)


def is_over(target: Target, stop_at: str | None) -> bool:
    """Whether nothing newer than the known posts can lie before `until`."""
    newest = time_of(stop_at)
    return newest is not None and target.until is not None and target.until <= newest


def reach_note(target: Target, total: int) -> tuple[str, ...]:
    """Say that a walk of `total` posts ended where the API's reach ends, if it did."""
    most = reach(target)
    if total < most * 0.95:  # the API counts deleted and hidden posts too
        return ()
    why = "" if target.replies else " (3200 with `replies: true`)"
    return (f"{target.key}: the API shows the newest {most} posts of an account{why}, no more",)
