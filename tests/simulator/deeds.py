"""What each deed of a script does to a world."""

from __future__ import annotations

from random import Random
from typing import TYPE_CHECKING, Final, assert_never

from tests.simulator.member import SECOND_US, Blow, Fell, Member, Process
from tests.simulator.recurring import revised
from tests.simulator.script import Deed, Incident

if TYPE_CHECKING:
    from tests.simulator.world import World

CRASHES: Final = (None, Blow.DIE_BEFORE, Blow.DIE_AFTER)
PAUSES: Final = (None, Blow.STAND_BEFORE, Blow.STAND_AFTER)
AIMED_RATE: Final = 0.6
IN_LEASES: Final = (0.2, 0.7, 0.9, 1.1, 1.6, 2.5)
"""How long pauses and outages last."""
MONTH_S: Final = 40 * 24 * 3600
STEPS_S: Final = (-3600, -5, 5, 3600, MONTH_S)
TIMELY_STEPS_S: Final = (-3600, -60, -60, -12, -12, -6, -3, 2, 5, 12, 60, 60, 3600, MONTH_S)
"""Where schedules go by the date."""


def do(world: World, incident: Incident, draw: Random) -> None:  # noqa: C901, PLR0912, PLR0915 - one branch for each deed
    """Do it."""
    if world.at_peace:
        return
    lasting = world.script.terms.lasting
    busy = [one for one in world.members if one.alive and any(runner.running for runner in one.runners)]
    member = draw.choice(busy if lasting and busy else world.members)
    lasts_us = round(draw.choice(IN_LEASES[3:] if lasting else IN_LEASES) * world.script.terms.lease_s * SECOND_US)
    user = world.user
    match incident.deed:
        case Deed.ENQUEUE | Deed.CHAIN:
            user.enqueue(incident.number, draw, chained=incident.deed is Deed.CHAIN)
        case Deed.BURST:
            user.burst(incident.number, draw)
        case Deed.REPEAT:
            user.repeat(draw)
        case Deed.CANCEL:
            user.cancel(draw)
        case Deed.REQUEUE:
            user.requeue(draw)
        case Deed.DELETE:
            user.tidying.delete(draw)
        case Deed.DRAIN:
            user.tidying.drain(member, draw)
        case Deed.HOLD:
            user.hold(draw)
        case Deed.BATCH:
            user.requests.batch(incident.number, draw)
        case Deed.ADD:
            user.requests.add(incident.number, draw)
        case Deed.CLOSE:
            user.requests.close(draw)
        case Deed.DROP:
            user.requests.drop(draw)
        case Deed.GATE:
            user.requests.gate(draw)
        case Deed.TURN:
            user.turning.ask(incident.number, draw)
        case Deed.WITHIN:
            user.calling.leave(incident.number, draw)
        case Deed.TRIGGER:
            user.operating.trigger(draw)
        case Deed.SILENCE:
            user.operating.silence(draw)
        case Deed.SILENCE_ALL:
            user.operating.silence_all(draw)
        case Deed.REMOVE:
            user.operating.remove(draw)
            _stop(world, member)
        case Deed.CHANGE:
            _change(world, member, draw)
        case Deed.LEARN:
            _learn(world, member)
        case Deed.CRASH:
            _crash(world, draw.choice(world.processes), draw)
        case Deed.PAUSE:
            _pause(world, member, lasts_us, draw)
        case Deed.STOP:
            _stop(world, member)
        case Deed.OUTAGE:
            world.trace.say(f"the store is out of reach for {lasts_us / 1e6:g} s", "world")
            world.down_until_us = world.now_us + lasts_us
        case Deed.CUT:
            process = member if lasting else draw.choice(world.processes)
            world.trace.say(f"does not reach the store for {lasts_us / 1e6:g} s", process.name)
            process.cut_until_us = world.now_us + lasts_us
        case Deed.LOSS:
            _aim(draw.choice(world.processes), Blow.LOSE, draw)
        case Deed.FAILURE:
            _aim(draw.choice(world.processes), Blow.FAIL, draw)
        case Deed.MONTH:
            _seal(world, member)
        case Deed.FULL:
            world.trace.say("the disk is nearly full for a while", "world")
            world.full_until_us = world.now_us + lasts_us
        case Deed.STEP:
            seconds = draw.choice(TIMELY_STEPS_S if world.agenda.names else STEPS_S)
            world.trace.say(f"somebody sets the date by {seconds} s", "world")
            world.clock.step_wall(seconds)
        case Deed.REBOOT:
            _reboot(world)
        case Deed.HOST_DEATH | Deed.CHILD_DEATH:
            if member.alive:
                world.trace.say(f"{incident.deed}", member.name)
                member.runners[incident.deed is Deed.CHILD_DEATH].die()
        case _:
            assert_never(incident.deed)


def _aim(process: Process, kind: Blow, draw: Random, lasts_us: int = 0) -> None:
    """At its next transaction, or where requests are made in that process at the next of those."""
    aimed = isinstance(process, Member) and process.is_embedded and draw.random() < AIMED_RATE
    process.blow = Fell(kind=kind, lasts_us=lasts_us, aim="enqueue" if aimed else None)


def _crash(world: World, process: Process, draw: Random) -> None:
    blow = draw.choice(CRASHES)
    if not process.alive:
        return
    if blow is not None:
        _aim(process, blow, draw)
        return
    world.trace.say("is killed", process.name)
    if isinstance(process, Member):
        process.die(restart_in_us=draw.randrange(8 * SECOND_US))
    else:
        world.user.die()
        world.user.start()


def _pause(world: World, member: Member, lasts_us: int, draw: Random) -> None:
    blow = draw.choice(PAUSES)
    if not member.alive:
        return
    if blow is None:
        world.trace.say(f"stands still for {lasts_us / 1e6:g} s", member.name)
        member.stand(lasts_us)
    else:
        _aim(member, blow, draw, lasts_us)


def _stop(world: World, member: Member) -> None:
    if member.alive and not member.stopping and member.stands_until_us <= world.now_us:
        world.trace.say("is asked to stop", member.name)
        member.stop()


def _learn(world: World, member: Member) -> None:
    member.knows_late = True
    if member.alive and member.stands_until_us <= world.now_us:
        member.learn()


def _change(world: World, member: Member, draw: Random) -> None:
    """In the store, or in the code of a node: of the one that is started anew, or of one that goes on and learns it."""
    name = draw.choice(world.agenda.names)
    if name not in world.agenda.code:
        world.user.operating.change(name, draw)
        return
    world.agenda.code[name] = changed = revised(world.agenda.code[name], draw)
    world.trace.say(f"the code of {name} is now {changed}", "world")
    if draw.random() < DEPLOYED_RATE:
        _stop(world, member)
    elif member.alive and member.stands_until_us <= world.now_us:
        member.core.plan([changed])


DEPLOYED_RATE: Final = 0.6


def _seal(world: World, member: Member) -> None:
    world.trace.say("a month goes by", "world")
    world.clock.step_wall(MONTH_S)
    if member.alive and member.stands_until_us <= world.now_us:
        world.after(0, member, member.seal, inside=True)


def _reboot(world: World) -> None:
    world.trace.say("the machine is started anew", "world")
    for member in world.members:
        member.die(restart_in_us=1 + world.jitter)
    world.user.die()
    world.clock.reboot()
    world.user.start()
