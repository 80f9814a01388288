"""What a tab is given: the next pictures of single mode, the next page of tiles."""

from __future__ import annotations

import random
from uuid import uuid4

from curate.page.grids import Batch, batches, distrust
from curate.page.items import AWAY, LEFT
from curate.page.plants import Settled, choose_plants
from curate.page.queue import Turn
from curate.page.stacks import JUNK
from curate.page.table import Table
from curate.page.undoing import other_label
from curate.page.values import Grid, Shown
from curate.store.page_tabs import Laid, Lease

_LATELY = 10  # planted tiles that are not planted again
# With four labels, two of them near to others, 7,000 pictures took 13 to 14 % of the keys so; 16 %
# with half-full pages or with half the patience, 15 to 17 % where looks in a row have no end.
_FULL = 0.75  # of the tiles that fit; a page with fewer waits for looks that make it fuller
_PATIENCE = 40  # looks in a row after which a page comes that is a quarter full
_MARKED = 6  # marked tiles that wait, which teach the model more than a page would
_MOST_TURNS = 20  # pictures that a tab may have ahead


def singles(table: Table, tab: str, count: int) -> list[Shown]:
    """The picture to show and those ahead, at most `count`; what a tab has keeps its order."""
    table.leases.hear(tab)
    table.refit()
    by_picture = table.items.stacks.by_picture
    mine = table.leases.of_tab(tab)
    over = [lease.shown for lease in mine if not asks_still(table, lease.sha256, lease.purpose)]
    if over:
        table.leases.end(shown=over)
        mine = [lease for lease in mine if lease.shown not in over]
    taken, now = table.leases.taken(), table.clock()
    course, given = table.course, list[Lease]()
    last = mine[-1].turn if mine else course.singles - 1
    for _ in range(min(count, _MOST_TURNS) - len(mine)):
        turn = max(last + 1, course.singles)
        picked = _pick(table, Turn(turn, course.turn + len(mine) + len(given)), taken)
        if picked is None:
            break
        given.append(Lease(uuid4().hex, tab, *picked, turn, now))
        taken.add(picked[0])
        last = turn
    table.leases.give(given)
    return [Shown(each.shown, by_picture[each.sha256]) for each in [*mine, *given][:count]]


def asks_still(table: Table, sha256: str, purpose: str) -> bool:
    """Whether an item still waits for a look of this purpose."""
    if sha256 not in table.items.stacks.by_picture:
        return False
    if purpose == "first":
        return sha256 in table.items.left
    if purpose == "again":
        return table.items.is_done(sha256)
    return purpose == "audit" or table.trials.is_running()


def _pick(table: Table, turn: Turn, taken: set[str]) -> tuple[str, str] | None:
    proof = table.trials.pick(turn.seen, taken) if table.trials.is_running() else None
    return (proof, "certificate") if proof is not None else table.queue.pick(turn, taken)


def page(table: Table, tab: str, tiles: int, after: str) -> Grid | None:
    """The page to show, or the one that follows the page `after`; None: nothing is certain."""
    table.leases.hear(tab)
    table.refit()
    tiles = min(tiles, table.settings.most_tiles)
    pages = [_still_asked(table, laid) for laid in table.leases.pages_of(tab)]
    worn = [laid.page for laid in pages if not 0 < len(laid.tiles) <= tiles]
    table.leases.end(pages=worn)
    pages = [laid for laid in pages if laid.page not in worn]
    names = [laid.page for laid in pages]
    place = names.index(after) + 1 if after in names else 0
    if place < len(pages):
        return _shown(table, pages[place])
    laid = _lay(table, tab, tiles)
    if laid is None:
        return None
    table.leases.give([], [laid])
    return _shown(table, laid)


def _still_asked(table: Table, laid: Laid) -> Laid:
    """A page less what was answered elsewhere; empty where only planted tiles are left."""
    tiles = tuple(t for t in laid.tiles if t[1] or t[0] in table.items.left)
    if all(planted for _, planted, _ in tiles):
        tiles = ()
    return Laid(laid.page, laid.tab, laid.label, laid.other, tiles, laid.at)


def _lay(table: Table, tab: str, tiles: int) -> Laid | None:
    order, course, settings = table.teaching.thought.order, table.course, table.settings
    if order is None or tiles < 1:
        return None
    taken = table.leases.taken()
    doubt = distrust(course.found, course.expected)

    def is_free(sha256: str) -> bool:
        return sha256 in table.items.left and sha256 not in taken and not _is_singled(table, sha256)

    found = batches(order, is_free, tiles, settings.page_errors, doubt)
    found = [batch for batch in found if batch.label in settings.labels]
    if not found or _singles_first(table, found[0], tiles, taken):
        return None
    batch, now = found[0], table.clock()
    seed = f"{settings.seed} {course.pages} {batch.tiles[0][0]}"
    rng = random.Random(seed)  # noqa: S311 - the same pages for the same seed
    plants = [] if len(batch.tiles) < tiles // 4 else _plants(table, batch, rng)
    kept = dict(batch.tiles[: tiles - len(plants)])
    alike = table.teaching.alike([*sorted(kept), *plants])
    placed = tuple((s, s not in kept, kept.get(s, 0.0)) for s in alike)
    other = other_label(settings.labels, batch.label)
    return Laid(uuid4().hex, tab, batch.label, other, placed, now)


def _singles_first(table: Table, batch: Batch, tiles: int, taken: set[str]) -> bool:
    """Whether looks in single mode come before a page: they make the next pages fuller."""
    items, course = table.items, table.course
    waiting = [s for s in course.marked if s in items.left and s not in taken]
    if sum(course.past(s).is_marked for s in waiting) >= _MARKED:
        return True
    if batch.is_all or len(batch.tiles) >= _FULL * tiles:
        return False
    return course.since_page < _PATIENCE or len(batch.tiles) < tiles // 4


def _is_singled(table: Table, sha256: str) -> bool:
    past = table.course.past(sha256)
    return past.single_only or past.skipped


def _plants(table: Table, batch: Batch, rng: random.Random) -> list[str]:
    course, items = table.course, table.items
    hidden = {items.stacks.home[s] for s in table.sample}
    settled = []
    for sha256, label in items.status.items():
        if label in (LEFT, AWAY, JUNK) or label == batch.label or sha256 in hidden:
            continue
        said = course.past(sha256).said
        if said is not None and said.purpose != "tile":
            chance = said.chance if said.suggestion == batch.label else None
            settled.append(Settled(sha256, chance or 0.0))
    lately = {sha256 for sha256, _ in course.plants[-_LATELY:]}
    return choose_plants(settled, lately, rng)


def _shown(table: Table, laid: Laid) -> Grid:
    doubt = distrust(table.course.found, table.course.expected)
    wrong = sum(min(1.0, (1 - chance) * doubt) for _, planted, chance in laid.tiles if not planted)
    stacks = table.items.stacks.by_picture
    tiles = tuple(stacks[s] for s, _, _ in laid.tiles if s in stacks)
    return Grid(laid.page, laid.label, tiles, wrong, laid.other)
