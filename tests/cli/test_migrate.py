"""headway migrate: tables by command, and nobody else's migration where that is not wanted."""

import subprocess
import sys

import pytest

from headway.cli.exits import Exit
from headway.store.open import look
from tests.acceptance.later import EXPAND, compatible, later_headway, newest, with_code
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


@pytest.mark.parametrize("brings", ["compatible", "incompatible"])
def test_check_says_who_may_go_on(empty, tmp_path, brings):
    kind = "postgres" if empty.startswith("postgresql:") else "sqlite"
    run("migrate", "--store", empty)
    code = later_headway(tmp_path, {kind: [compatible(kind) if brings == "compatible" else EXPAND]})
    words = [sys.executable, "-m", "headway", "migrate", "--store", empty]
    checked = subprocess.run(
        [*words, "--check"], env=with_code(code), capture_output=True, text=True, timeout=20, check=False, cwd=tmp_path
    )
    assert checked.returncode == 1, checked.stderr
    known = newest(kind)
    first, second = checked.stdout.splitlines()
    assert first.endswith(f"has schema {known}, and needs {known + 1}: run headway migrate")
    if brings == "compatible":
        assert second == (
            f"code that knows schema {known} works on beside it: workers may go on, and be replaced one by one"
        )
    else:
        assert second == (
            f"only code that knows schema {known + 1} works with it: stop workers and programs of older code first"
        )
    subprocess.run(words, env=with_code(code), timeout=20, check=True, cwd=tmp_path, capture_output=True)
    said = run("migrate", "--store", empty, "--check")
    assert said.code == (0 if brings == "compatible" else Exit.STORE)
    checked = run("check", "--store", empty)
    assert (f"knows up to {known}, and works with it" in checked.out) is (brings == "compatible")
