"""Whether the tables of an open store are still those that this code works with.

A step of the schema may be taken while older code has the store open. Steps that say `works_with` let it go on; any other would
have it write what newer code misunderstands, or fail in the database's words. So each transaction looks first, which is one number.
"""

from __future__ import annotations

from collections.abc import Callable

from headway.model.displaced import SchemaTooOld
from headway.store.migration import Standing, refuse_newer


class SchemaWatch:
    """Belongs to whoever owns a connection."""

    def __init__(self, place: str, newest: int, *, seen: int | None = None) -> None:
        """For code that knows the schemas up to `newest`; `seen`: the mark beside which nothing has to be asked."""
        self._place = place
        self._newest = newest
        self._seen = seen

    def look(self, mark: int, standing: Callable[[], Standing]) -> None:
        """`mark`: a number that is another one after each step; `standing` is asked when it is.

        Raises SchemaTooNew after a step beside which this code does not work, SchemaTooOld where an earlier state was put back.
        """
        if mark == self._seen:
            return
        found = standing()
        refuse_newer(self._place, found, self._newest)
        if found.version < self._newest:
            msg = (
                f"the store {self._place} has schema {found.version} now, and this headway, which has it open, needs "
                f"{self._newest}: an earlier state was put in its place; run headway migrate"
            )
            raise SchemaTooOld(msg)
        self._seen = mark
