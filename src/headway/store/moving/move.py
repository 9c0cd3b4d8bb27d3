"""A whole move: drain, fence, copy, compare, switch. Run again after an interruption, it goes on where it was."""

from __future__ import annotations

import os
import threading
from collections.abc import Callable, Sequence
from contextlib import ExitStack, suppress
from typing import Any, Final, Literal

import msgspec

from headway.model.clock import SystemClock
from headway.model.displaced import StoreMoved
from headway.model.errors import StoreError, StorePlaceInvalid
from headway.store.acting import Act, as_note
from headway.store.moving import copying, fence, filling
from headway.store.moving.side import Side
from headway.store.moving.sides import opened
from headway.store.moving.verifying import Checked, verify
from headway.store.verbs.hold import Hold

LOOK_S: Final = 0.2
UID_BYTES: Final = 8

Say = Callable[[str], None]
"""Told what begins now: draining, copying, comparing."""


class Who(msgspec.Struct, frozen=True, kw_only=True):
    """Who does it, as it is written down in the stores."""

    by: str | None = None
    via: str = "program"

    def did(self, kind: str, **note: Any) -> Act:
        """An act of theirs."""
        return Act(kind=kind, subject="store", subject_id=None, app=None, by=self.by, via=self.via, note=as_note(note))


class Move(msgspec.Struct, frozen=True, kw_only=True):
    """How to copy."""

    who: Who = Who()

    drain_timeout_s: float = 60.0
    """So long may running jobs take to end."""
    force: bool = False
    """Then copy those that still run as interrupted: they run again in the copy."""
    preview: bool = False
    """Do not move: copy what is seen at one moment, and hold the copy."""


class Moved(msgspec.Struct, frozen=True, kw_only=True):
    """What was done."""

    source: str
    target: str
    tables: tuple[Checked, ...]
    """Compared, each the same on both sides; none when it had been done before."""
    held: bool
    """Nothing starts in the copy before `headway resume`."""


class Released(msgspec.Struct, frozen=True, kw_only=True):
    """What was opened again."""

    other: str
    """Where it was copied to; of a place that was being filled, from where."""
    was: Literal["draining", "copying", "moved", "filling"]


def move(source_place: str, target_place: str, how: Move, *, tell: copying.Tell, say: Say) -> Moved:
    """Copy a store to an empty place, and leave the old one fenced; see docs/guides/moving.md.

    Raises StoreError: jobs run that do not end in time, the target is not empty, the copy differs. Until the last step
    the source can be released; after it, nothing writes there any more.
    """
    with ExitStack() as stack:
        source = stack.enter_context(opened(source_place))
        target = stack.enter_context(opened(target_place))
        if source.store.place == target.store.place:
            msg = f"{target.store.place} is the store itself; give another place"
            raise StorePlaceInvalid(msg)
        if how.preview:
            return _preview(source, target, how, tell, say)
        return _move(source, target, how, tell, say)


def release(place: str, *, force: bool = False, who: Who | None = None) -> Released | None:
    """Open a store again that is copied, or into which a copy is written; None when there is neither.

    A source is as it was before; StoreError when it has moved, unless `force`. A place that was being filled is emptied; with
    `force` it keeps what was copied so far, for whoever has lost the source.
    """
    who = who or Who()

    def kept(state: filling.Copying) -> Act:
        return who.did("release", source=state.source, was="filling")

    def opened_again(stood: fence.Fence) -> Act:
        return who.did("release", target=stood.target, was=stood.state)

    with opened(place) as side:
        filled = filling.give_up(side, kept if force else None)
        if filled is not None:
            return Released(other=filled.source, was="filling")
        stood = fence.release(side, opened_again, force=force)
        return None if stood is None else Released(other=stood.target, was=stood.state)


def _move(source: Side, target: Side, how: Move, tell: copying.Tell, say: Say) -> Moved:
    uid, place = os.urandom(UID_BYTES).hex(), target.store.place
    stands = fence.drain(source, fence.Fence(uid=uid, target=place, since_us=0))
    if stands.target != place:
        msg = f"{source.store.place} is being copied to {stands.target}, or has moved there; give that place, or headway copy SOURCE --release"
        raise StoreError(msg)
    if stands.state == "draining":
        say("draining")
        stands, state = _close(source, target, stands, how)
    else:
        state = filling.begin(target, stands.uid, source.store.place)
    checked: tuple[Checked, ...] = ()
    if not state.done:
        checked = _copy(source, target, state, tell, say)
        filling.finish(target, state, stands.held, _arrived(source, checked, how))
    fence.say_moved(source, stands)
    return Moved(source=source.store.place, target=place, tables=checked, held=stands.held is not None)


def _close(source: Side, target: Side, stands: fence.Fence, how: Move) -> tuple[fence.Fence, filling.Copying]:
    """Close the target, wait until nothing runs, then fence the source; if that does not come about, both are as before."""
    pause, clock = threading.Event(), SystemClock()
    end = clock.monotonic() + how.drain_timeout_s
    with ExitStack() as undo:
        undo.callback(fence.release, source)
        state = filling.begin(target, stands.uid, source.store.place)
        undo.callback(filling.give_up, target)
        while fence.running(source) and clock.monotonic() < end:
            pause.wait(LOOK_S)
        closed = fence.close(source, stands, how.who.did("copy", target=target.store.place), force=how.force)
        undo.pop_all()
    return closed, state


def _preview(source: Side, target: Side, how: Move, tell: copying.Tell, say: Say) -> Moved:
    state = filling.begin(target, os.urandom(UID_BYTES).hex(), source.store.place)
    # It changes nothing in the source, but whoever has the copy has everything. One that has moved takes no note of it.
    with suppress(StoreMoved):
        source.store.call(source.store.note_act(how.who.did("copy", target=target.store.place, preview=True)))
    checked = _copy(source, target, state, tell, say)
    filling.finish(target, state, Hold(0, filling.PREVIEW_WHY), _arrived(source, checked, how))
    return Moved(source=source.store.place, target=target.store.place, tables=checked, held=True)


def _arrived(source: Side, checked: Sequence[Checked], how: Move) -> Act:
    preview = {"preview": True} if how.preview else {}
    return how.who.did("copy", source=source.store.place, rows=sum(one.rows for one in checked), **preview)


def _copy(source: Side, target: Side, state: filling.Copying, tell: copying.Tell, say: Say) -> tuple[Checked, ...]:
    with source.reading() as tx:
        say("copying")
        copying.write(source, target, tx, state, tell)
        say("comparing")
        return verify(source, target, tx, tell)
