"""The fence round a store that is copied: nobody starts, settles or enqueues anything there while it stands."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final, Literal

import msgspec

from headway.model.clock import from_us
from headway.model.displaced import MOVED_TO
from headway.model.errors import StoreError
from headway.store.acting import Act
from headway.store.moving.side import Side
from headway.store.operation import Operation
from headway.store.verbs.acts import write
from headway.store.verbs.hold import HELD_SETTING, Hold, held, read_hold
from headway.store.verbs.transaction import Transaction, as_json

FENCE_SETTING: Final = "moved"
HELD_WHY: Final = "headway copy waits until nothing runs here"
RUNNING: Final = "SELECT count(*) FROM headway_job WHERE state = 'running'"


class Fence(msgspec.Struct, frozen=True):
    """What the source knows of its copy."""

    uid: str
    """Of this copy: its target knows it, too."""
    target: str
    """Without a password."""
    since_us: int
    state: Literal["draining", "copying", "moved"] = "draining"
    held: Hold | None = None
    """The store was held before."""

    def words(self) -> str:
        """What whoever writes to the source is told."""
        if self.state == "moved":
            return f"{MOVED_TO} {self.target}; give that place to workers and programs"
        return (
            f"is being copied to {self.target} since {minute(self.since_us)}; wait for headway copy, run it again if it was "
            "interrupted, or headway copy SOURCE --release"
        )


def minute(moment_us: int) -> str:
    """A moment as people are told it."""
    return from_us(moment_us).strftime("%Y-%m-%d %H:%M UTC")


def read_fence(tx: Transaction) -> Fence | None:
    """The fence that stands, if any."""
    row = tx.row("setting", {"name": FENCE_SETTING})
    return None if row is None else msgspec.json.decode(row[0], type=Fence)


def drain(source: Side, fence: Fence) -> Fence:
    """Let nothing start any more; what runs goes on. Answers the fence that stands: another one, if there was one before."""

    def run(tx: Transaction) -> Fence:
        known = read_fence(tx)
        if known is not None:
            return known
        row = tx.row("setting", {"name": HELD_SETTING})
        made = msgspec.structs.replace(fence, since_us=tx.now_us, held=None if row is None else read_hold(row[0]))
        _put(tx, made)
        tx.change("set_setting", held(tx.now_us, HELD_WHY))
        return made

    return source.store.call(Operation("drain_for_copy", run, alone=True))


def running(source: Side) -> int:
    """How many jobs run there."""
    found: int = source.store.reader.call(Operation("running", lambda tx: tx.query(RUNNING)[0][0]))
    return found


def close(source: Side, fence: Fence, act: Act, *, force: bool) -> Fence:
    """From here on nothing changes there; `act` is the last that is written, and goes along. Raises StoreError when a job runs, unless `force`."""

    def run(tx: Transaction) -> Fence:
        count = tx.query(RUNNING)[0][0]
        if count and not force:
            msg = f"{count} jobs run in {source.store.place}; wait for them, or copy them as interrupted with --force"
            raise StoreError(msg)
        write(tx, act)
        return _stand(source, tx, msgspec.structs.replace(fence, state="copying"))

    return source.store.call(Operation("close_for_copy", run, alone=True))


def say_moved(source: Side, fence: Fence) -> None:
    """The copy is whole: whoever writes here is told where to go."""
    moved = msgspec.structs.replace(fence, state="moved")
    source.store.call(Operation("say_moved", lambda tx: _stand(source, tx, moved), alone=True))


def release(source: Side, tell: Callable[[Fence], Act] | None = None, *, force: bool = False) -> Fence | None:
    """Open the store again as it was before; answers the fence that stood. StoreError when its copy works, unless `force`.

    `tell` makes the act that is written down; without it nobody did it.
    """

    def run(tx: Transaction) -> Fence | None:
        fence = read_fence(tx)
        if fence is None:
            return None
        if fence.state == "moved" and not force:
            msg = f"{source.store.place} has moved to {fence.target}; two stores would run the same jobs: stop that one, and add --force"
            raise StoreError(msg)
        source.open_door(tx)
        tx.change("drop_setting", {"name": FENCE_SETTING})
        tx.change("drop_setting", {"name": HELD_SETTING})
        if fence.held is not None:
            tx.change("set_setting", held(fence.held.at_us, fence.held.why))
        if tell is not None:
            write(tx, tell(fence))
        tx.wake = True
        return fence

    return source.store.call(Operation("release_copied", run, alone=True))


def _stand(source: Side, tx: Transaction, fence: Fence) -> Fence:
    source.close_door(tx, fence.words())
    _put(tx, fence)
    return fence


def _put(tx: Transaction, fence: Fence) -> None:
    tx.change("set_setting", {"name": FENCE_SETTING, "value": as_json(fence)})
