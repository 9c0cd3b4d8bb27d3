"""A standby of a server of the tests' own, which follows it, and takes its place when it is told."""

import contextlib
from collections.abc import Iterator
from urllib.parse import urlsplit

import psycopg

from tests.postgres.binaries import call
from tests.postgres.server import FAST, HOST, PostgresServer, made

BASE = ("--wal-method=stream", "--write-recovery-conf", "--checkpoint=fast", "--no-sync")


class Standby(PostgresServer):
    """Follows another server, as of its own folder."""

    def follow(self, other: PostgresServer) -> None:
        """Lay out its data as a copy of the other's, that goes on from there."""
        self.password = other.password
        self._url = urlsplit(f"postgresql://postgres:{self.password}@{HOST}:{self.port}/postgres")
        source = f"host={HOST} port={other.port} user=postgres password={other.password}"
        call(self.programs / "pg_basebackup", "-D", self.data, "-d", source, *BASE)

    def lose_touch(self) -> None:
        """Hear nothing more of the other: what is committed there from now on is not known here."""
        with psycopg.connect(self.url("postgres"), autocommit=True) as connection:
            connection.execute("ALTER SYSTEM SET primary_conninfo = ''")
            connection.execute("SELECT pg_reload_conf()")
            while connection.execute("SELECT count(*) FROM pg_stat_wal_receiver").fetchall() != [(0,)]:
                connection.execute("SELECT pg_sleep(0.02)")

    def promote(self) -> None:
        """Take writes from now on, in a line of history of its own."""
        self.run("SELECT pg_promote()")


@contextlib.contextmanager
def standby_of(other: PostgresServer, *, settings: tuple[str, ...] = FAST) -> Iterator[Standby]:
    """One that follows the other inside the block."""
    with made(Standby, other.programs, settings=settings) as one:
        one.follow(other)
        one.start()
        yield one


def both(first: PostgresServer, second: PostgresServer, database: str) -> str:
    """The URL by which clients reach whichever of them takes writes."""
    secret = f"postgres:{first.password}"
    hosts = f"{HOST}:{first.port},{HOST}:{second.port}"
    return f"postgresql://{secret}@{hosts}/{database}?target_session_attrs=read-write"
