"""Every form of list there is, in the order in which they are asked."""

from __future__ import annotations

from harvest.ledger.lists.delimited import Delimited
from harvest.ledger.lists.jsonlist import JsonArray, JsonLines
from harvest.ledger.lists.parquet import Parquet
from harvest.ledger.lists.protocol import ListFormat
from harvest.ledger.lists.textlog import TextLog

FORMATS: tuple[type[ListFormat], ...] = (Parquet, JsonLines, JsonArray, Delimited, TextLog)
"""The last one takes every text."""
