"""How PostgreSQL finds a tenant's jobs among very many others."""

from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest

from headway.model.claim import NewJob
from headway.store.open import open_store
from headway.store.postgres.dialect import POSTGRES
from headway.store.protocol import JobFilter
from headway.store.verbs.select import choose, count_sql, found_sql
from tests.postgres.databases import ask, database_of, drop_databases, tamper

OTHERS, OWN = 20_000, 40


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    folder = tmp_path_factory.mktemp("tenants")
    store = open_store(database_of(folder))
    for tenant, count in (("umbrella", OTHERS // 2), ("acme", OWN), (None, OTHERS // 2)):
        jobs = [NewJob(ref_id=f"{tenant}-{n}", name="work", payload="{}", tenant=tenant) for n in range(count)]
        store.call(store.enqueue(jobs))
    store.close()
    tamper(folder, "ANALYZE headway_job")
    yield folder
    drop_databases(folder)


@pytest.mark.parametrize("makes", [found_sql, count_sql])
def test_a_tenants_list_is_read_from_its_index(folder: Path, makes) -> None:
    chosen = choose(JobFilter(app="default", tenant="acme"), POSTGRES)
    text = makes(chosen)
    for name in ("tenant", "app", "low", "high", "limit"):
        text = text.replace(f":{name}", f"%({name})s")
    values = {**chosen.values, "low": 0, "high": 10**9, "limit": 50}
    with psycopg.connect(database_of(folder), cursor_factory=psycopg.ClientCursor) as connection:
        connection.execute("SET search_path TO headway")
        rows = connection.execute(f"EXPLAIN (ANALYZE) {text}".encode(), values).fetchall()
    plan = "\n".join(row[0] for row in rows)
    assert "headway_job_tenant" in plan
    assert "Seq Scan" not in plan


def test_jobs_of_nobody_are_not_in_the_index(folder: Path) -> None:
    (found,) = ask(folder, "SELECT count(*) FROM headway.headway_job WHERE tenant IS NOT NULL")
    (indexed,) = ask(folder, "SELECT reltuples::int FROM pg_class WHERE relname = 'headway_job_tenant'")
    assert found == indexed
