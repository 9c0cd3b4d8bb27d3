"""The stand-alone worker with hooks: a supervisor without user code, told ends in a host, and start-up that may fail."""

import subprocess
import time
from contextlib import contextmanager

import pytest

from headway.model.claim import NewJob
from headway.model.job import State
from headway.store.open import open_store
from tests.cli.application import LIMIT_S, write

SOURCE = """
import os
import threading
from datetime import timedelta
from pathlib import Path
from headway import Context, Jobs

FOLDER = Path(__file__).parent
jobs = Jobs({place!r}, result_max_bytes=20)

def write(name, text):
    with (FOLDER / name).open("a") as file:
        file.write(text + "\\n")

@jobs.on_startup(priority=1)
async def connect():
    write("started", f"{{os.getpid()}}")

@jobs.on_failure
async def failed(event):
    write("told", f"failed {{event.name}} {{event.code}} {{event.error_type}} {{event.attempt}} {{os.getpid()}}")

@jobs.on_cancel
def cancelled(event):
    write("told", f"cancelled {{event.name}} {{event.code}} {{event.error_type}} {{event.attempt}} {{os.getpid()}}")

@jobs.on_retry
def retried(event):
    write("told", f"retrying {{event.name}} {{event.code}} {{event.error_type}} {{event.attempt}} {{os.getpid()}}")

@jobs.job(name="broken", backoff=lambda failures: timedelta(0))
def broken() -> None:
    raise ValueError("no")

@jobs.job(name="slow", timeout=timedelta(seconds=0.2))
def slow() -> None:
    threading.Event().wait(5)

@jobs.job(name="dies", run_in="process", on_interrupt="fail")
def dies() -> None:
    os._exit(1)

@jobs.job(name="number")
def number(n: int) -> int:
    return n

@jobs.job(name="total", run_in="process")
def total() -> int:
    return sum(parent.result for parent in Context.current().parents)

@jobs.job(name="talks", run_in="process")
def talks() -> str:
    return "more than twenty bytes of it"

@jobs.job(name="grows")
def grows() -> None:
    jobs.register(lambda: 7, name="late")

@jobs.job(name="plugs")
def plugs() -> None:
    import late_plugin

@jobs.job(name="crashes")
def crashes() -> None:
    os._exit(9)
"""
PLUGIN = """
from MODULE import jobs

@jobs.job(name="plugged", run_in="process")
def plugged() -> str:
    return "in a child"

@jobs.job(name="plain")
def plain() -> str:
    return "in a host"
"""


@pytest.fixture
def shop(tmp_path):
    return write(tmp_path, f"shop_{abs(hash(tmp_path))}", SOURCE)


def enqueue(shop, *jobs):
    """Store (name, options) and answer the ids; a worker runs them later."""
    store = open_store(str(shop.place))
    new = [
        NewJob(ref_id=f"{name}-{n}", name=name, payload=options.pop("payload", "{}"), **options)
        for n, (name, options) in enumerate(jobs)
    ]
    ids = [one.id for one in store.call(store.enqueue(new))]
    store.close()
    return ids


def detail(shop, id_):
    store = open_store(str(shop.place))
    found = store.reader.call(store.reader.detail(id_))
    store.close()
    return found


def lines(shop, name):
    file = shop.folder / name
    return [line.split() for line in file.read_text().splitlines()] if file.exists() else []


@contextmanager
def running(shop, *words):
    """A worker that is stopped at the end."""
    with shop.start("worker", shop.spec, *words) as process:
        try:
            yield process
        finally:
            process.terminate()
            process.communicate(timeout=LIMIT_S)


def wait_until(holds, process):
    end = time.monotonic() + LIMIT_S
    while not holds():
        assert time.monotonic() < end
        with pytest.raises(subprocess.TimeoutExpired):
            process.wait(0.05)


def test_hooks_are_told_in_a_host_that_ran_the_start_up_hooks(shop):
    enqueue(shop, ("broken", {"retries": 1}), ("slow", {"retries": 0}), ("dies", {"interrupt_fails": True}))
    said = shop.process("worker", shop.spec, "--exit-when-idle", "--processes", 1)
    assert said.code == 0, said.err
    ((host,),) = lines(shop, "started")
    assert sorted(lines(shop, "told")) == [
        ["failed", "broken", "None", "ValueError", "2", host],
        ["failed", "dies", "interrupted", "ProcessDied", "1", host],
        ["failed", "slow", "timeout", "None", "1", host],
        ["retrying", "broken", "None", "ValueError", "1", host],
    ]


def test_every_host_runs_the_start_up_hooks(shop):
    with running(shop, "--processes", 2, "--concurrency", 2) as process:
        wait_until(lambda: len(lines(shop, "started")) == 2, process)


@pytest.mark.parametrize("processes", [0, 1])
def test_a_start_up_hook_that_raises_ends_the_worker_with_code_3_before_it_claims(shop, processes):
    (id_,) = enqueue(shop, ("number", {"payload": '{"n": 1}'}))
    hook = "\n@jobs.on_startup()\ndef no_pool():\n    raise ConnectionError('no pool')\n"
    (shop.folder / f"{shop.module}.py").write_text(SOURCE.format(place=str(shop.place)) + hook)
    said = shop.process("worker", shop.spec, "--exit-when-idle", "--processes", processes)
    assert said.code == 3
    assert "on_startup hook no_pool failed: ConnectionError: no pool" in said.err
    assert "no job was claimed" in said.err
    assert detail(shop, id_).row.state is State.QUEUED


def test_a_job_in_a_child_process_sees_its_parents_and_its_result_keeps_the_application_s_limit(shop):
    one, two = enqueue(shop, ("number", {"payload": '{"n": 3}'}), ("number", {"payload": '{"n": 4}'}))
    store = open_store(str(shop.place))
    new = [
        NewJob(ref_id="total", name="total", payload="{}", depends_on=(one, two)),
        NewJob(ref_id="talks", name="talks", payload="{}"),
    ]
    total, talks = (job.id for job in store.call(store.enqueue(new)))
    store.close()
    said = shop.process("worker", shop.spec, "--exit-when-idle", "--processes", 1)
    assert said.code == 0, said.err
    assert detail(shop, total).result == "7"
    assert (detail(shop, talks).row.code, detail(shop, talks).result) == ("result_omitted", None)


@pytest.mark.parametrize("processes", [0, 1])
def test_a_handler_registered_while_the_worker_runs_is_claimed_too(shop, processes):
    late, _ = enqueue(shop, ("late", {}), ("grows", {"delay_us": 300_000}))
    with running(shop, "--processes", processes) as process:
        store = open_store(str(shop.place))
        wait_until(lambda: store.reader.call(store.reader.job(late)).state is State.COMPLETED, process)
        store.close()
    assert detail(shop, late).result == "7"


def wait_for_state(shop, process, id_, state=State.COMPLETED):
    store = open_store(str(shop.place))
    wait_until(lambda: store.reader.call(store.reader.job(id_)).state is state, process)
    store.close()


def test_handlers_of_a_module_imported_late_run_in_hosts_and_in_warm_children_also_after_a_host_was_replaced(shop):
    (shop.folder / "late_plugin.py").write_text(PLUGIN.replace("MODULE", shop.module))
    warm, plugged, _ = enqueue(shop, ("talks", {}), ("plugged", {}), ("plugs", {"delay_us": 300_000}))
    with running(shop, "--processes", 1, "--children", 1) as process:
        wait_for_state(shop, process, warm)
        wait_for_state(shop, process, plugged)
        store = open_store(str(shop.place))
        new = [NewJob(ref_id=name, name=name, payload="{}", interrupt_fails=True) for name in ("crashes", "late")]
        crashes, late = (job.id for job in store.call(store.enqueue(new)))
        wait_for_state(shop, process, crashes, State.FAILED)
        plain = store.call(store.enqueue([NewJob(ref_id="plain", name="plain", payload="{}")]))[0].id
        store.close()
        wait_for_state(shop, process, plain)
    assert detail(shop, plugged).result == '"in a child"'
    assert detail(shop, plain).result == '"in a host"'
    assert detail(shop, late).row.state is State.QUEUED


def test_a_handler_that_was_lost_with_its_host_is_claimed_no_more(shop):
    (grown,) = enqueue(shop, ("grows", {}))
    with running(shop, "--processes", 1) as process:
        wait_for_state(shop, process, grown)
        store = open_store(str(shop.place))
        # One after the other: a crash beside a running job would end that one too.
        for name, state in (("late", State.COMPLETED), ("crashes", State.FAILED)):
            new = NewJob(ref_id=name, name=name, payload="{}", interrupt_fails=True)
            (added,) = store.call(store.enqueue([new]))
            wait_for_state(shop, process, added.id, state)
        again = store.call(store.enqueue([NewJob(ref_id="again", name="late", payload="{}")]))[0].id
        number = store.call(store.enqueue([NewJob(ref_id="n", name="number", payload='{"n": 1}')]))[0].id
        store.close()
        wait_for_state(shop, process, number)
    row = detail(shop, again).row
    assert (row.state, row.tries) == (State.QUEUED, 0)
    assert row.epoch <= 1  # claimed once at most: before the new host said what it knows


def test_a_host_is_told_of_jobs_that_its_worker_ended_without_running_them(shop):
    (parent, _) = enqueue(shop, ("broken", {"retries": 0}), ("late", {"expires_us": 1}))
    store = open_store(str(shop.place))
    store.call(store.enqueue([NewJob(ref_id="child", name="talks", payload="{}", depends_on=(parent,))]))
    store.close()
    with running(shop, "--processes", 1) as process:
        wait_until(lambda: len(lines(shop, "told")) == 3, process)
    ((host,),) = lines(shop, "started")
    assert sorted(lines(shop, "told")) == [
        ["cancelled", "late", "expired", "None", "0", host],
        ["cancelled", "talks", "parent_failed", "None", "0", host],
        ["failed", "broken", "None", "ValueError", "1", host],
    ]
