"""Where a store lies: what a user wrote, turned into absolute paths."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final
from urllib.parse import unquote

from headway.model.errors import StorePlaceInvalid

FILE_SCHEME: Final = "sqlite:///"
MAIN_FILE: Final = "jobs.db"


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """The files of an embedded store."""

    main: Path
    """The database of live jobs and summaries."""
    folder: Path
    """Locks, node files and monthly archives; private to the user."""
    shared: bool
    """The main file belongs to the application; the jobs' tables are guests in it."""

    def __str__(self) -> str:
        """As a person would write it."""
        return f"{FILE_SCHEME}{self.main}" if self.shared else str(self.folder)


def parse_place(text: str) -> Place:
    """Read a place: a bare path is a directory of its own, `sqlite:///file` a file that may be the application's.

    Raises StorePlaceInvalid, with what to write instead, when the kind does not fit what is there.
    """
    if not text or "\0" in text:
        why = "has a zero character" if text else "is empty"
        msg = f"the store's place {why}; give a directory, or sqlite:///file.db"
        raise StorePlaceInvalid(msg)
    if text.startswith(FILE_SCHEME):
        return _file_place(text)
    scheme, found, _ = text.partition("://")
    if found:
        msg = f"{scheme}:// is not a store this version knows; give a directory, or sqlite:///file.db"
        raise StorePlaceInvalid(msg)
    folder = Path(text).expanduser().absolute()
    with refused_entry(folder):
        _refuse_devices(folder)
        is_file = folder.is_file()
    if is_file:
        msg = (
            f"{folder} is a file; a bare path names a directory: write {FILE_SCHEME}{folder} for jobs inside that file"
        )
        raise StorePlaceInvalid(msg)
    return Place(main=folder / MAIN_FILE, folder=folder, shared=False)


def _file_place(text: str) -> Place:
    main = Path(unquote(text.removeprefix(FILE_SCHEME))).expanduser().absolute()
    with refused_entry(main):
        _refuse_devices(main)
        is_folder = main.is_dir()
    if is_folder:
        msg = f"{main} is a directory; write {main} without sqlite:/// for a store of its own in it"
        raise StorePlaceInvalid(msg)
    return Place(main=main, folder=main.with_name(main.name + ".headway"), shared=True)


def _refuse_devices(path: Path) -> None:
    if path.exists() and not path.is_file() and not path.is_dir():
        msg = f"{path} is neither a directory nor a file that could hold jobs; give a directory, or sqlite:///file.db"
        raise StorePlaceInvalid(msg)


@contextlib.contextmanager
def refused_entry(path: Path) -> Iterator[None]:
    """Say whose a place is when the system does not let this user see what is there."""
    try:
        yield
    except PermissionError as error:
        raise StorePlaceInvalid(foreign_words(path)) from error


def foreign_words(path: Path) -> str:
    """What to say of a place that this user may not use: whose it is, if that can be told, and what to do."""
    try:
        owner = f" ({path.owner()})"
        ours = path.stat().st_uid == os.geteuid()
    except (OSError, KeyError, NotImplementedError):
        owner, ours = "", False
    if ours:
        return f"the store at {path} is closed to its own user; chmod u+rw it (and u+x, a directory), or give another place"
    return f"this user may not use the store at {path}; run as the user who owns it{owner}, or give another place"
