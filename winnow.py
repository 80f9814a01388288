"""The roof: from a word to the group that answers it, and `init`, `run`, `demo`.

Groups are imported only when asked for, so that help answers at once.
"""

from __future__ import annotations

import importlib
import shlex
import sys
from collections.abc import Sequence
from contextlib import suppress
from hashlib import sha256
from importlib import resources
from pathlib import Path

import click

from harvest.ledger.errors import AccountError, DataError, Interrupted, WinnowError, from_system

_GROUPS = {
    "harvest": "Gather pictures: from accounts and tags, folders, published URL logs.",
    "curate": "Judge pictures: checks, duplicates, labels, the data set.",
    "classify": "Learn from pictures: train, evaluate, predict, export.",
}
_HELP = {"help_option_names": ["-h", "--help"], "max_content_width": 100}
_FOLDER = click.Path(path_type=Path, file_okay=False)
_SETTINGS = ("comics.yaml", "tumblr_tag.yaml", "mushrooms.yaml")


class _Roof(click.Group):
    """A Click group that imports a sub-group when its word is called, not before."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return [*_GROUPS, *super().list_commands(ctx)]

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name in _GROUPS:
            group: click.Group = importlib.import_module(f"{cmd_name}.cli.words").group
            return group
        return super().get_command(ctx, cmd_name)

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        rows = list(_GROUPS.items())
        own = sorted(self.commands.items())
        rows += [(name, command.get_short_help_str(80)) for name, command in own]
        with formatter.section("Commands"):
            formatter.write_dl(rows)


def _suggester() -> object:
    """What learns along on the labelling page, through click's context; None: not installed."""
    with suppress(ImportError, DataError):
        return importlib.import_module("classify.suggesting.suggester").EmbeddingSuggester()
    return None


@click.group(cls=_Roof, context_settings=_HELP | {"obj": _suggester})
@click.version_option(package_name="winnow", message="winnow %(version)s")
def cli() -> None:
    """From a YAML list of accounts and tags to a curated data set and a .tflite classifier."""


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command line and return its exit code; errors are one line on stderr."""
    try:
        cli.main(args=argv, prog_name="winnow", standalone_mode=False)
    except click.exceptions.Exit as stop:
        return stop.exit_code
    except click.ClickException as error:
        error.show()
        return error.exit_code
    except WinnowError as error:
        return _say(str(error), error.exit_code)
    except (KeyboardInterrupt, click.Abort):
        return _say("run the same command again to go on", Interrupted.exit_code)
    except SystemExit:
        return 0  # click's answer to a reader who has gone, as `head` does: no fault of ours
    except Exception as error:  # the one place for it: what nobody meant goes on as it is
        if (meant := from_system(error)) is None:
            raise
        return _say(str(meant), meant.exit_code)
    return 0


def _say(message: str, code: int) -> int:
    word = "stopped" if code == Interrupted.exit_code else "error"
    # Names come from strangers: no control character of theirs reaches the terminal.
    clean = "".join(c if c.isprintable() else ascii(c)[1:-1] for c in message)
    click.echo(f"winnow: {word}: {clean}", err=True)
    return code


@cli.command()
@click.argument("folder", type=_FOLDER, default=".")
def init(folder: Path) -> None:
    """Write commented settings, credentials.env.example and .gitignore into FOLDER."""
    folder.mkdir(parents=True, exist_ok=True)
    for name in (*_SETTINGS, "credentials.env.example", "gitignore"):
        target = folder / (".gitignore" if name == "gitignore" else name)
        if not (there := target.exists()):
            target.write_bytes(resources.files("harvest").joinpath("templates", name).read_bytes())
        click.echo(f"{'kept' if there else 'written':<8} {target}")
    click.echo(f"next: keys into {folder}/credentials.env, then winnow run {folder}/comics.yaml")


@cli.command()
@click.argument("config", type=click.Path(path_type=Path))
@click.option("--sandbox", envvar="WINNOW_SANDBOX", metavar="URL", help="A sandbox for all hosts.")
def run(config: Path, sandbox: str | None) -> None:
    """Harvest, check, build and train as CONFIG says; without labels stop after the checks."""
    from classify.settings import TrainSettings
    from curate.settings import ChecksSettings, SplitSettings
    from harvest.ledger.folder import DatasetFolder
    from harvest.ledger.settings import load_settings

    settings = load_settings(config)
    # What later steps need is judged before hours of downloading, not after.
    settings.section("checks", ChecksSettings)
    settings.section("split", SplitSettings)
    training = settings.section("train", TrainSettings)
    dataset = str(settings.dataset)
    refused = None
    try:
        _step("harvest", "run", str(config), *(["--sandbox", sandbox] if sandbox else []))
    except AccountError as error:  # one account of many; what the others brought is worth going on
        refused = error
    _step("curate", "check", dataset)
    folder = DatasetFolder(settings.dataset)
    if len(folder.labels_in_use()) < 2:
        for label in settings.labels:
            folder.label_folder(label).mkdir(parents=True, exist_ok=True)
        click.echo(f"\nto label: move the pictures of {folder.unsorted}/ into the folders beside")
        click.echo(f"it (one a label, two at least), then run again: winnow run {config}")
    else:
        _step("curate", "build", dataset)
        manifest = (folder.build / "manifest.jsonl").read_bytes()
        made_from = sha256(manifest + training.model_dump_json().encode()).hexdigest()
        if (last := folder.find_model(made_from)) is not None:
            click.echo(f"\nnothing new to learn from; the model stands in {last}")
        else:
            out = folder.next_model()
            _step("classify", "train", str(folder.build), "-o", str(out), "--config", str(config))
            (out / "made_from").write_text(made_from, encoding="utf-8")
    if refused is not None:
        raise refused


def _step(*words: str) -> None:
    """Do what the user could have typed, and show what that is."""
    click.echo(f"\n$ winnow {shlex.join(words)}")
    cli.main(args=list(words), prog_name="winnow", standalone_mode=False)


@cli.command()
@click.option("-o", "--output", type=_FOLDER, default="winnow-demo")
def demo(output: Path) -> None:
    """Go the whole way once on the built-in sandbox: offline, no keys, under two minutes."""
    from harvest.ledger.folder import DatasetFolder
    from harvest.ledger.settings import load_settings
    from harvest.sandbox.compare import labels_of, show_truth, sort_by_truth, write_settings
    from harvest.sandbox.server import running_sandbox
    from harvest.sandbox.specials import STAND_INS
    from harvest.sandbox.world import World

    config, dataset, world = write_settings(output), output / "dataset", World.demo()
    with running_sandbox(world) as sandbox:
        via = ("--sandbox", sandbox.url)
        _step("run", str(config), *via)
        folder = DatasetFolder(dataset)
        moved = sort_by_truth(folder, world.truth())
        click.echo(f"\n(the sandbox's truth sorted {moved} pictures, as a hand would)")
        _step("run", str(config), *via)
        _step("curate", "export", str(dataset))
        logs = [str(dataset / f"urls_{label}.log") for label in ("comic", "no_comic")]
        lock = str(dataset / "dataset.lock.csv")
        again = ("-o", str(output / "again"), "--lock", lock, "--best-size")
        _step("harvest", "urls", *logs, *again, *via)
        accounts, unseen = [f"twitter:{name}" for name in STAND_INS], output / "unseen"
        _step("harvest", "get", *accounts, "-o", str(unseen), *via)
    _step("curate", "report", str(dataset))
    show_truth(folder, world.truth(), [target.key for target in load_settings(config).targets])
    _show_predictions(max(folder.models.iterdir()), unseen, labels_of(world.truth()))


def _show_predictions(model: Path, unseen: Path, labels: dict[str, str]) -> None:
    """Count how many pictures of accounts that it never saw the model labels as they were drawn."""
    from classify.predict import Prediction, Predictor, expand
    from harvest.sandbox.compare import key_of

    shown = [path for path in expand([unseen / "images"]) if key_of(path.name) in labels]
    answers = [a for a in Predictor(model).predict(shown) if isinstance(a, Prediction)]
    right = sum(a.label == labels[key_of(a.path.name)] for a in answers)
    click.echo(f"\n{right} of {len(shown)} pictures of nine other accounts labelled as drawn")
    click.echo(f"model     {model / 'model.tflite'}\nreport    {model / 'report.html'}")


if __name__ == "__main__":
    sys.exit(main())
