"""The verbs of flow control: gates of queues that are set at run time, and why a job does not run."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

from headway.model.explain import Explanation, Gate
from headway.model.rate import Window
from headway.store.operation import Operation


class QueueVerbs(Protocol):
    """Sets gates of queues for all nodes; claims obey from the commit on, and what runs goes on."""

    def pause_queue(self, queue: str, *, app: str, by: str | None = None) -> Operation[bool]:
        """Let no job of the queue start until `resume_queue`; False if it was paused already, and nothing changed then."""
        ...

    def resume_queue(self, queue: str, *, app: str) -> Operation[bool]:
        """Let jobs of the queue start again; whether it was paused."""
        ...

    def size_queue(self, queue: str, size: int | None, *, app: str) -> Operation[None]:
        """Let at most so many jobs of the queue run at once, over all nodes; None for any number.

        A smaller size stops nothing that runs: nothing starts until fewer than that run.
        """
        ...

    def rate_queue(self, queue: str, rate: Window | None, *, app: str) -> Operation[None]:
        """Let never more than so many jobs of the queue start in any span of that length; None for any number.

        Starts are counted from when there is a limit; another limit goes on with what the one before remembers.
        """
        ...


class Explaining(Protocol):
    """Says of a job why it does not run."""

    def explain(
        self, id_or_ref: int | str, *, app: str | None = None, gone: Sequence[str] = ()
    ) -> Operation[Explanation | None]:
        """What keeps the job from starting, or where it stands among those that are ready; None if there is no such job.

        Nodes of the uids `gone` count for nothing: their process is known to be, and nobody has buried them yet.
        """
        ...

    def closed_queues(self, *, app: str) -> Operation[tuple[Gate, ...]]:
        """The gates that let nothing of their queue start now: pauses first, then sizes and rate limits, without when they open."""
        ...
