"""headway migrate: tables by command, and nobody else's migration where that is not wanted."""

import pytest

from headway.store.open import look
from tests.cli.stage import run
from tests.moving.stores import place_of
from tests.postgres.databases import ask


@pytest.fixture(params=["sqlite", "postgres"])
def empty(request, tmp_path):
    place = place_of(request.param, tmp_path)
    if request.param == "postgres":
        ask(tmp_path, "DROP SCHEMA headway CASCADE")
    return place


def test_tables_are_made_once(empty):
    checked = run("migrate", "--store", empty, "--check")
    assert checked.code == 1
    assert "has schema 0, and needs" in checked.out
    assert look(empty) is None
    assert run("migrate", "--store", empty, env={"HEADWAY_MIGRATE": "no"}).code == 0
    assert look(empty).schema == look(empty).schema_newest
    assert run("migrate", "--store", empty, "--check").code == 0
    assert "nothing to do" in run("migrate", "--store", empty).out


def test_the_statements_are_shown(empty):
    said = run("migrate", "--store", empty, "--sql")
    assert said.code == 0
    assert "CREATE TABLE headway_job" in said.out
    assert run("migrate", "--store", empty, "--sql", "--json").json["steps"][0]["version"] == 1
    assert look(empty) is None


def test_nobody_else_makes_tables_where_that_is_not_wanted(empty, monkeypatch):
    from headway.model.displaced import SchemaTooOld
    from headway.store.open import open_store

    monkeypatch.setenv("HEADWAY_MIGRATE", "no")
    with pytest.raises(SchemaTooOld, match="run headway migrate"):
        open_store(empty).call(None)  # the store is opened by its first use
    run("migrate", "--store", empty)
    open_store(empty).close()
