"""Named workers on the command line."""

from headway.model.job import State


def test_restart_asks_the_running_job_to_stop(stage):
    job = stage.start(lane="smtp")
    stage.add(lane="smtp")
    said = stage.run("workers", "restart", "smtp", "--by", "ann")
    assert (said.code, said.lines) == (0, [f"job {job} was asked to stop; then the next one runs on the worker smtp"])
    row = stage.store.reader.call(stage.store.reader.job(job))
    assert (row.state, row.cancel_by) == (State.RUNNING, "ann")


def test_restart_says_when_nothing_runs_there(stage):
    stage.add(lane="smtp")
    said = stage.run("workers", "restart", "smtp")
    assert (said.code, said.lines) == (1, ["nothing runs on the worker smtp"])
    assert stage.run("workers", "restart", "smtp", "--json").json == {"worker": "smtp", "cancelled": [], "asked": []}


def test_a_name_that_no_worker_can_have_is_exit_2(stage):
    said = stage.run("workers", "restart", "")
    assert (said.code, "the worker '' is empty" in said.err) == (2, True)


def test_the_list_filters_by_worker_and_says_whose_turn_it_is(stage):
    stage.start(lane="smtp")
    waits = stage.add(lane="smtp")
    stage.add(lane="fax")
    listed = stage.run("jobs", "list", "--worker", "smtp", "--state", "queued", "--json").json["jobs"]
    assert [(job["id"], job["worker"], job["blocked"]) for job in listed] == [(waits, "smtp", "line")]
    assert "its turn on worker smtp" in stage.run("jobs", "list", "worker:smtp").out
