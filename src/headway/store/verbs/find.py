"""Finding one job by its id or its ref_id, and reading its row."""

from __future__ import annotations

from typing import Any, Final

import msgspec

from headway.model.job import JobRow, State
from headway.model.rate import Window
from headway.model.terms import limit_of
from headway.model.tie import Tie
from headway.store.verbs.transaction import Transaction

COLUMNS: Final = (
    "j.id, j.app, j.ref_id, j.name, j.queue, j.state, j.priority, j.created_at, j.due_at, j.started_at, j.finished_at, "
    "j.expires_at, j.epoch, j.tries, j.crashes, j.retries, j.node_id, j.code, j.reason, j.cancel_at, j.cancel_by, "
    "j.blocked, j.parents_left, j.suspect, j.tags, j.created_by, j.user_id, j.batch_id, j.reply_to, j.parent_id, "
    "p.fraction, p.message, p.status, j.archived, j.has_dependants, j.parents, j.pruned, "
    "j.lane, j.key, j.key_terms, j.unique_key, j.batch, j.condition, j.callback_of, j.replay_of, j.ties, "
    "CASE WHEN j.key_terms >= 1024 "
    "THEN (SELECT '[' || starts || ',' || span || ']' FROM headway_rate WHERE id = j.key_terms / 1024) END, j.tenant"
)
"""What `job_row` reads, in its order; what it leaves out is for the verbs."""
FROM: Final = "FROM headway_job AS j LEFT JOIN headway_progress AS p ON p.job_id = j.id"

_decode_rate = msgspec.json.Decoder(Window).decode
_decode_tags = msgspec.json.Decoder(tuple[str, ...]).decode


def find(tx: Transaction, id_or_ref: int | str, app: str | None) -> tuple[Any, ...] | None:
    """The job's columns, or None; a text of digits is an id (ref_ids never look like integers)."""
    text = str(id_or_ref)
    if not text.isascii() and not is_storable(text):
        return None
    if isinstance(id_or_ref, int) or text.isdecimal():
        number = int(id_or_ref)
        if number > ID_MAX:
            return None
        where, value = "j.id = :key", number
    else:
        where, value = "j.ref_id = :key", text  # type: ignore[assignment]
    sql = f"SELECT {COLUMNS} {FROM} WHERE {where} AND (:app IS NULL OR j.app = :app) LIMIT 1"
    if where.startswith("j.ref_id") and app is not None:
        sql = sql.replace("(:app IS NULL OR j.app = :app)", "j.app = :app")  # so that the unique index serves
    rows = tx.query(sql, {"key": value, "app": app})
    return rows[0] if rows else None


ID_MAX: Final = 2**63 - 1


def is_storable(text: str) -> bool:
    """Whether a store could have it: half of a surrogate pair is no character, and no database takes it."""
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True


def job_row(row: tuple[Any, ...]) -> JobRow:
    """The columns as a value."""
    return JobRow(
        id=row[0],
        app=row[1],
        ref_id=row[2],
        name=row[3],
        queue=row[4],
        state=State(row[5]),
        priority=row[6],
        created_us=row[7],
        due_us=row[8],
        started_us=row[9],
        finished_us=row[10],
        expires_us=row[11],
        epoch=row[12],
        tries=row[13],
        crashes=row[14],
        retries=row[15],
        node_id=row[16],
        code=row[17],
        reason=row[18],
        cancel_us=row[19],
        cancel_by=row[20],
        blocked=row[21],
        parents_left=row[22],
        suspect=row[23],
        tags=() if row[24] is None else _decode_tags(row[24]),
        created_by=row[25],
        user_id=row[26],
        batch_id=row[27],
        reply_to=row[28],
        parent_id=row[29],
        fraction=row[30],
        message=row[31],
        status=row[32],
        archived=bool(row[33]),
        lane=row[37],
        key=row[38],
        key_limit=None if row[39] is None else limit_of(row[39]),
        unique_key=row[40],
        batch=row[41],
        condition=row[42],
        has_callback=bool(row[45] & Tie.CALLBACK),
        callback_of=row[43],
        replay_of=row[44],
        key_rate=None if row[46] is None else _decode_rate(row[46]),
        tenant=row[47],
    )
