"""Where a command looks: the application, --store, the environment, the default; and what it says when nothing is there."""

import sqlite3

import pytest

from tests.cli.application import write
from tests.cli.stage import run


@pytest.fixture
def here(tmp_path, monkeypatch):
    (tmp_path / "pyproject.toml").write_text("")
    monkeypatch.chdir(tmp_path)
    for name in ("HEADWAY_STORE", "HEADWAY_URL"):
        monkeypatch.delenv(name, raising=False)
    return tmp_path


def test_a_store_that_is_not_there_is_exit_4_and_is_not_made(here):
    said = run("jobs", "list")
    assert said.code == 4
    assert said.err.splitlines() == [
        f"headway: there is no store at {here / '.headway'} (the default place)",
        "  give its place with --store or HEADWAY_STORE, or the application with --app module:name",
    ]
    assert not (here / ".headway").exists()


def test_the_environment_names_the_store(stage, here):
    stage.add()
    assert run("jobs", "counts", "--json", env={"HEADWAY_STORE": str(stage.place)}).json["total"] == 1
    assert run("jobs", "counts", "--json", env={"HEADWAY_URL": str(stage.place)}).json["total"] == 1
    assert run("jobs", "counts", env={"HEADWAY_STORE": str(here / "no")}).code == 4
    both = {"HEADWAY_STORE": str(here / "no")}
    assert run("jobs", "counts", "--store", stage.place, env=both).code == 0


def test_the_settings_file_names_the_store(stage, here):
    stage.add()
    (here / "headway.toml").write_text(f'url = "{stage.place}"\n')
    assert run("jobs", "counts", "--json").json["total"] == 1
    (here / "headway.toml").write_text('ulr = "x"\n')
    said = run("jobs", "counts")
    assert said.code == 2
    assert "did you mean 'url'?" in said.err


def test_somebody_elses_database_is_left_alone(here):
    file = here / "shop.db"
    with sqlite3.connect(file) as connection:
        connection.execute("CREATE TABLE orders (id)")
    connection.close()
    before = file.read_bytes()
    assert run("jobs", "list", "--store", f"sqlite:///{file}").code == 4
    assert file.read_bytes() == before
    assert not (here / "shop.db.headway").exists()


def test_a_file_that_is_no_database_is_exit_4(here):
    (here / "jobs").mkdir()
    (here / "jobs" / "jobs.db").write_text("not a database, but long enough to be read as one " * 100)
    said = run("jobs", "list", "--store", here / "jobs")
    assert said.code == 4
    assert len(said.err.splitlines()) == 2


def test_a_store_of_a_newer_headway_is_exit_4(stage, here):
    stage.add()
    stage.store.close()
    with sqlite3.connect(stage.place / "jobs.db") as connection:
        connection.execute("INSERT INTO headway_schema (version, applied_at, digest) VALUES (999, 0, '')")
    connection.close()
    said = run("jobs", "list", "--store", stage.place, "--json")
    assert said.code == 4
    assert said.json["error"]["kind"] == "schema_too_new"


@pytest.mark.parametrize(("place", "says"), [("redis://x", "redis:// is not a store"), ("", "")])
def test_a_place_of_another_kind_is_exit_4(here, place, says):
    said = run("jobs", "list", "--store", place)
    assert said.code == 4
    assert says in said.err


def test_the_application_brings_its_store_and_its_secrets(app):
    app.run("check", app.spec)
    assert app.process("worker", app.spec, "--exit-when-idle").code == 0
    assert app.run("jobs", "counts", "--app", app.spec, "--json").json["total"] == 0
    assert app.run("jobs", "counts", "--store", app.place, "--json").json["total"] == 0


@pytest.mark.parametrize(
    ("spec", "code", "says"),
    [
        ("no_such_module:jobs", 3, "there is no module 'no_such_module'"),
        ("{module}:job", 3, "did you mean {module}:jobs?"),
        ("{module}:other", 3, "is no Jobs"),
        ("{module}.py", 2, "write module:name, for example {module}:jobs"),
        ("broken_app:jobs", 3, "importing broken_app raised RuntimeError: not today"),
    ],
)
def test_an_application_that_cannot_be_imported_is_told_in_two_lines(app, spec, code, says):
    write(app.folder, "broken_app", "raise RuntimeError('not today')")
    said = app.run("worker", spec.format(module=app.module))
    assert said.code == code
    assert says.format(module=app.module) in said.err
    assert len(said.err.splitlines()) == 2
    assert "Traceback" not in said.err


def test_debug_shows_the_traceback(app):
    write(app.folder, "broken_too", "raise RuntimeError('not today')")
    said = app.run("worker", "broken_too:jobs", "--debug")
    assert said.code == 3
    assert "Traceback" in said.err
