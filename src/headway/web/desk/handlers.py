"""Handlers: what there is to run, what it takes, and a job of it stored."""

from __future__ import annotations

import inspect
from collections.abc import Mapping
from typing import Any, Final, Unpack

import msgspec

from headway.client.options import Options
from headway.model.errors import HandlerUnknown
from headway.model.handler import Handler
from headway.model.nearest import nearest
from headway.store.acting import as_note
from headway.store.protocol import Enqueued
from headway.web.desk import figures, nodes
from headway.web.desk.forms import schema_of
from headway.web.visit import Visit

WEEK_HOURS: Final = 7 * 24
"""A name of which jobs ended so lately is listed, whoever knows it."""


class HandlerRow(msgspec.Struct, frozen=True, kw_only=True):
    """A name under which jobs run."""

    name: str
    handler: Handler | None
    """None for a name that only workers know, or that only jobs in the store have."""
    exposed: bool
    """Whether its jobs may be enqueued through the API."""
    nodes: int
    """How many nodes that work know it."""

    @property
    def summary(self) -> str:
        """The first line of what its author says of it."""
        return "" if self.handler is None else first_line(self.handler)


def first_line(handler: Handler) -> str:
    """The first line of a docstring."""
    return (inspect.getdoc(handler.target) or "").strip().partition("\n")[0]


async def listed(visit: Visit) -> tuple[HandlerRow, ...]:
    """Every handler that is registered here, that a node knows, or of which there are unfinished or lately ended jobs, by name."""
    console = visit.console
    known = {handler.name: handler for handler in console.jobs.registry}
    aliases = {alias for handler in known.values() for alias in handler.aliases}
    workers = [node for node in await nodes.listed(visit) if node.state in nodes.AT_WORK]
    found = {name for node in workers for name in node.names}
    stored = await visit.read_lately(visit.reader.handlers(app=visit.app))
    found |= set(stored)
    found |= {one.name for one in await figures.handlers(visit, hours=WEEK_HOURS)}
    return tuple(
        HandlerRow(
            name=name,
            handler=known.get(name),
            exposed=name in console.exposed,
            nodes=sum(name in node.names for node in workers),
        )
        for name in sorted(known.keys() | (found - aliases))
    )


async def one(visit: Visit, name: str) -> HandlerRow:
    """One of them, by its name or an alias; HandlerUnknown names the nearest."""
    handler = visit.console.jobs.registry.find(name)
    every = await listed(visit)
    wanted = name if handler is None else handler.name
    found = next((row for row in every if row.name == wanted), None)
    if found is None:
        near = nearest(name, [row.name for row in every])
        raise HandlerUnknown(f"there is no handler {name!r} here" + (f"; did you mean {near!r}?" if near else ""))
    return found


def form(visit: Visit, name: str) -> dict[str, Any]:
    """The JSON schema of its arguments, from its signature; HandlerUnknown for one whose code is not here."""
    return schema_of(visit.console.jobs.registry.get(name))


async def enqueue(visit: Visit, name: str, arguments: Mapping[str, Any], **options: Unpack[Options]) -> Enqueued:
    """Store a job of it, as `jobs.enqueue_by_name` does: ArgumentsInvalid for arguments that do not fit, and nothing is stored.

    It is created by the viewer unless `created_by` says otherwise. Nothing of `on_enqueue` is left out.
    """
    jobs = visit.console.jobs
    if visit.viewer.name is not None and "created_by" not in options:
        options["created_by"] = visit.viewer.name
    if visit.viewer.tenant is not None:
        options["tenant"] = visit.viewer.tenant
    job, _ = jobs.prepare_call(jobs.call_by_name(name, arguments, **options))
    answers = await visit.change(
        visit.console.store.enqueue((job,)),
        lambda answers: (
            None
            if answers[0].existing
            else visit.act("enqueue", "job", answers[0].id, note=as_note({"name": job.name}))
        ),
        kind="enqueue",
    )
    return answers[0]
