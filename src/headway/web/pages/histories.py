"""The history of a job: its steps with how long each state lasted, and the same as one bar."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType
from typing import Final

from headway.model.job import State
from headway.view import words
from headway.view.secrets import Masked
from headway.view.timeline import CANCEL, REQUEUE, Step

SHOWN_MAX: Final = 40
"""Steps that a page shows; the oldest of more are left out."""
NOTE_WIDTH: Final = 240
BAR_WIDTH: Final = 1_000
PIECE_MIN: Final = 6
"""The least width of a piece: what was short is seen too."""
HAPPENED: Final[Mapping[str, str]] = MappingProxyType({
    REQUEUE: "retried", CANCEL: "cancelled", "cancel_requested": "asked to stop", "replay": "replayed", "revise": "changed",
    "release": "given back", "reap": "given back, as its worker died", "not_revived": "not revived",
})  # fmt: skip
"""What the store writes down of a job, as it is told; everything else in its own word."""
WITH_PARENT: Final = "with "
"""How the note of a requeue begins that followed another job's."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Happened:
    """One step, ready to be shown."""

    at_us: int
    is_exact: bool
    state: State
    changes: bool
    """Whether the state became another one."""
    kind: str
    epoch: int | None
    by: str | None
    note: str
    lasted: str
    """How long until the next step."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Piece:
    """A stretch of the bar."""

    state: State
    x: float
    width: float
    title: str


@dataclass(frozen=True, slots=True, kw_only=True)
class History:
    """All steps, and the bar."""

    steps: tuple[Happened, ...]
    left_out: int
    pieces: tuple[Piece, ...]
    width: int
    whole: str
    """How long it took from the beginning to the end, or has taken."""


def history(steps: Sequence[Step], masked: Masked, nodes: Mapping[str, str], *, now_us: int) -> History:
    """From the steps of a job's timeline, oldest first; `nodes` says how workers are called."""
    is_over = steps[-1].state.is_final
    until = [*(step.at_us for step in steps[1:]), steps[-1].at_us if is_over else max(now_us, steps[-1].at_us)]
    lasted = [max(0, end - step.at_us) for step, end in zip(steps, until, strict=True)]
    told = [
        _happened(step, span, masked, nodes, is_last=step is steps[-1])
        for step, span in zip(steps, lasted, strict=True)
    ]
    return History(
        steps=tuple(told[-SHOWN_MAX:]),
        left_out=max(0, len(told) - SHOWN_MAX),
        pieces=_pieces(steps, lasted),
        width=BAR_WIDTH,
        whole=words.duration(sum(lasted)),
    )


def _happened(step: Step, lasted_us: int, masked: Masked, nodes: Mapping[str, str], *, is_last: bool) -> Happened:
    shown = "" if is_last or not lasted_us else words.duration(lasted_us)
    return Happened(
        at_us=step.at_us,
        is_exact=step.exact,
        state=step.state,
        changes=step.was is not step.state,
        kind=told(step),
        epoch=step.epoch,
        by=None if step.by is None else nodes.get(step.by, step.by),
        note=words.cut(masked.text(step.note) or "", NOTE_WIDTH),
        lasted=shown,
    )


def told(step: Step) -> str:
    """What happened, in the word of the buttons and acts: what the store calls a requeue is a retry, or a revival with a parent."""
    if step.kind == REQUEUE and (step.note or "").startswith(WITH_PARENT):
        return "revived"
    return HAPPENED.get(step.kind, step.kind.replace("_", " "))


def _pieces(steps: Sequence[Step], lasted: Sequence[int]) -> tuple[Piece, ...]:
    """Neighbours in the same state are one piece; widths are as their times, but none is too thin to be seen."""
    joined: list[tuple[State, int]] = []
    for step, span in zip(steps, lasted, strict=True):
        if step.state.is_final and not span:
            continue
        if joined and joined[-1][0] is step.state:
            joined[-1] = (step.state, joined[-1][1] + span)
        else:
            joined.append((step.state, span))
    joined = joined[-SHOWN_MAX:]
    whole = sum(span for _, span in joined) or 1
    room = BAR_WIDTH - PIECE_MIN * len(joined)
    pieces: list[Piece] = []
    x = 0.0
    for state, span in joined:
        width = PIECE_MIN + room * span / whole
        title = f"{state.value} for {words.duration(span)}"
        pieces.append(Piece(state=state, x=round(x, 1), width=round(width, 1), title=title))
        x += width
    return tuple(pieces)
