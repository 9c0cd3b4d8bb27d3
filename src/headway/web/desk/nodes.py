"""Nodes: the processes that run jobs."""

from __future__ import annotations

import socket
from typing import Final

from headway.store.protocol import NodeRow
from headway.view.alive import ACTIVE, as_seen
from headway.web.problems import Conflict, RequestInvalid
from headway.web.visit import Visit

NODE: Final = "node"
DRAINING: Final = "draining"
AT_WORK: Final = frozenset({ACTIVE, DRAINING})


async def listed(visit: Visit) -> tuple[NodeRow, ...]:
    """Those that are active or were within a day, newest first; one whose process is known to be gone is `gone`."""
    found = await visit.read(visit.reader.nodes(app=visit.app))
    return as_seen(found, gone=visit.console.store.gone(), host=socket.gethostname(), now_us=visit.console.now_us())


async def one(visit: Visit, uid: str) -> NodeRow:
    """One of them, by its uid."""
    found = next((node for node in await listed(visit) if node.uid == uid), None)
    if found is None:
        raise RequestInvalid(f"there is no node {uid!r} here, nor was there one in the last day", status=404)
    return found


async def drain(visit: Visit, uid: str) -> NodeRow:
    """Let a node start nothing more; what runs ends. Conflict if it is neither active nor draining."""
    node = await one(visit, uid)
    if node.state not in AT_WORK:
        raise Conflict(f"node {uid} cannot be drained: it is {node.state}")
    await visit.change(
        visit.console.store.drain_node(uid, app=visit.app),
        lambda changed: visit.act("drain", NODE, uid) if changed else None,
        kind="drain",
    )
    return await one(visit, uid)


async def undrain(visit: Visit, uid: str) -> NodeRow:
    """Let a draining node work again; Conflict if it is neither active nor draining."""
    node = await one(visit, uid)
    if node.state not in AT_WORK:
        raise Conflict(f"node {uid} cannot work again: it is {node.state}")
    await visit.change(
        visit.console.store.undrain_node(uid, app=visit.app),
        lambda changed: visit.act("undrain", NODE, uid) if changed else None,
        kind="undrain",
    )
    return await one(visit, uid)
