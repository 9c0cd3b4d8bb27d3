"""Who keeps a server from clearing away old rows is named, by the check too."""

from pathlib import Path

import psycopg
import pytest

from headway.cli.findings import Level
from headway.cli.server_findings import SNAPSHOT_AGE_MAX_US, hindrances
from headway.store.facts import Facts, Hindrance
from headway.store.open import look
from tests.postgres.databases import database_of, drop_databases


def test_a_foreign_transaction_is_named_with_its_process(tmp_path: Path) -> None:
    url = database_of(tmp_path)
    with psycopg.connect(url, application_name="a report") as idle:
        idle.isolation_level = psycopg.IsolationLevel.REPEATABLE_READ
        idle.execute("SELECT count(*) FROM headway.headway_job")
        found = look(url)
        assert found is not None
        (one,) = found.hindrances
        assert (one.what, one.which) == ("transaction", str(idle.info.backend_pid))
        assert one.who.startswith("a report of user ")
        assert one.cure == f"SELECT pg_terminate_backend({one.which})"
        assert one.age_us is not None
        assert 0 < one.age_us < SNAPSHOT_AGE_MAX_US
        assert [finding.level for finding in hindrances(found)] == [Level.FINE], "it is young"
    drop_databases(tmp_path)


def facts(*found: Hindrance) -> Facts:
    return Facts(
        schema=1,
        schema_newest=1,
        schema_oldest=1,
        library="PostgreSQL 18.0",
        library_safe=True,
        log_bytes=0,
        free_bytes=None,
        held_us=None,
        retention=None,
        retention_us=None,
        held_why=None,
        months=(),
        sealed=(),
        broken_seals=(),
        unfit=None,
        hindrances=found,
    )


@pytest.mark.parametrize(
    ("found", "words"),
    [
        (
            Hindrance(
                what="transaction", which="4711", who="a report of user ann", age_us=3_600_000_000, cure="end 4711"
            ),
            "transaction of process 4711 (a report of user ann) is open for 1 h",
        ),
        (
            Hindrance(what="prepared transaction", which="half", who="", age_us=3_600_000_000, cure="end half"),
            "prepared transaction half is open for 1 h",
        ),
        (
            Hindrance(what="replication slot", which="left", who="", age_us=None, cure="end left", log_bytes=1 << 30),
            "nobody reads the replication slot left",
        ),
    ],
)
def test_an_old_one_is_a_warning_that_says_how_to_end_it(found: Hindrance, words: str) -> None:
    warnings = [one for one in hindrances(facts(found)) if one.level is Level.WARNING]
    (warning,) = warnings
    assert words in warning.what
    assert found.cure in warning.advice
