"""Data sets of coloured pictures, a model that learns mean colours, and people who sort them."""

from __future__ import annotations

import importlib.util
import sys
from pathlib import Path

import pytest

from curate.page.sitting import Sitting
from curate.page.values import PageSettings
from curate.store.schema import open_store


@pytest.fixture(scope="session")
def colours():
    """The module `colours.py`."""
    spec = importlib.util.spec_from_file_location("colours", Path(__file__).with_name("colours.py"))
    module = importlib.util.module_from_spec(spec)
    sys.modules["colours"] = module
    spec.loader.exec_module(module)
    return module


@pytest.fixture
def opened(colours):
    """Opens sittings on a data set, and closes their catalogs."""
    catalogs = []

    def open_sitting(data, model=None, who="ada", clock=None, **settings):
        catalogs.append(open_store(data.folder))
        settings.setdefault("labels", data.labels)
        chosen = PageSettings(**settings)
        clock = clock or colours.Clock()
        return Sitting(data.folder, catalogs[-1], chosen, model, clock, who)

    yield open_sitting
    for catalog in catalogs:
        catalog.close()
