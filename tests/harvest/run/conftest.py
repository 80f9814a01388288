"""What runs against the sandbox need: it, and a job for it."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from harvest.guard.session import Outside
from harvest.ledger.records import Target
from harvest.run.job import Job
from harvest.run.jobs import sandbox_endpoints
from harvest.run.keys import sandbox_keys
from harvest.sandbox.server import Sandbox
from harvest.sandbox.world import World


@pytest.fixture
async def sandbox(world: World) -> AsyncIterator[Sandbox]:
    """The stand-ins, fresh; each module has its own `world`."""
    async with Sandbox(world) as running:
        yield running


@pytest.fixture
def job(tmp_path: Path, sandbox: Sandbox, still, targets: tuple[Target, ...]) -> Job:
    """A job with the sandbox's keys; each module has its own `targets`."""
    return Job(
        dataset=tmp_path / "set",
        targets=targets,
        keys=sandbox_keys(),
        outside=Outside(sandbox_endpoints(sandbox.url)),
        clock=still.clock,
    )
