"""The end of a world: everything is healthy and time moves on, so all that is due must start, and all must end."""

from __future__ import annotations

from random import Random
from typing import TYPE_CHECKING, Final

from headway.model.tie import Tie
from headway.worker.service import FAILURE_PAUSE
from tests.conformance.owned_clock import START_US
from tests.simulator.lines import has_a_turn_to_wait_for
from tests.simulator.member import SECOND_US

if TYPE_CHECKING:
    from tests.simulator.member import Member
    from tests.simulator.record import Row
    from tests.simulator.world import World

AHEAD_US: Final = 20 * SECOND_US
"""What is due later than this is not waited for: the date is set forward."""
LONGEST_US: Final = 600 * SECOND_US
START_US_MAX: Final = 4 * SECOND_US
"""A due job starts after that, while a slot for it is free."""


DUE_US_MAX: Final = 4 * SECOND_US
"""A due schedule fires after that: nodes look for them each second."""
WATCHED_US: Final = 7 * SECOND_US
"""So long they fire in peace."""


class Peace:
    """Watches how a world that nothing befalls any more comes to rest."""

    def __init__(self, world: World) -> None:
        self._world = world
        self._since_us = 0
        self._bound_us = self._heard_us = 0
        self._ready: dict[int, int] = {}
        """Since when a job could have started and did not."""
        self._left_us: int | None = None
        """Since when something lay in the outbox at every look."""
        self.is_over = False

    def begin(self) -> None:
        """Heal everything."""
        world = self._world
        world.at_peace = True
        world.trace.say("from here on everything is healthy", "world")
        world.down_until_us = world.full_until_us = 0
        for process in world.processes:
            process.cut_until_us, process.blow = 0, None
        for member in world.members:
            member.knows_late = True
            if member.alive:
                member.learn()
        world.user.resume(Random(0))
        behind_us = START_US + world.now_us - world.clock.wall
        if behind_us > 0:
            world.clock.wall += behind_us
        self._since_us = max([world.now_us, *(one.stands_until_us for one in world.members)])
        # Leases run out; after a silence the sweeper first waits for one more; failed services had paused for longer and longer.
        lease_us = world.script.terms.lease_s * SECOND_US
        self._bound_us = self._since_us + 2 * lease_us + SWEEPS_US + PAUSED_US

    def look(self) -> None:
        """Is all at rest, or is something stuck?"""
        world = self._world
        if world.record.held:  # somebody had no answer to a hold, and has asked again
            world.user.resume(Random(0))
        world.user.requests.mend()
        world.user.tidying.mend()
        if world.agenda.names:
            self._look_at_schedules()
        rows = world.record.rows.values()
        open_rows = [row for row in rows if not row.is_final]
        silent = not any(self._is_busy(one) for one in world.members)
        self.is_over = (
            not open_rows
            and not world.record.bodies
            and silent
            and not self._user_waits()
            and not world.user.turning.waiting
            and not world.user.calling.waiting
            and self._schedules_rest
        )
        later = [row.due_us for row in open_rows if row.state == "scheduled"]
        now_us = world.clock.now_us()
        idle = all(row.state in {"scheduled", "waiting"} for row in open_rows)
        if later and idle and self._nothing_fires and min(later) > now_us + AHEAD_US:
            world.clock.wall = min(later)
        if world.now_us > self._bound_us:
            self._watch(open_rows)
            self._watch_outbox()
        if world.now_us > self._since_us + LONGEST_US:
            left = ", ".join(f"{row.ref_id} {row.state}@{row.epoch}" for row in open_rows)
            world.record.must(False, f"after {LONGEST_US // SECOND_US} s of peace there is still: {left or 'a body'}")

    @property
    def _fleeting(self) -> list[Row]:
        """Runs that are to be forgotten."""
        return [row for row in self._world.record.rows.values() if row.ties & Tie.FLEETING]

    @property
    def _schedules_rest(self) -> bool:
        """Whether none can fire, and nothing is left to be forgotten."""
        return self._nothing_fires and not self._fleeting

    @property
    def _nothing_fires(self) -> bool:
        """Whether there are no schedules, or they are paused: their runs may wait for one that is due much later."""
        return not self._world.agenda.names or self._world.record.schedule_rules.is_paused

    def _look_at_schedules(self) -> None:
        """First all of them may fire, and must; then they are paused, so that the world can come to rest."""
        world, rules = self._world, self._world.record.schedule_rules
        healthy_us = self._since_us + 2 * world.script.terms.lease_s * SECOND_US + START_US_MAX
        if world.now_us > healthy_us + WATCHED_US:
            if not rules.is_paused:
                world.user.operating.pause_all(Random(0))
            ended = [row.finished_us for row in self._fleeting if row.finished_us is not None]
            if ended and min(ended) > world.clock.now_us():  # the date was set back since
                world.clock.wall = max(ended)
            return
        paused = [row.name for row in rules.rows.values() if row.paused_us is not None and row.removed_us is None]
        if rules.is_paused or paused:
            self._heard_us = world.now_us
            world.user.operating.mend(paused, scheduler=rules.is_paused)
        if world.record.held:
            self._heard_us = world.now_us
        if world.now_us > max(healthy_us, self._heard_us + DUE_US_MAX):
            self._watch_schedules()

    def _watch_schedules(self) -> None:
        world, rules = self._world, self._world.record.schedule_rules
        late = rules.overdue(world.clock.now_us(), DUE_US_MAX)
        world.record.must(not late, f"nobody fires what is due: {'; '.join(late)}")
        there = {row.name: row for row in rules.rows.values()}
        for member in world.members:
            if not member.alive or member.stopping:
                continue
            for name in member.core.roster._known:
                is_there = name in there or name in rules.removed
                world.record.must(is_there, f"{member.name} declares {name}, and it is not registered")
                row = there.get(name)
                orphaned = row is not None and row.orphaned_us is not None and row.removed_us is None
                world.record.must(not orphaned, f"{member.name} declares {name}, and it is orphaned")

    def _is_busy(self, member: Member) -> bool:
        """Something is on its way to it, or it has not found out yet that there is nothing to do."""
        if not member.alive or member.blow or self._world.awaits(member) or not member.store.thread.is_idle:
            return True
        return not member.stopping and not member.core.engine.idle.is_set()

    def _user_waits(self) -> bool:
        return any(one[2] is None for one in self._world._events)

    def _watch(self, open_rows: list[Row]) -> None:
        world = self._world
        stuck = {row.id: row for row in open_rows if self._is_stuck(row)}
        self._ready = {job: self._ready.get(job, world.now_us) for job in stuck}
        for job, since_us in self._ready.items():
            row = stuck[job]
            words = f"{row.ref_id} ({row.state}@{row.epoch}{', ' + row.blocked if row.blocked else ''})"
            world.record.must(world.now_us - since_us < START_US_MAX, f"{words} could run, and nothing runs it")

    def _watch_outbox(self) -> None:
        world = self._world
        if not world.user.calling.waiting:
            self._left_us = None
            return
        self._left_us = world.now_us if self._left_us is None else self._left_us
        words = "a call was committed to the outbox, and nobody makes it a job"
        world.record.must(world.now_us - self._left_us < START_US_MAX, words)

    def _is_stuck(self, row: Row) -> bool:
        """Running without a body, or due while a slot for it is free."""
        world = self._world
        if row.state == "running":
            runners = [runner for member in world.members if member.alive for runner in member.runners]
            waits = any(runner.running and runner.holds(row.id, row.epoch) for runner in runners)
            return not waits and not any(body.key == (row.id, row.epoch) for body in world.record.bodies)
        needed = {
            row.name == "heavy",
            row.name == "heavy" or row.suspect > 0,
        }  # a suspect is claimed with a host's room
        idle = all(member.alive and all(member.runners[one].is_idle for one in needed) for member in world.members)
        if has_a_turn_to_wait_for(row, world.record.rows.values()) or self._is_kept_back(row):
            return False
        return idle and row.state in {"queued", "scheduled"} and row.due_us <= world.clock.now_us()

    def _is_kept_back(self, row: Row) -> bool:
        """Whether a gate is closed for it, or for one that stands in a line with it; or a turn runs there."""
        world = self._world
        if world.user.turning.waiting and row.lane is not None:
            return True
        if not world.script.terms.flow.bounds:
            return False
        record, now_us = world.record, world.clock.now_us()
        near = [one for one in record.rows.values() if not one.is_final and _in_line(one, row)]
        return any(record.gate_rules.keep_back(one, record.rows.values(), record.gates, now_us) for one in near)


def _in_line(one: Row, row: Row) -> bool:
    in_lane = row.lane is not None and one.lane == row.lane
    return one.id == row.id or in_lane or (row.key is not None and one.key == row.key)


SWEEPS_US: Final = 2 * SECOND_US
PAUSED_US: Final = 32 * int(FAILURE_PAUSE.total_seconds()) * SECOND_US
