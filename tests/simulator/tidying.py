"""Deleting jobs and draining nodes: what people ask for, and what must hold from the commit that says so."""

from __future__ import annotations

from collections.abc import Iterable
from random import Random
from typing import TYPE_CHECKING, Any, Final

from tests.simulator.flow import SECOND_US

if TYPE_CHECKING:
    from tests.simulator.lines import Must
    from tests.simulator.member import Member
    from tests.simulator.record import Row
    from tests.simulator.user import User

BY: Final = "ann"
ENDED_RATE: Final = 0.8
DRAINED_US: Final = (300_000, 8 * SECOND_US)


class Tidying:
    """The part of a user that takes jobs away for good, and nodes out of work."""

    def __init__(self, user: User) -> None:
        self._user = user
        self._world = user.world

    def delete(self, draw: Random) -> None:
        """A job that has ended, or any that somebody asked for, however far it has come."""
        record = self._world.record
        ended = [row.id for row in record.rows.values() if row.is_final]
        sent = [record.id_of[job.ref_id] for job in self._user.sent if job.ref_id in record.id_of]
        some = ended if ended and draw.random() < ENDED_RATE else sent
        if some:
            job, store = draw.choice(some), self._user.store
            self._user.ask(f"delete {job}", lambda: store.delete(job, by=BY), _nothing, draw)

    def drain(self, member: Member, draw: Random) -> None:
        """A node, as it is called now; later it works again, if it is still called so."""
        if not member.alive or not member.core.node.uid:
            return
        uid, user = member.core.node.uid, self._user
        user.ask(f"drain {member.name}", lambda: user.store.drain_node(uid), _nothing, draw)
        self._world.after(draw.randrange(*DRAINED_US), None, lambda: self.undrain(uid, draw))

    def undrain(self, uid: str, draw: Random) -> None:
        user = self._user
        user.ask("drain no more", lambda: user.store.undrain_node(uid), _nothing, draw)

    def mend(self) -> None:
        """In the end: let every node work again."""
        for uid in sorted(self._world.record.drains.now):
            self.undrain(uid, Random(0))


class DrainRules:
    """A node that is drained is granted nothing, from that commit to the one that lets it work again."""

    def __init__(self, must: Must) -> None:
        self._must = must
        self.now: set[str] = set()
        """By their uids."""
        self._before: frozenset[str] = frozenset()

    def begin(self) -> None:
        """A commit is looked at: who was drained before it."""
        self._before = frozenset(self.now)

    def heard(self, verb: str, uid: str) -> None:
        """It drained a node, or let it work again."""
        if verb == "drain_node":
            self.now.add(uid)
        else:
            self.now.discard(uid)

    def hold(self, connection: Any, granted: Iterable[Row]) -> None:
        """These were granted in it."""
        drained = self._before & self.now
        if not drained:
            return
        nodes = {one: (uid, state) for one, uid, state in connection.execute("SELECT id, uid, state FROM headway_node")}
        for row in granted:
            uid, _ = nodes.get(row.node_id, (None, None))
            self._must(uid not in drained, f"job {row.id} ({row.ref_id}) was granted to {uid}, which is drained")
        states = dict(nodes.values())
        for uid in drained:
            self._must(states.get(uid) != "active", f"{uid} was drained, and works again without anybody's word")
            if states.get(uid) != "draining":  # taken for dead: it comes back under another name
                self.now.discard(uid)


def _nothing(_answer: object) -> None:
    """Nobody needs it."""
