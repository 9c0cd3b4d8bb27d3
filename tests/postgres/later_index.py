"""A step of the schema that no transaction may hold: an index that is made beside the running work."""

from contextlib import closing
from typing import Final

from headway.store.migration import Migration
from headway.store.postgres.connect import connect
from headway.store.postgres.migrate import migrate, migrations
from headway.store.postgres.place import parse_postgres

TEXT: Final = (
    "-- works_with: {}\n-- outside_transaction\nCREATE INDEX CONCURRENTLY headway_job_later ON headway_job (name);\n"
)
MADE: Final = "SELECT count(*) FROM pg_class WHERE relname = 'headway_job_later'"


def make_index(url: str) -> int:
    """Take the step by that way; answers how many were taken."""
    known, where = migrations(), parse_postgres(url)
    newest = known[-1].version
    step = Migration(newest + 1, TEXT.format(newest))
    with closing(connect(where, what="migrate")) as connection:
        return len(migrate(connection, where, steps=(*known, step)))
