"""What `winnow[tensorflow]` brings: whether it is there, and how to keep it from chattering."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from importlib.util import find_spec

from harvest.ledger.errors import UsageError


def require_tensorflow(what: str = "fine-tuning") -> None:
    """Raise UsageError where TensorFlow is not installed; imports nothing. `what` needs it."""
    if find_spec("tensorflow") is None:
        raise UsageError(
            f"{what} needs TensorFlow, which is not installed: "
            "run `pip install 'winnow[tensorflow]'`"
        )


@contextmanager
def quiet() -> Iterator[None]:
    """Hold back what TensorFlow's C++ writes to stderr before and beside its own log levels.

    It is shown after all where the work inside fails: it may be the only one to say why.
    """
    try:
        kept = os.dup(2)
    except OSError:  # started without a stderr
        yield
        return
    with tempfile.TemporaryFile() as said:
        os.dup2(said.fileno(), 2)
        try:
            yield
        except BaseException:
            os.dup2(kept, 2)
            said.seek(0)
            os.write(2, said.read())
            raise
        finally:
            os.dup2(kept, 2)
            os.close(kept)
