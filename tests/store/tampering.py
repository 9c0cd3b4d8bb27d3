"""Damage done behind a store's back, and what the audit then says."""

import sqlite3
from contextlib import closing
from pathlib import Path

from tests.conformance.world import World


def tamper(world: World, *statements: str) -> None:
    """Each changes something."""
    with closing(sqlite3.connect(Path(world.store.place) / "jobs.db")) as connection:
        for sql in statements:
            assert connection.execute(sql).rowcount > 0
        connection.commit()


def invariants(world: World) -> list[str]:
    """What is broken."""
    return [one.invariant for one in world.store.call(world.store.audit())]
