"""Bodies that complete by a transaction of their own: the shipped one, on a connection of its own."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from random import Random
from typing import TYPE_CHECKING, Any, Final

from headway.client.settings import Settings
from headway.client.transaction import JobTransaction
from headway.model.claim import NewJob
from headway.model.errors import JobDone, JobInterrupted
from headway.store.callers.caller import lead
from headway.store.callers.sqlite import SqliteCaller
from headway.store.verbs.outbox import as_body
from tests.simulator.calling import APP, ENTRY

if TYPE_CHECKING:
    from headway.store.guest import Guest
    from tests.simulator.bodies import Body
    from tests.simulator.world import World

BLOCK_RATE: Final = 0.5
FOLLOWED_RATE: Final = 0.3


class Fate(StrEnum):
    """What becomes of a block."""

    COMMITS = "commits"
    RAISES = "raises"
    DIES_BEFORE = "dies before it commits"
    DIES_AFTER = "dies after it committed"


FATES: Final = (*(Fate.COMMITS,) * 6, Fate.RAISES, Fate.DIES_BEFORE, Fate.DIES_AFTER)


@dataclass(frozen=True, slots=True, kw_only=True)
class Block:
    """A body's own transaction."""

    fate: Fate
    percent: int
    """Of the body's time, after which it is."""
    followed: bool
    """It enqueues in it."""


def block(draw: Random) -> Block | None:
    """What an attempt does in a transaction, if it has one."""
    if draw.random() > BLOCK_RATE:
        return None
    return Block(fate=draw.choice(FATES), percent=draw.choice((10, 50, 95)), followed=draw.random() < FOLLOWED_RATE)


class _Application:
    """As much of `Jobs` as a transaction asks for."""

    is_on_stage = False

    def __init__(self, world: World) -> None:
        self.place = world.user.store.place
        self.settings = Settings()
        self._guest = world.user.calling.guest()

    def guest(self) -> Guest:
        """What the store says there."""
        return self._guest


def transact(world: World, body: Body) -> Fate:
    """Let it come to the end that is planned; answers what it came to."""
    plan, claim, rules = body.plan.block, body.claim, world.record.calling
    assert plan is not None
    if world.now_us < max(world.down_until_us, body.member.cut_until_us):
        return Fate.RAISES
    application: Any = _Application(world)
    transaction = JobTransaction(application, claim, None, lambda _result: None)
    follower = NewJob(ref_id=f"t.{claim.ref_id}.{claim.epoch}", name="quick", payload="{}")
    name = f"the transaction of {claim.ref_id}@{claim.epoch}"
    try:
        connection = transaction.__enter__()
        connection.execute(ENTRY, [claim.id, claim.epoch])
        transaction.result = f"{claim.ref_id}@{claim.epoch}"
        if plan.followed:
            lead(SqliteCaller(connection), application.guest().put(APP, as_body([follower])))
        if plan.fate is Fate.RAISES:
            transaction.__exit__(ValueError, ValueError("no"), None)
        elif plan.fate is Fate.DIES_BEFORE:
            connection.close()
        else:
            transaction.__exit__(None, None, None)
    except (JobDone, JobInterrupted) as error:
        world.trace.say(f"{name} is refused: {type(error).__name__}")
        rules.refused(body, world.record.rows.get(claim.id))
        rules.rolled_back.add(follower.ref_id)
        return Fate.RAISES
    world.trace.say(f"{name} {plan.fate}")
    if plan.fate in {Fate.RAISES, Fate.DIES_BEFORE}:
        rules.rolled_back.add(follower.ref_id)
        return plan.fate
    rules.marked(body, world.record.rows.get(claim.id))
    if plan.followed:
        rules.committed([follower], world.clock.now_us(), order=False)
    return plan.fate
