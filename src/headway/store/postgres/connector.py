"""Who opens the writing connection, how long it tries, and who it is that answers."""

from __future__ import annotations

import random
import threading
from typing import TYPE_CHECKING, Any, Final

import psycopg

from headway.model.errors import StoreError, StoreUnavailable
from headway.store.postgres.connect import Connection, is_lost, translated
from headway.store.postgres.migrate import migrate
from headway.store.postgres.statements import ours

if TYPE_CHECKING:
    from headway.store.postgres.deadline import Deadline
    from headway.store.postgres.place import PostgresPlace

PAUSES_S: Final = (0.0, 0.05, 0.1, 0.2, 0.4, *(0.5,) * 8)
"""Between tries to connect. Then whoever waits is told, and the next operation tries anew."""
CONNECTING_MAX_S: Final = 8.0
"""No try begins later. Where nothing answers at all, neither yes nor no, there is one try."""

OPENINGS_MAX: Final = 3
"""How often the schema is looked at again because the connection was lost."""

SYSTEM: Final = "SELECT system_identifier::text FROM pg_control_system()"
TIMELINE: Final = (
    "CASE WHEN pg_is_in_recovery() THEN '' ELSE substr(pg_walfile_name(pg_current_wal_insert_lsn()), 1, 8) END"
)
"""As an expression: which line of history is being written; a promoted standby begins a new one. Nothing on a standby."""
UNTOLD: Final = "'-'"
"""Instead, on a server that does not tell."""


class Connector:
    """Connects the writer."""

    def __init__(self, place: PostgresPlace, clock: Any, deadline: Deadline, *, migrate: bool | None) -> None:
        """Remember; `deadline` watches its waits, and `migrate` says whether tables may be changed."""
        self._deadline = deadline
        self._migrate = migrate
        self._place = place
        self._clock = clock
        self._pause = threading.Event()
        self.system = ""
        """Which server answered last, whatever line of history it writes."""
        self.timeline = UNTOLD
        """The expression that tells that line."""

    def connect(self) -> Connection:
        """Try for some seconds; then whoever waits is told."""
        refused: StoreError | None = None
        end = self._clock.monotonic() + CONNECTING_MAX_S
        for pause in PAUSES_S:
            if pause:
                self._pause.wait(pause * (1 + random.random()))  # noqa: S311 - jitter
            if refused is not None and self._clock.monotonic() > end:
                break
            try:
                connection = self._deadline.connect(self._place, what="writer")
                self._recognise(connection)
            except StoreUnavailable as error:
                refused = error
                if self._deadline.is_silent():
                    raise
            else:
                return connection
        assert refused is not None
        raise refused

    def migrated(self) -> Connection:
        """The first connection, with the schema brought up to date; done again where it is lost meanwhile."""
        try:
            return self._migrated()
        except BaseException:
            self._deadline.close()  # nobody will close a store that did not open
            raise

    def _migrated(self) -> Connection:
        tries = 0
        while True:
            connection = self.connect()
            try:
                with translated(self._place):
                    migrate(connection, self._place, allowed=self._migrate)
            except StoreUnavailable as error:
                connection.close()
                tries += 1
                if tries > OPENINGS_MAX or not is_lost(error.__cause__ or error):
                    raise
            else:
                return connection

    def _recognise(self, connection: Connection) -> None:
        with translated(self._place):
            connection.recognise()
            self.system = connection.execute(SYSTEM).fetchall()[0][0]
            try:
                connection.execute(ours(f"SELECT {TIMELINE}"))
                self.timeline = TIMELINE
            except (psycopg.ProgrammingError, psycopg.NotSupportedError):
                self.timeline = UNTOLD
