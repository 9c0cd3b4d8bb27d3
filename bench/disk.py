"""Where the benchmark puts its files: new folders on one disk, removed afterwards."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

VARIABLE = "BENCH_FOLDER"
"""The folder to measure in; the system's temporary one if not set. It should be on a real disk."""


def base() -> Path:
    """The folder that holds all the others."""
    return Path(os.environ.get(VARIABLE) or tempfile.gettempdir())


@contextmanager
def folder() -> Iterator[Path]:
    """A new folder, for as long as it is needed."""
    with tempfile.TemporaryDirectory(prefix="headway-bench-", dir=base(), ignore_cleanup_errors=True) as name:
        yield Path(name)
