"""What the disk has for certain: files and folders whose content survives a power cut when these return."""

from __future__ import annotations

import os
from pathlib import Path


def sync_file(path: Path) -> None:
    """Wait until a file's content is on the disk. Never for a database that a connection of this process has open."""
    _sync(path, os.O_RDWR if os.name == "nt" else os.O_RDONLY)  # a sealed month may not be written


def sync_folder(path: Path) -> None:
    """Wait until the names in a folder are on the disk; Windows keeps them without being asked."""
    if os.name != "nt":
        _sync(path, os.O_RDONLY)


def _sync(path: Path, flags: int) -> None:
    handle = os.open(path, flags)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
