"""What people did, for programs and for people."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

from headway.store.acting import ActRow
from headway.view import words
from headway.view.records import Record, parsed
from headway.view.tables import NAME_WIDTH, NOTE_WIDTH, Column, Table

COLUMNS: Final = (
    Column(title="id", right=True),
    Column(title="when"),
    Column(title="who"),
    Column(title="did"),
    Column(title="to"),
    Column(title="app"),
    Column(title="by way of"),
    Column(title="note"),
)


def record(row: ActRow) -> Record:
    """One act."""
    act = row.act
    return {
        "id": row.id,
        "at": words.utc(row.at_us),
        "by": act.by,
        "kind": act.kind,
        "subject": act.subject,
        "subject_id": act.subject_id,
        "app": act.app,
        "via": act.via,
        "note": parsed(act.note),
    }


def table(found: Sequence[ActRow], *, now_us: int, more: bool) -> Table:
    """Acts as people read them."""
    foot = words.count(len(found), "act")
    if more:
        foot += f"; older ones: --before {found[-1].id}"
    return Table(columns=COLUMNS, rows=tuple(_row(row, now_us) for row in found), foot=foot)


def _row(row: ActRow, now_us: int) -> tuple[str, ...]:
    act = row.act
    subject = act.subject if act.subject_id is None else f"{act.subject} {act.subject_id}"
    return (
        str(row.id),
        words.age(row.at_us, now_us),
        words.cut(act.by or "", NAME_WIDTH),
        act.kind.replace("_", " "),
        words.cut(subject, NAME_WIDTH),
        words.cut(act.app or "", NAME_WIDTH),
        act.via,
        words.cut(note(parsed(act.note)), NOTE_WIDTH),
    )


def note(value: Any) -> str:
    """A note in a line: its facts by name."""
    if value is None:
        return ""
    if not isinstance(value, dict):
        return str(value)
    return ", ".join(f"{name} {_word(one)}" for name, one in value.items() if one not in (None, [], {}))


def _word(value: Any) -> str:
    if isinstance(value, dict):
        return f"({note(value)})"
    if isinstance(value, list):
        return " ".join(map(_word, value))
    if isinstance(value, bool):
        return "yes" if value else "no"
    return str(value)
