"""Whether the server is at work for a connection that has been waiting for long: asked on another line, for some seconds."""

from __future__ import annotations

import select
from collections.abc import Callable
from enum import Enum
from typing import TYPE_CHECKING, Any, Final

import psycopg
from psycopg import errors
from psycopg.conninfo import make_conninfo
from psycopg.pq import ExecStatus, TransactionStatus

from headway.store.postgres.connect import APPLICATION

if TYPE_CHECKING:
    from psycopg.pq.abc import PGconn

    from headway.store.postgres.connect import Connection
    from headway.store.postgres.place import PostgresPlace

CONNECT_MAX_S: Final = 2
ASK_MAX_S: Final = 2.5
"""With the time to connect."""
ANSWER_MIN_S: Final = 0.5
AT_WORK: Final = (
    "SELECT EXISTS (SELECT FROM pg_stat_activity WHERE pid = %d "
    "AND (state = 'active' OR state_change > clock_timestamp() - interval '2 s'))"
)
"""An answer may be under way for a moment."""
ANSWERS: Final = "SELECT true"
"""Behind a pooler nobody knows which session is ours: any answer will do."""
YES: Final = b"t"
"""As the server writes it."""


class Verdict(Enum):
    """What the server says of a connection that waits."""

    WORKS = "works"
    """It is on its statement, or nothing is waited for any more."""
    IDLE = "idle"
    """It knows of no statement: what was asked, or its answer, is lost."""
    SILENT = "silent"
    """It does not answer."""
    UNTOLD = "untold"
    """It answers, but will not say: it takes no more connections, perhaps."""


class Probe:
    """Asks, on a line that stands as long as somebody waits; used by one thread."""

    def __init__(self, place: PostgresPlace, monotonic: Callable[[], float]) -> None:
        """Remember; connect with the first question."""
        self._place = place
        self._monotonic = monotonic
        self._line: psycopg.Connection[Any] | None = None

    def ask(self, waiting: Connection) -> Verdict:
        """For `ASK_MAX_S` at most."""
        end = self._monotonic() + ASK_MAX_S
        try:
            if waiting.info.transaction_status != TransactionStatus.ACTIVE or _has_come(waiting.fileno()):
                return Verdict.WORKS  # nothing is waited for: the time goes here
            text = AT_WORK % waiting.info.backend_pid if waiting.is_direct else ANSWERS
            if self._line is None:
                self._line = self._connect(waiting)
            left_s = max(end - self._monotonic(), ANSWER_MIN_S)
            verdict = _verdict(self._line.pgconn, text.encode(), self._monotonic, left_s)
        except errors.ConnectionTimeout:
            return Verdict.SILENT
        except (psycopg.Error, OSError, ValueError):
            verdict = Verdict.UNTOLD
        if verdict in {Verdict.SILENT, Verdict.UNTOLD}:
            self.rest()
        return verdict

    def rest(self) -> None:
        """Nobody waits: close the line; idempotent."""
        line, self._line = self._line, None
        if line is not None:
            line.close()

    def _connect(self, waiting: Connection) -> psycopg.Connection[Any]:
        """To the very server that is waited for, by the same way."""
        info = waiting.info
        dsn = make_conninfo(
            self._place.dsn,
            host=info.host or None,
            hostaddr=info.hostaddr or None,
            port=info.port,
            connect_timeout=CONNECT_MAX_S,
            fallback_application_name=f"{APPLICATION} probe",
        )
        return psycopg.connect(dsn, autocommit=True)


def say(connection: Connection, text: str, monotonic: Callable[[], float]) -> None:
    """Something short, on a connection that nobody watches; raises OperationalError if no answer comes in `ASK_MAX_S`."""
    if _verdict(connection.pgconn, text.encode(), monotonic, ASK_MAX_S) in {Verdict.SILENT, Verdict.UNTOLD}:
        msg = "the server does not answer"
        raise psycopg.OperationalError(msg)


def _has_come(line: int) -> bool:
    return bool(select.select([line], [], [], 0)[0])


def _verdict(line: PGconn, text: bytes, monotonic: Callable[[], float], max_s: float) -> Verdict:
    line.send_query(text)
    end = monotonic() + max_s
    result = None
    while True:
        while line.is_busy():
            if not select.select([line.socket], [], [], max(0.0, end - monotonic()))[0]:
                return Verdict.SILENT
            line.consume_input()
        one = line.get_result()
        if one is None:
            break
        result = one
    if result is None or result.status != ExecStatus.TUPLES_OK:
        return Verdict.UNTOLD
    return Verdict.WORKS if result.get_value(0, 0) == YES else Verdict.IDLE
