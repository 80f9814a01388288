"""The keys that the sandbox accepts, and those it refuses in ways of its own."""

from __future__ import annotations

BEARER = "sandbox-bearer"
"""Bearer token that the stand-in for X accepts."""
TUMBLR_KEY = "sandbox-key"
"""Consumer key (`api_key`) that the stand-in for Tumblr accepts."""
REVOKED_BEARER = "sandbox-revoked"
"""Answered with 401 and the code 89: it was good once."""
UNENROLLED_BEARER = "sandbox-unenrolled"
"""Answered with 403: its app belongs to no project."""
BROKE_BEARER = "sandbox-broke"
"""Answered with 402: the credits are used up."""
