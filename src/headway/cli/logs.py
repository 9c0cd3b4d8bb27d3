"""The log of a worker's own process: one line for people, or one JSON object, for each record; to standard output."""

from __future__ import annotations

import logging
import sys
from typing import Final

from headway.run.logformat import FORMATTERS

FORMATS: Final = tuple(FORMATTERS)


def set_up(shape: str, level: str) -> None:
    """Send every record of this process to standard output."""
    handler = logging.StreamHandler(sys.stdout)
    handler.setFormatter(FORMATTERS[shape]())
    logging.basicConfig(handlers=[handler], level=level.upper(), force=True)
