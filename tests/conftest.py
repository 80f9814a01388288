"""Keep the repository's folders from being importable under other libraries' names."""

import os
import sys

_root = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))  # noqa: PTH100, PTH120
sys.path[:] = [p for p in sys.path if os.path.realpath(p or os.getcwd()) != _root]  # noqa: PTH109

import pytest  # noqa: E402 - after the path was put right
from hypothesis import HealthCheck, settings  # noqa: E402

# Generated examples are the same in every run, and no slow machine fails one.
settings.register_profile(
    "winnow", deadline=None, derandomize=True, suppress_health_check=[HealthCheck.too_slow]
)
settings.load_profile("winnow")

LONG = ("soak", "tensorflow", "interop")


def pytest_addoption(parser: pytest.Parser) -> None:
    """Add `--full`: the long tests too."""
    parser.addoption("--full", action="store_true", help="run soak, tensorflow and interop too")


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Skip the long tests, aloud, unless they are asked for."""
    if config.getoption("--full"):
        return
    for item in items:
        for name in LONG:
            if item.get_closest_marker(name):
                item.add_marker(pytest.mark.skip(reason=f"{name}: runs with .ci/run --full"))
