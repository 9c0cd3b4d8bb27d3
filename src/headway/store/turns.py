"""Turns on named workers that are not jobs: runs that nothing is stored of but that they wait, and then that they run."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

import msgspec

from headway.model.transient import TransientRun
from headway.store.operation import Operation


class Turn(msgspec.Struct, frozen=True):
    """A place in the line of a named worker."""

    id: int
    runs: bool
    """It is its turn: nothing else of the named worker runs until the turn has ended."""


class Stopped(msgspec.Struct, frozen=True):
    """What was asked to stop."""

    jobs: tuple[int, ...]
    runs: tuple[TransientRun, ...]


class Turns(Protocol):
    """The part of a store that lets runs which are not jobs share a named worker with jobs."""

    def ask_turn(self, node_id: int, lane: str, *, app: str, name: str = "") -> Operation[Turn | None]:
        """Line up behind every job and turn that is there now; None when the node is not active any more.

        `name` is the handler that will run, for people.

        The turn is the node's: it ends when the node leaves or is reaped. Whoever starts a turn rings the listeners.
        """
        ...

    def turns(self, ids: Sequence[int]) -> Operation[dict[int, bool]]:
        """Which of these turns there are, and whether it is their turn; for the reading half to run."""
        ...

    def end_turn(self, turn_id: int) -> Operation[bool]:
        """The run has ended, or does not want to run any more; False when the turn was taken away before."""
        ...

    def turns_to_stop(self, ids: Sequence[int]) -> Operation[dict[int, str | None]]:
        """Which of these turns are asked to stop, and by whom; for the reading half to run."""
        ...

    def stop_lane(self, lane: str, *, app: str | None, by: str | None = None) -> Operation[Stopped]:
        """Ask for the end of what runs on a named worker (of every app, if None): of a job as `cancel` does, of a turn so that
        its process sees it (`turns_to_stop`), for which the listeners are rung.
        """
        ...
