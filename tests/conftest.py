"""Keep the repository's folders from being importable under other libraries' names."""

import os
import sys

_root = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))  # noqa: PTH100, PTH120
sys.path[:] = [p for p in sys.path if os.path.realpath(p or os.getcwd()) != _root]  # noqa: PTH109

from hypothesis import HealthCheck, settings  # noqa: E402 - after the path was put right

# Generated examples are the same in every run, and no slow machine fails one.
settings.register_profile(
    "winnow", deadline=None, derandomize=True, suppress_health_check=[HealthCheck.too_slow]
)
settings.load_profile("winnow")
