"""Every page that the pages' table holds, as addresses in a world: those without a parameter, and one for each thing that has a page of its own."""

from collections.abc import Iterator
from urllib.parse import quote

from headway import State
from headway.web.pages.table import ROUTES
from tests.browser.world import Kind, World

GETS = tuple(route for route in ROUTES if route.method == "GET")
PLAIN = tuple(sorted(route.path for route in GETS if "{" not in route.path))
"""Pages that have one address only."""


def jobs_to_look_at(world: World) -> Iterator[int]:
    """The newest job in each state, and in the hostile world many more: each was written by somebody else."""
    if world.kind is Kind.HOSTILE:
        yield from (row.id for row in world.jobs.list(limit=1_000).rows[::7])
    for state in State:
        yield from (row.id for row in world.jobs.list(states=[state], limit=1).rows)


def named(path: str) -> str:
    """A name as a part of a path."""
    return quote(path, safe="")
