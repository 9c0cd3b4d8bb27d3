"""What is wrong with a store that is whole, but not to be used as it is: it lies elsewhere now, or its tables are others."""

from __future__ import annotations

from typing import Final

from headway.model.errors import SchemaTooNew, StoreError

MOVED_TO: Final = "has moved to"
"""What a store says whose copy is whole. It is said by the store itself, to code of any version, so it is part of a text."""


class StoreMoved(StoreError):
    """The store <place> has moved to <place>, or is being copied there since <moment>, or filled from there. Nothing was stored."""

    @property
    def is_for_good(self) -> bool:
        """Whether the copy is whole: then nothing is gained by trying again."""
        return MOVED_TO in str(self)


class SchemaTooOld(StoreError):
    """The store <place> has schema <n>, this headway needs <m> and may not bring it up to date: run headway migrate."""


def is_displaced(error: BaseException | None) -> bool:
    """Whether this process has to do with the store no more, and nothing is gained by trying again."""
    if isinstance(error, StoreMoved):
        return error.is_for_good
    return isinstance(error, (SchemaTooNew, SchemaTooOld))
