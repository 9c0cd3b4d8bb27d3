"""Where composed SQL is written differently: the few turns of phrase that databases do not share."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Dialect:
    """How one database says it. `{}` stands for a parameter that holds a JSON list, or for a name."""

    texts: str
    """A subquery: the texts of a list."""
    ids: str
    """A subquery: the numbers of a list."""
    ids_first: str
    """A table `{alias}` with the column `value`, the numbers of the list {parameter}, that leads to what is joined to it."""
    joined: str
    """Joins a table to what leads to it, in this order."""
    indexed: str
    """Behind a table: read it by the index {}; empty where the database decides well alone."""
    held_back: str
    """Before a column: do not look for an index of it."""
    errors: str
    """The error texts `a.error` of several rows, one behind the other."""
