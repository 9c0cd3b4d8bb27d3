"""The attempts of a job, newest first, each with its error."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from headway.store.protocol import AttemptRow
from headway.view import words
from headway.view.pages import shown
from headway.view.secrets import Masked

SHOWN_MAX: Final = 25
MESSAGE_WIDTH: Final = 300


@dataclass(frozen=True, slots=True, kw_only=True)
class Attempted:
    """One attempt, ready to be shown."""

    epoch: int
    node: str | None
    started_us: int
    finished_us: int
    took: str
    end: str
    is_good: bool
    said: str
    """Its error or reason in one line."""
    traceback: str
    is_open: bool


def attempted(attempts: Sequence[AttemptRow], masked: Masked, nodes: Mapping[str, str]) -> tuple[Attempted, ...]:
    """The newest ones; of the newest error the traceback is unfolded."""
    newest = sorted(attempts, key=lambda one: one.epoch, reverse=True)[:SHOWN_MAX]
    opened = next((one.epoch for one in newest if one.error is not None), None)
    return tuple(_attempted(one, masked, nodes, is_open=one.epoch == opened) for one in newest)


def _attempted(row: AttemptRow, masked: Masked, nodes: Mapping[str, str], *, is_open: bool) -> Attempted:
    error = row.error
    said = row.reason or row.code or ""
    if error is not None:
        said = f"{error.type}: {error.message}".rstrip(": ")
    return Attempted(
        epoch=row.epoch,
        node=None if row.node_uid is None else nodes.get(row.node_uid, row.node_uid),
        started_us=row.started_us,
        finished_us=row.finished_us,
        took=words.duration(max(0, row.finished_us - row.started_us)),
        end=row.kind.value.replace("_", " "),
        is_good=row.kind.value == "returned",
        said=words.cut(masked.text(said) or "", MESSAGE_WIDTH),
        traceback="" if error is None else shown(masked.text(error.traceback) or ""),
        is_open=is_open,
    )
