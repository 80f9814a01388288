"""Opening a source for a job: with its keys, through the job's session and way outside."""

from __future__ import annotations

import aiohttp

from harvest.run.job import Job
from harvest.sources.catalogue import source_named
from harvest.sources.protocol import Access, Memory, Source


def open_source(
    job: Job, name: str, session: aiohttp.ClientSession, memory: Memory | None = None
) -> Source:
    """Open a source, or take the one that the job brings. Raises CredentialsError, UsageError."""
    if name in job.sources:
        return job.sources[name]
    keys = job.keys.get(name)
    return source_named(name).open(
        Access(
            session=session,
            endpoints=job.outside.endpoints,
            proxy_for=job.outside.proxy_for,
            memory=memory,
            credentials=keys.secrets if keys else {},
            names=keys.names if keys else {},
            user_agent=str(session.headers["User-Agent"]),
        )
    )
