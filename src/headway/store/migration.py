"""Steps of a schema: numbered files of a folder, forward only, each applied once.

A file may begin with lines that say how it is to be taken:

`-- works_with: 9`: code that knows schema 9, or a later one, works on beside it. Without the line only code that knows the step does.

`-- outside_transaction`: its one statement is run outside of a transaction (PostgreSQL only).
"""

from __future__ import annotations

import json
import logging
import os
import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Final

from headway.model.displaced import SchemaTooOld
from headway.model.errors import SchemaTooNew

log = logging.getLogger("headway.store")

ALLOW_VARIABLE: Final = "HEADWAY_MIGRATE"
NO_WORDS: Final = frozenset({"no", "false", "off", "0"})
STEPS: Final = "[0-9]*.sql"
STANDING_SETTING: Final = "works_with"
"""Where a store says which older code works with its tables: that code has no file of the step which could say so."""
WORKS_WITH: Final = re.compile(r"^-- works_with: (\d+)$", re.MULTILINE)
OUTSIDE: Final = re.compile(r"^-- outside_transaction$", re.MULTILINE)


@dataclass(frozen=True, slots=True)
class Migration:
    """One step of the schema."""

    version: int
    text: str

    @property
    def digest(self) -> str:
        """What the file said when it was applied."""
        from hashlib import sha256  # costs a millisecond, and a client that only reads settings needs none

        return sha256(self.text.encode()).hexdigest()

    @property
    def works_with(self) -> int:
        """The oldest schema whose code works on after this step, as far as the step is concerned; its own, when it says nothing."""
        found = WORKS_WITH.search(self.text)
        return min(int(found[1]), self.version) if found else self.version

    @property
    def is_outside(self) -> bool:
        """Whether it is run outside of a transaction."""
        return OUTSIDE.search(self.text) is not None


@dataclass(frozen=True, slots=True)
class Standing:
    """Which schema a store has, and whose code works with it."""

    version: int
    """0 when it has no headway tables."""
    oldest: int
    """The oldest schema whose code works with its tables; `version`, when only that and later code does."""

    def serves(self, newest: int) -> bool:
        """Whether code that knows the schemas up to `newest` works with these tables, or could bring them up to date."""
        return self.oldest <= newest

    def after(self, step: Migration) -> Standing:
        """What holds once the step is taken: who was shut out by an earlier one stays so."""
        return Standing(step.version, max(self.oldest, step.works_with))

    @property
    def said(self) -> str | None:
        """How the store says it; None when there is nothing to say but the version."""
        return None if self.oldest == self.version else json.dumps([self.version, self.oldest])


def standing_of(version: int, said: str | None) -> Standing:
    """What the store says, which counts for the version only of which it was said."""
    told, oldest = (0, 0) if said is None else json.loads(said)
    return Standing(version, oldest if told == version else version)


@cache
def newest_of(folder: Path) -> int:
    """The number of the last step, which its file's name says; looked at once, whatever is installed there later."""
    return max(_number(file) for file in folder.glob(STEPS))


def read_migrations(folder: Path) -> tuple[Migration, ...]:
    """Every step, in order; the file name starts with its number."""
    return tuple(Migration(_number(file), file.read_text(encoding="utf-8")) for file in sorted(folder.glob(STEPS)))


def _number(file: Path) -> int:
    return int(file.stem.split("_")[0])


def pending(place: str, found: Standing, steps: Sequence[Migration], *, allowed: bool | None) -> Sequence[Migration]:
    """The steps that a store still needs; none for a store of newer code that this code works with.

    Raises SchemaTooNew for a store of newer code that it does not work with. Raises SchemaTooOld when steps are left and they are
    not `allowed`; None: they are, unless HEADWAY_MIGRATE=no is in the environment. Then only `headway migrate` changes tables.
    """
    newest = steps[-1].version
    refuse_newer(place, found, newest)
    if found.version > newest:
        log.info(
            "the store %s has schema %d, this headway knows %d and works with it; upgrade headway here when you can",
            place, found.version, newest,
        )  # fmt: skip
    left = [step for step in steps if step.version > found.version]
    if left and not (_said() if allowed is None else allowed):
        msg = (
            f"the store {place} has schema {found.version}, this headway needs {newest} and may not change tables (migrate=False or "
            f"{ALLOW_VARIABLE}=no); run headway migrate"
        )
        raise SchemaTooOld(msg)
    return left


def refuse_newer(place: str, found: Standing, newest: int) -> None:
    """Raise SchemaTooNew for a store that does not work with the code that knows the schemas up to `newest`."""
    if not found.serves(newest):
        whom = "" if found.oldest == found.version else f", which works with code of schema {found.oldest} and later"
        msg = (
            f"the store {place} has schema {found.version}{whom}; this headway knows {newest}: upgrade headway here, or give it "
            "another place"
        )
        raise SchemaTooNew(msg)


def _said() -> bool:
    return os.environ.get(ALLOW_VARIABLE, "").strip().lower() not in NO_WORDS
