"""Options that several commands have, and the value that they come to."""

from __future__ import annotations

import math
from collections.abc import Callable
from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import click

from harvest.ledger.errors import UsageError

if TYPE_CHECKING:
    from harvest.run.jobs import Options
    from harvest.run.labels import Labelling

Command = TypeVar("Command", bound=Callable[..., Any])


class NamedPath(click.Path):
    """A path that names something: an empty one, as an unset variable gives, is no `.`."""

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:
        """Read a path. Raises UsageError for an empty one."""
        if value == "":
            what = "a path" if param is None else param.opts[0]
            raise UsageError(f"{what}: '' is no path; name one, `.` for the current folder")
        return super().convert(value, param, ctx)


PATH = NamedPath(path_type=Path)
COUNT = click.IntRange(min=1)


class Number(click.FloatRange):
    """A range that NaN does not slip through: it is neither below nor above anything."""

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:
        """Read a number; fail on NaN too."""
        number = super().convert(value, param, ctx)
        if math.isnan(number):
            self.fail(f"{value!r} is not a number.", param, ctx)
        return number


def network(command: Command) -> Command:
    """Add the options that every command that downloads has."""
    ignoring = click.option("--ignore-robots-tag", is_flag=True, help="Ignore X-Robots-Tag: noai.")
    return ignoring(reach(command))


def reach(command: Command) -> Command:
    """Add the options that every command with requests has."""
    for option in (
        click.option("--json", "as_json", is_flag=True, help="One JSON object on stdout."),
        click.option(
            "--sandbox",
            envvar="WINNOW_SANDBOX",
            metavar="URL",
            help="A sandbox that stands in for all APIs and CDNs.",
        ),
        click.option("--allow-private", is_flag=True, help="Let private addresses be asked."),
        click.option(
            "--connect-to",
            multiple=True,
            metavar="HOST:PORT:HOST2:PORT2",
            help="Connect elsewhere for a host, as curl does. Repeatable.",
        ),
        click.option(
            "--rate",
            multiple=True,
            metavar="HOST=N",
            help="At most N requests a second for a picture host; '*': for each. Repeatable.",
        ),
        click.option(
            "--max-wait",
            type=Number(min=0),
            default=900.0,
            show_default=True,
            help="Seconds to wait for rate limits before ending with exit code 4.",
        ),
        click.option(
            "-m",
            "--max-requests",
            type=click.IntRange(1, 256),
            help="Pictures asked for at once.  [default: 16]",
        ),
    ):
        command = option(command)
    return command


def money(command: Command) -> Command:
    """Add the options that every command that asks a paid API has."""
    for option in (
        click.option(
            "--budget-usd",
            type=Number(min=0, max=1_000_000),
            metavar="X",
            help="Dollars to spend on paid APIs at most.",
        ),
        click.option("--plan", is_flag=True, help="Tell what it may cost; ask nothing."),
    ):
        command = option(command)
    return command


def labelling(command: Command) -> Command:
    """Add the options that say where labels come from."""
    for option in (
        click.option("--labels", metavar="A,B,…", help="The labels that a tag can be."),
        click.option(
            "--label-from",
            type=click.Choice(["folder", "tag", "account"]),
            help="Label by sub-folder, by the tag that is one of --labels, or by who posted.",
        ),
        click.option("--label", metavar="NAME", help="A label for all."),
    ):
        command = option(command)
    return command


def labelling_of(given: dict[str, Any]) -> Labelling:
    """Make a value of what `labelling`'s options were given."""
    from harvest.run.labels import Labelling

    named = [name.strip() for name in (given["labels"] or "").split(",")]
    return Labelling(given["label"], given["label_from"], tuple(filter(None, named)))


def options_of(given: dict[str, Any]) -> Options:
    """Make a run's options of what `network`'s options were given."""
    from harvest.run.jobs import Options

    return Options(
        max_requests=given["max_requests"],
        max_wait=given["max_wait"],
        rate=given["rate"],
        allow_private=given["allow_private"],
        connect_to=given["connect_to"],
        budget=None if given.get("budget_usd") is None else Decimal(str(given["budget_usd"])),
        sandbox=given["sandbox"],
        ignore_robots_tag=given.get("ignore_robots_tag", False),
    )
