"""The worker command in a process of its own, on a store that this test fills and reads."""

import json
import signal
import subprocess
import time
from contextlib import closing, contextmanager
from datetime import timedelta

import click
import pytest

from faults.tree import kill_tree
from headway.cli.exits import UsageInvalid
from headway.cli.main import root
from headway.cli.worker import command, read_queues, worker_options
from headway.cli.worker_settings import merged
from headway.model.claim import NewJob
from headway.model.job import State
from headway.store.open import open_store
from headway.store.protocol import JobFilter
from headway.worker.options import settings_of
from headway.worker.settings import WorkerSettings
from tests.cli.application import LIMIT_S, write


def enqueue(app, count, **given):
    store = open_store(str(app.place))
    new = [NewJob(ref_id=f"r-{n}", name=given.get("name", "greet"), payload='{"name": "ann"}') for n in range(count)]
    store.call(store.enqueue(new))
    return store


def states(store):
    return [row.state for row in store.reader.call(store.reader.page(JobFilter())).rows]


def test_exit_when_idle_runs_what_is_due_and_exits_0(app):
    store = enqueue(app, 5)
    said = app.process("worker", app.spec, "--exit-when-idle", "--queue", "default=2")
    assert said.code == 0, said.err
    assert states(store) == [State.COMPLETED] * 5
    store.close()
    for part in (
        f"store     {app.place}",
        "default (2 at once)",
        "4 handlers: greet, agreet, parent and 1 more",
        "worker stopped",
    ):
        assert part in said.out


def test_with_json_every_line_of_the_log_is_an_object(app):
    enqueue(app, 1).close()
    said = app.process("worker", app.spec, "--exit-when-idle", "--json")
    records = [json.loads(line) for line in said.lines]
    assert {"at", "level", "logger", "message"} <= set(records[0])


def test_options_come_from_the_environment_too(app):
    said = app.process("worker", app.spec, HEADWAY_WORKER_EXIT_WHEN_IDLE="1", HEADWAY_WORKER_CONCURRENCY="3")
    assert said.code == 0
    assert "at once   3" in said.out


def test_the_settings_file_is_beaten_by_the_environment_and_that_by_the_command_line(app):
    (app.folder / "headway.toml").write_text(
        "[worker]\nexit_when_idle = true\nconcurrency = 2\nqueues = { mail = 2 }\nshutdown_timeout = '5s'\n"
    )
    from_file = app.process("worker", app.spec)
    assert from_file.code == 0, from_file.err
    assert "at once   2" in from_file.out
    assert "mail (2 at once)" in from_file.out
    assert "at once   3" in app.process("worker", app.spec, HEADWAY_WORKER_CONCURRENCY="3").out
    assert "at once   4" in app.process("worker", app.spec, "--concurrency", 4, HEADWAY_WORKER_CONCURRENCY="3").out


@pytest.mark.parametrize(
    ("table", "environment", "says"),
    [
        ("concurency = 2", {}, "did you mean concurrency?"),
        ("concurrency = 'many'", {}, "worker.concurrency"),
        ("shutdown_timeout = 30", {}, "worker.shutdown_timeout"),
        ("", {"HEADWAY_WORKER_CONCURENCY": "2"}, "did you mean HEADWAY_WORKER_CONCURRENCY?"),
    ],
)
def test_a_misspelt_or_wrong_setting_stops_the_start(app, table, environment, says):
    (app.folder / "headway.toml").write_text(f"[worker]\n{table}\n")
    said = app.process("worker", app.spec, "--exit-when-idle", **environment)
    assert said.code == 2
    assert says in said.err


def test_leases_and_ages_are_set_on_the_command_line_in_the_environment_and_in_the_file(app):
    def chosen(*words, table=None):
        parent = click.Context(root, **root.context_settings)
        context = command.make_context("worker", [app.spec, *words], parent=parent)
        return settings_of(worker_options(merged(context, context.params, table or {})))

    settings = chosen("--lease", "60s", "--archive-after", "none", "--keep-completed", "90d", "--keep-failed", "1w")
    assert (settings.lease, settings.beat) == (timedelta(seconds=60), timedelta(seconds=10))
    assert settings.archive_after is None
    assert (settings.keep_completed, settings.keep_failed) == (timedelta(days=90), timedelta(days=7))
    settings = chosen("--keep-failed", "none", table={"keep_failed": "1w", "archive_after": "2h", "lease": "90s"})
    assert (settings.keep_failed, settings.archive_after) == (None, timedelta(hours=2))
    assert settings.lease == timedelta(seconds=90)
    assert chosen() == WorkerSettings()


def test_a_lease_comes_from_the_environment_too(app):
    said = app.process("worker", app.spec, "--exit-when-idle", HEADWAY_WORKER_LEASE="soon")
    assert said.code == 2
    assert "90s" in said.err
    assert app.process("worker", app.spec, "--exit-when-idle", HEADWAY_WORKER_LEASE="9s").code == 0


def test_a_worker_on_a_held_store_says_what_to_do_and_starts_nothing(app):
    store = enqueue(app, 1)
    store.call(store.hold_claims())
    said = app.process("worker", app.spec, "--exit-when-idle", "--processes", 0)
    assert said.code == 0
    assert said.out.count("the store is held") == 1
    assert f"headway resume --store {app.place}" in said.out
    assert states(store) == [State.QUEUED]
    store.close()


SLOW = """
import threading
from headway.client.jobs import Jobs
jobs = Jobs({place!r})

@jobs.job(name="greet")
def greet(name: str) -> None:
    open("started", "w").close()
    threading.Event().wait({seconds})
"""


@contextmanager
def slow_worker(app, seconds):
    """A worker whose one job has begun to run; whatever happens, it is gone afterwards."""
    slow = write(app.folder, f"{app.module}_slow", SLOW.replace("{seconds}", str(seconds)))
    enqueue(slow, 1).close()
    with slow.start("worker", slow.spec, "--shutdown-timeout", "10s") as process:
        try:
            wait_for(app.folder / "started", process)
            yield slow, process
        finally:
            process.kill()


def wait_for(file, process):
    end = time.monotonic() + LIMIT_S
    while not file.exists():
        assert time.monotonic() < end
        with pytest.raises(subprocess.TimeoutExpired):
            process.wait(0.05)


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_signal_lets_running_jobs_finish_and_is_exit_0(app, number):
    with slow_worker(app, 0.5) as (slow, process):
        process.send_signal(number)
        process.communicate(timeout=LIMIT_S)
        assert process.returncode == 0
    store = open_store(str(slow.place))
    assert states(store) == [State.COMPLETED]
    store.close()


def test_a_second_signal_stops_at_once_with_code_5(app):
    with slow_worker(app, 60) as (_, process):
        # Two different ones: two equal signals may reach a process as one.
        process.send_signal(signal.SIGTERM)
        process.send_signal(signal.SIGINT)
        process.communicate(timeout=LIMIT_S)
        assert process.returncode == 5


def test_queues_are_read_with_and_without_limits():
    assert read_queues(("mail=8", "reports"), 3) == {"mail": 8, "reports": 3}


@pytest.mark.parametrize("queues", [("mail=0",), ("mail=x",), ("=3",), ("mail=1", "mail=2")])
def test_queues_that_make_no_sense_are_refused(queues):
    with pytest.raises(UsageInvalid):
        read_queues(queues, None)


def test_a_killed_worker_is_gone_at_once_though_no_other_buries_it(app):
    with slow_worker(app, 60) as (slow, process):
        kill_tree(process.pid)
        process.wait(LIMIT_S)
        place = ("--store", slow.place)
        nodes = slow.run("nodes", "--json", *place)
        assert nodes.code == 1
        (node,) = nodes.json["nodes"]
        assert (node["state"], node["pid"], node["running"]) == ("gone", process.pid, 1)
        shown = slow.run("nodes", *place).out
        assert "gone" in shown
        assert "1 node, 0 active" in shown

        with closing(enqueue(slow, 2)):
            pass
        explained = slow.run("jobs", "explain", "r-1", *place)
        assert "no worker is running" in explained.out
        check = slow.run("check", slow.spec, "--json")
        assert check.code == 1
        said = {finding["what"]: finding for finding in check.json["findings"] if finding["topic"] == "workers"}
        killed = next(what for what in said if what.startswith(f"node {node['id']} (process {process.pid} on "))
        assert "is gone, its last beat " in killed
        assert killed.endswith("1 job that it ran not given back")
        assert said[killed]["advice"].endswith(f"headway worker {slow.spec}")
        assert "0 nodes active" in said
        assert any(one["advice"].startswith(f"start one: headway worker {slow.spec} --queue ") for one in said.values())


TALKING = """
import logging
from headway.client.jobs import Jobs

jobs = Jobs({place!r})
log = logging.getLogger("shop.mail")

@jobs.job(name="greet", takes_context=True{options})
def greet(ctx, name: str) -> None:
    log.warning("no ink for %s", name)
    ctx.log.warning("no paper")
"""
SET_UP = 'logging.basicConfig(format="of its own: %(message)s")'


def talking(app, options="", after=""):
    made = write(app.folder, f"{app.module}_talks", TALKING.replace("{options}", options) + after)
    enqueue(made, 1).close()
    return made


@pytest.mark.parametrize("processes", [0, 1])
@pytest.mark.parametrize("options", ["", ', run_in="process"'])
class TestLinesOfBodies:
    """What a body logs by the means of the language, in the log of its worker."""

    def test_stand_there_as_json_with_their_job(self, app, options, processes):
        made = talking(app, options)
        done = made.process(
            "worker", made.spec, "--exit-when-idle", "--log-format", "json", "--processes", str(processes)
        )
        assert (done.code, done.err) == (0, "")
        said = [json.loads(line) for line in done.lines]
        mine = [(one["logger"], one["message"], one["job_name"]) for one in said if one.get("job_id") == 1]
        assert mine == [("shop.mail", "no ink for ann", "greet"), ("headway.job.greet", "no paper", "greet")]

    def test_stand_there_as_text_with_their_job(self, app, options, processes):
        made = talking(app, options)
        done = made.process("worker", made.spec, "--exit-when-idle", "--processes", str(processes))
        assert (done.code, done.err) == (0, "")
        said = [line.partition(" WARNING ")[2] for line in done.lines if " WARNING " in line]
        assert said == ["shop.mail: job 1 greet: no ink for ann", "headway.job.greet: job 1: no paper"]


def test_an_application_that_sets_up_its_logging_keeps_its_format(app):
    made = talking(app, after=SET_UP)
    done = made.process("worker", made.spec, "--exit-when-idle", "--log-format", "json", "--processes", "1")
    assert done.code == 0
    assert done.err.splitlines() == ["of its own: no ink for ann", "of its own: no paper"]
    assert [line for line in done.lines if "no ink" in line] == []
