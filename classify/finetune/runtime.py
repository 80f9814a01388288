"""TensorFlow and Keras, imported in this one place, silenced first.

Everything in this package asks here, inside functions: importing a module of it costs nothing.
"""

from __future__ import annotations

import importlib
import os
from functools import cache
from typing import Any

from classify.finetune.extra import quiet, require_tensorflow


@cache
def tensorflow() -> Any:
    """Return the module `tensorflow`. Raises UsageError where it is not installed."""
    require_tensorflow()
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
    os.environ.setdefault("KERAS_BACKEND", "tensorflow")
    with quiet():
        module = importlib.import_module("tensorflow")
    importlib.import_module("absl.logging").set_verbosity("error")
    module.get_logger().setLevel("ERROR")
    # The same numbers again for the same pictures: a killed run ends as if it had not been killed.
    module.config.experimental.enable_op_determinism()
    return module


@cache
def keras() -> Any:
    """Return the module `keras` on TensorFlow. Raises UsageError where it is not installed."""
    tensorflow()
    return importlib.import_module("keras")
