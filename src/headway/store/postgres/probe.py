"""Whether the server is at work for a connection that has been waiting for long: asked on another line, for some seconds."""

from __future__ import annotations

import contextlib
import select
from collections.abc import Callable
from typing import TYPE_CHECKING, Final

import psycopg
from psycopg.pq import ExecStatus, TransactionStatus

from headway.store.postgres.connect import APPLICATION

if TYPE_CHECKING:
    from psycopg.pq.abc import PGconn

    from headway.store.postgres.connect import Connection
    from headway.store.postgres.place import PostgresPlace

ASK_MAX_S: Final = 2
AT_WORK: Final = (
    "SELECT EXISTS (SELECT FROM pg_stat_activity WHERE pid = %d "
    "AND (state = 'active' OR state_change > clock_timestamp() - interval '1 s'))"
)
ANSWERS: Final = "SELECT true"
"""Behind a pooler nobody knows which session is ours: any answer will do."""
YES: Final = b"t"
"""As the server writes it."""


def at_work(place: PostgresPlace, monotonic: Callable[[], float]) -> Callable[[Connection], bool]:
    """Asks in that place. No: it does not answer, or knows nothing of a statement under way, so its answer was lost."""

    def ask(waiting: Connection) -> bool:
        if waiting.info.transaction_status != TransactionStatus.ACTIVE or _has_come(waiting.fileno()):
            return True  # nothing is waited for: the time goes here
        text = AT_WORK % waiting.info.backend_pid if waiting.is_direct else ANSWERS
        try:
            line = psycopg.connect(
                place.dsn, connect_timeout=ASK_MAX_S, fallback_application_name=f"{APPLICATION} probe"
            )
            with contextlib.closing(line):
                return _answer(line.pgconn, text.encode(), monotonic)
        except (psycopg.Error, OSError):
            return False

    return ask


def _has_come(line: int) -> bool:
    return bool(select.select([line], [], [], 0)[0])


def _answer(line: PGconn, text: bytes, monotonic: Callable[[], float]) -> bool:
    """Whether it says yes, in time."""
    line.send_query(text)
    end = monotonic() + ASK_MAX_S
    while line.is_busy():
        if not select.select([line.socket], [], [], max(0.0, end - monotonic()))[0]:
            return False
        line.consume_input()
    result = line.get_result()
    return result is not None and result.status == ExecStatus.TUPLES_OK and result.get_value(0, 0) == YES
