"""The keys that the sandbox accepts, and those it refuses in ways of its own."""

from __future__ import annotations

BEARER = "sandbox-bearer"
"""Bearer token that the stand-in for X accepts."""
TUMBLR_KEY = "sandbox-key"
"""Consumer key (`api_key`) that the stand-in for Tumblr accepts."""
REVOKED_BEARER = "sandbox-revoked"
"""Answered with 401, as every unknown token is."""
BROKE_BEARER = "sandbox-broke"
"""Answered with 402: the credits are used up."""
