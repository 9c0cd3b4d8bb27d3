"""Turns: runs that are not jobs, in the lines of named workers."""

from __future__ import annotations

from collections.abc import Sequence

from headway.model.clock import from_us
from headway.model.transient import TransientRun
from headway.store.operation import Operation
from headway.store.turns import Stopped, Turn
from headway.store.verbs.cancel import cancel
from headway.store.verbs.line import open_lines
from headway.store.verbs.transaction import Transaction, as_json


class Turning:
    """The part of the store that `store/turns.py` describes."""

    def ask_turn(self, node_id: int, lane: str, *, app: str, name: str = "") -> Operation[Turn | None]:
        """Line up behind everything that is there."""
        return Operation("ask_turn", lambda tx: _ask(tx, node_id, lane, app, name))

    def turns(self, ids: Sequence[int]) -> Operation[dict[int, bool]]:
        """Which there are, and whether they run."""
        return Operation("turns", lambda tx: {row[0]: bool(row[1]) for row in tx.rows("turns", {"ids": as_json(ids)})})

    def end_turn(self, turn_id: int) -> Operation[bool]:
        """Let the next one run."""
        return Operation("end_turn", lambda tx: _end(tx, turn_id))

    def turns_to_stop(self, ids: Sequence[int]) -> Operation[dict[int, str | None]]:
        """Which of them are asked to stop."""
        return Operation("turns_to_stop", lambda tx: dict(tx.rows("turns_to_stop", {"ids": as_json(ids)})))

    def stop_lane(self, lane: str, *, app: str | None, by: str | None = None) -> Operation[Stopped]:
        """Ask for the end of what runs there."""
        return Operation("stop_lane", lambda tx: _stop(tx, lane, app, by))


def _ask(tx: Transaction, node_id: int, lane: str, app: str, name: str) -> Turn | None:
    row = tx.row("insert_turn", {"app": app, "lane": lane, "node_id": node_id, "name": name, "now": tx.now_us})
    if row is None:
        return None
    (turn_id,) = row
    tx.lanes.add((app, lane))
    open_lines(tx, ())
    return Turn(turn_id, runs=bool(tx.rows("turns", {"ids": as_json([turn_id])})[0][1]))


def _end(tx: Transaction, turn_id: int) -> bool:
    row = tx.row("drop_turn", {"id": turn_id})
    if row is None:
        return False
    tx.lanes.add((row[0], row[1]))
    return True


def _stop(tx: Transaction, lane: str, app: str | None, by: str | None) -> Stopped:
    jobs = tuple(row[0] for row in tx.rows("lane_holders", {"app": app, "lane": lane, "limit": -1}))
    for job_id in jobs:
        cancel(tx, job_id, by, app)
    where = {"app": app, "lane": lane}
    runs = tuple(_run(lane, *row) for row in tx.rows("running_turns", where))
    if tx.change("stop_turns", {**where, "now": tx.now_us, "by": by}):
        tx.wake = True
    return Stopped(jobs, runs)


def _run(lane: str, name: str, host: str, pid: int, started_us: int, asked_us: int | None) -> TransientRun:
    asked = None if asked_us is None else from_us(asked_us)
    return TransientRun(name=name, worker=lane, host=host, pid=pid, since=from_us(started_us), asked=asked)
