"""What an application asks in code is what the API tells: jobs, one job, counts, schedules."""

from headway import Jobs, Worker
from headway.model.clock import to_us
from headway.view.words import utc
from tests.web.api.conftest import Site


def test_the_same_jobs_are_listed_in_the_same_order(site: Site, jobs: Jobs) -> None:
    greets = jobs.job_named("greet")
    for number in range(7):
        greets.using(queue="mail" if number % 2 else "default", priority=number).enqueue(str(number))
    for sort in ("-created", "created", "-priority"):
        page = jobs.list(queues=["mail"], sort=sort, limit=2)
        told = site.get("/", queue="mail", sort=sort, pageSize=2)
        assert [row.id for row in page.rows] == [one["id"] for one in told["items"]]
        assert (page.total, page.total_exact, page.next_after) == (
            told["totalCount"],
            told["totalExact"],
            told["nextAfter"],
        )
        assert jobs.list(queues=["mail"], sort=sort, limit=2, after=told["nextAfter"]).rows


def test_one_job_is_the_same(site: Site, jobs: Jobs) -> None:
    with Worker(jobs) as worker:
        ref = jobs.job_named("greet").using(tags=["red"], user_id="u1").enqueue("x")
        assert worker.wait_idle(10)
    detail, told = jobs.get(ref.id).detail(), site.get(f"/{ref.id}")
    row = detail.row
    for name, value in (
        ("id", row.id), ("refId", row.ref_id), ("name", row.name), ("queue", row.queue), ("state", row.state.value),
        ("group", row.state.group), ("tags", list(row.tags)), ("userId", row.user_id), ("epoch", row.epoch),
        ("createdAt", utc(row.created_us)), ("finishedAt", utc(row.finished_us)), ("result", ref.result()),
    ):  # fmt: skip
        assert told[name] == value, name
    assert [one["epoch"] for one in told["attempts"]] == [one.epoch for one in detail.attempts]
    assert site.get("/counts")["states"] == {state.value: number for state, number in jobs.counts().items()}


def test_schedules_are_the_same(site: Site, jobs: Jobs) -> None:
    call = jobs.job_named("greet").call("x")
    jobs.add_recurring("hourly", "0 * * * *", call)
    jobs.add_recurring("nightly", "0 2 * * *", call, description="at night").pause()
    listed, told = jobs.schedules(), site.get("/recurring")
    assert [(one.name, one.state.value, one.description) for one in listed] == [
        (one["name"], one["state"], one["description"]) for one in told
    ]
    for one, said in zip(listed, told, strict=True):
        assert said["nextRunAt"] == (None if one.next_run is None else utc(to_us(one.next_run)))
        runs = jobs.get_recurring(one.name).next_runs(5)
        shown = site.get(f"/recurring/{one.name}")["nextRuns"]
        assert [run["at"] for run in shown] == [utc(to_us(run)) for run in runs]


def test_a_retry_in_code_is_a_retry_in_the_api(site: Site, jobs: Jobs) -> None:
    ref = jobs.job_named("greet").enqueue("x")
    ref.cancel()
    jobs.retry(ref.id)
    assert site.get(f"/{ref.id}")["state"] == "queued"
