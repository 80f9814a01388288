"""The group `winnow harvest`."""

from __future__ import annotations

import click


@click.group()
def group() -> None:
    """Gather pictures: from accounts and tags, folders, published URL logs."""
