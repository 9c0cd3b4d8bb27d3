"""A store of the first schema is opened by this code: nothing is lost, and what is looked for by new columns is found."""

import sqlite3
from contextlib import closing
from pathlib import Path

from headway.model.sort import read_sort
from headway.store.open import open_store
from headway.store.protocol import JobFilter, Kept
from headway.store.sqlite.migrate import migrations, schema_version, statements

INSERT_JOB = """
INSERT INTO headway_job (id, app, ref_id, name, queue, state, due_at, created_at, finished_at, retries, archived, reply_to)
VALUES (?, 'default', ?, 'work', 'default', ?, 5, 5, ?, 2, ?, ?)
"""
EXTRAS = {
    1: '{"args":{"customer":17,"city":"Rome","paid":true,"share":1.5,"none":null,"list":[1],"long":"'
    + "x" * 501
    + '"}}',
    2: '{"traceparent":"00-1"}',
    3: None,
}


def first_schema(folder: Path) -> None:
    folder.mkdir()
    with closing(sqlite3.connect(folder / "jobs.db")) as made:
        for statement in statements(migrations()[0].text):
            made.execute(statement)
        made.execute("INSERT INTO headway_schema VALUES (1, 0, '')")
        for job, state, finished, archived, reply in (
            (1, "queued", None, 0, None),
            (2, "failed", 9, 0, "mailto:ann"),
            (3, "completed", 8, 0, None),
            (4, "completed", 7, 1, "mailto:ann"),
        ):
            made.execute(INSERT_JOB, (job, f"r-{job}", state, finished, archived, reply))
        for job, extras in EXTRAS.items():
            made.execute("INSERT INTO headway_body (job_id, payload, extras) VALUES (?, '{}', ?)", (job, extras))
        made.commit()


def test_jobs_of_the_first_schema_are_there_and_found(tmp_path: Path) -> None:
    first_schema(tmp_path / "store")
    store = open_store(str(tmp_path / "store"))
    try:
        reader = store.reader

        def found(where: JobFilter, sort: str = "-created") -> list[int]:
            return [row.id for row in reader.call(reader.page(where, sort=read_sort(sort))).rows]

        assert found(JobFilter(), "ended") == [4, 3, 2, 1]
        facts = [("customer", "17"), ("city", "Rome"), ("paid", "true"), ("share", "1.5"), ("none", "null")]
        for fact in facts:
            assert found(JobFilter(facts=(fact,))) == [1], fact
        assert found(JobFilter(facts=tuple(facts))) == [1]
        for fact in (("list", "[1]"), ("long", "x" * 501), ("traceparent", "00-1")):
            assert found(JobFilter(facts=(fact,))) == []
        assert found(JobFilter(reply_to="mailto:ann")) == [4, 2]
        assert {reader.call(reader.detail(job)).kept for job in (1, 2, 3, 4)} == {Kept.ALL}  # type: ignore[union-attr]
        assert store.call(store.archive(before_us=9)) == 1
        with closing(sqlite3.connect(tmp_path / "store" / "jobs.db")) as connection:
            assert schema_version(connection) == migrations()[-1].version
    finally:
        store.close()
