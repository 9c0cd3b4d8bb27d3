"""The reference pages list what the package has: every error, setting, variable, option, file and table."""

import dataclasses
import inspect
import os
import re
import threading
from datetime import timedelta

import pytest

import headway
from headway import Jobs
from headway.cli import worker as worker_command
from headway.client.options import CALL_CHECKS, JOB_CHECKS
from headway.client.schedule_options import ScheduleOptions
from headway.client.settings import Settings, span_of
from headway.model import errors
from headway.worker.settings import WorkerSettings
from tests.docs.pages import DOCS, ROOT, named, rows, section

REFERENCE = DOCS / "reference"
ERRORS = (REFERENCE / "errors.md").read_text(encoding="utf-8")
SETTINGS = (REFERENCE / "settings.md").read_text(encoding="utf-8")
STORE = (REFERENCE / "store.md").read_text(encoding="utf-8")
OPTIONS = (DOCS / "guides" / "options.md").read_text(encoding="utf-8")
RECURRING = (DOCS / "guides" / "recurring.md").read_text(encoding="utf-8")
SOURCE = ROOT / "src" / "headway"


def listed(page, heading):
    return [named(row[0]) for row in rows(section(page, heading))]


def exceptions(namespace):
    return {name for name, value in namespace.items() if inspect.isclass(value) and issubclass(value, BaseException)}


# -- errors ----------------------------------------------------------------------------------------------------------


EXPORTED = exceptions({name: getattr(headway, name) for name in headway.__all__})
RAISED, INSIDE = (
    listed(ERRORS, heading)
    for heading in ("## Raised where you enqueue, ask or configure", "## Raised or met inside a job")
)


def test_every_error_that_the_package_exports_is_listed_once():
    assert sorted(EXPORTED) == sorted([*RAISED, *INSIDE])


def test_every_error_of_the_model_is_exported_and_raised_somewhere():
    assert exceptions(vars(errors)) <= EXPORTED
    source = "".join(file.read_text(encoding="utf-8") for file in SOURCE.rglob("*.py") if file.name != "errors.py")
    for name in exceptions(vars(errors)) - set(INSIDE) - {"HeadwayError"}:
        assert re.search(rf"\b{name}\(\s*[^)\s]", source), f"nothing raises {name}"


def test_the_bases_of_errors_are_as_the_table_says():
    for row in rows(section(ERRORS, "## Raised where you enqueue, ask or configure")):
        kind = getattr(headway, named(row[0]))
        assert issubclass(kind, errors.HeadwayError), kind
        said = re.findall(r"`(\w+)`", row[1])
        bases = {base.__name__ for base in kind.__mro__}
        assert bases.issuperset(said), kind
        builtin = {base.__name__ for base in kind.__bases__ if base.__module__ == "builtins"} - {"Exception"}
        assert builtin.issubset(said), kind


def test_what_is_raised_inside_jobs_is_no_headway_error():
    for row in rows(section(ERRORS, "## Raised or met inside a job")):
        kind = getattr(headway, named(row[0]))
        assert not issubclass(kind, errors.HeadwayError)
        assert [named(row[1])] == [base.__name__ for base in kind.__bases__]


# -- settings --------------------------------------------------------------------------------------------------------


def shown(value):
    match value:
        case None:
            return "none"
        case timedelta():
            return value
        case _:
            return str(value)


def read(text, like):
    return span_of("page", text) if isinstance(like, timedelta) else text


def test_the_settings_of_jobs_are_as_the_page_says():
    defaults = {one.name: one.default for one in dataclasses.fields(Settings) if one.name != "worker"}
    table = {named(row[0]): (named(row[1]), named(row[2])) for row in rows(section(SETTINGS, "## Jobs"))}
    assert list(defaults) == list(table)
    for name, (default, variable) in table.items():
        assert shown(defaults[name]) == read(default, defaults[name]), name
        assert f"HEADWAY_{name.upper()}" == variable


def test_a_variable_of_the_page_sets_what_it_says(monkeypatch, tmp_path):
    monkeypatch.chdir(tmp_path)
    for row in rows(section(SETTINGS, "## Jobs")):
        monkeypatch.setenv(
            named(row[2]), {"none": str(tmp_path / "x"), "10m": "20m", "2": "3"}.get(named(row[1]), named(row[1]))
        )
    settings = Jobs().settings
    assert settings.default_timeout == timedelta(minutes=20)
    assert settings.default_retries == 3
    assert settings.url == str(tmp_path / "x")


def test_the_settings_of_a_worker_are_as_the_page_says():
    settings = WorkerSettings()
    table = {named(row[0]): row[1:3] for row in rows(section(SETTINGS, "## Worker"))}
    assert [one.name for one in dataclasses.fields(WorkerSettings)] == list(table)
    for name, (default, _) in table.items():
        if name == "children":
            assert default == "cores"
            assert settings.children == os.cpu_count()
        else:
            value = getattr(settings, name)
            assert shown(value) == read(named(default), value), name


def test_the_variables_of_a_worker_are_those_of_its_command():
    said = set(re.findall(r"HEADWAY_WORKER_\w+", section(SETTINGS, "## Worker")))
    options = {one.name for one in worker_command.command.params} - {"application", "as_json", "debug"}
    assert {f"HEADWAY_WORKER_{name.upper()}" for name in options} == said


def test_every_variable_that_the_source_names_is_listed():
    named_in_source = {
        word
        for file in SOURCE.rglob("*.py")
        for word in re.findall(r"\bHEADWAY_[A-Z_]+[A-Z]\b", file.read_text(encoding="utf-8"))
    }
    prefixes = {"HEADWAY_WORKER", "HEADWAY_DEMO"}
    assert {word for word in named_in_source - prefixes if word not in SETTINGS} == set()


# -- options ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("heading", "checks"),
    [("## Options of a job", JOB_CHECKS), ("## Options of one call", CALL_CHECKS)],
    ids=["job", "call"],
)
def test_every_option_is_listed_once(heading, checks):
    shared = listed(OPTIONS, "## Options of both")
    assert sorted(name for name, _ in checks) == sorted([*shared, *listed(OPTIONS, heading)])


def test_the_defaults_of_options_are_as_the_page_says():
    handler = Jobs("memory://").register(lambda: None, name="plain").handler
    words = {"none": (), "10 minutes": timedelta(minutes=10), "5 s": timedelta(seconds=5), "True": True, "False": False}
    for row in rows(section(OPTIONS, "## Options of both")):
        option, said = named(row[0]), row[1].strip("`")
        expected = getattr(handler, {"strict": "strict_result"}.get(option, option))
        assert words.get(said, said) in {expected, str(expected)}, option


def test_every_option_of_a_schedule_is_listed_once():
    assert sorted(ScheduleOptions.__annotations__) == sorted(listed(RECURRING, "## Options of a schedule"))


def test_the_defaults_of_a_schedules_options_are_as_the_page_says():
    jobs = Jobs("memory://")
    jobs.recurring("0 2 * * *", jobs.register(lambda: None, name="plain"))
    (made,) = jobs.registry.schedules
    words = {"none": "", "10 s": 10_000_000, "True": True, "False": False, "None": None}
    fields = {"misfire_grace": "misfire_grace_us", "misfire_age": "misfire_age_us", "start_at": "start_us"} | {
        "end_at": "end_us", "jitter": "jitter_us"
    }  # fmt: skip
    for row in rows(section(RECURRING, "## Options of a schedule")):
        option, said = named(row[0]), row[1].strip("`")
        expected = not made.job.fleeting if option == "durable" else getattr(made, fields.get(option, option))
        assert words.get(said, said) in {expected, str(expected)}, option


# -- the store -------------------------------------------------------------------------------------------------------


def test_every_table_of_the_store_is_listed_once():
    schema = "".join(
        file.read_text(encoding="utf-8") for file in sorted((SOURCE / "store/sqlite/migrations").glob("*.sql"))
    )
    made = re.findall(r"^CREATE TABLE (\w+)", schema, re.MULTILINE)
    assert sorted(made) == sorted(listed(STORE, "## Tables of the main file"))


def test_every_file_of_a_store_is_listed(tmp_path):
    listed_files = " ".join(row[0] for row in rows(section(STORE, "## Files")))
    jobs = Jobs(tmp_path / "store")
    jobs.register(lambda: None, name="nothing").enqueue()
    with headway.Worker(jobs) as worker:
        assert worker.wait_idle(10)
        jobs.store.call(jobs.store.archive(before_us=jobs.clock.now_us() + 1_000_000))
        made = {
            str(file.relative_to(tmp_path / "store"))
            for file in (tmp_path / "store").rglob("*")
            if file.is_file() or file.is_socket()
        }
    jobs.close()
    unlisted = {re.sub(r"jobs_\d{4}-\d{2}", "jobs_2026-11", re.sub(r"nodes/[\w-]+", "nodes/*", name)) for name in made}
    assert {name for name in unlisted if f"`{name}`" not in listed_files} == set()


def test_every_thread_of_an_embedded_worker_is_listed():
    table = section((DOCS / "architecture.md").read_text(encoding="utf-8"), "## Threads of an embedded worker")
    threads = [named(row[0]) for row in rows(table)]
    jobs = Jobs("memory://")
    on_thread = jobs.register(lambda: None, name="on a thread")

    @jobs.job(name="on the loop")
    async def on_loop() -> None: ...

    before = set(threading.enumerate())  # those of other tests' stores, which may be on their way to the end
    with headway.Worker(jobs):
        for ref in (on_thread.enqueue(), on_loop.enqueue()):
            ref.wait(10)
        begun = set(threading.enumerate()) - before
        alive = {thread.name for thread in begun if thread.name.startswith("headway-")}
    jobs.close()
    assert {re.sub(r"\d+$", "n", name) for name in alive} - set(threads) == set()
