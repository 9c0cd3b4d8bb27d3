"""The demo's jobs. A good first file to read: everything here is what an application would write.

One job begins a run: it finds the modules of the standard library and asks for all the other jobs, as one batch. Some
count modules, each in a process of its own; some fetch documents on the event loop, from a server that is not always
ready. The report hangs on the batch: it is asked for once, when all of them are done.

Beside all this a schedule takes stock every other second, for as long as a worker is there.

The batch and every job in it are named for the run, and stored whole or not at all. Whoever is killed half-way finds
them there or not, and need not remember whether it has asked before.
"""

from collections.abc import Iterator
from datetime import timedelta
from http import HTTPStatus
from typing import TypeVar

from headway import BatchExists, Call, Context, Exponential, JobNotFound, Jobs, Permanent, Ref, ResultRef
from headway.demo.fetch import FetchError, get
from headway.demo.home import Run, demo_home, write_whole
from headway.demo.library import Module, count_file, find_parts, library_name, library_root
from headway.demo.page import to_html
from headway.demo.report import Fetched, build_report, to_csv
from headway.demo.server import REFUSALS, REQUESTS_HEADER

R = TypeVar("R")

STOCK = "stock"
"""What the schedule is called."""

home = demo_home()
jobs = Jobs(home.store())


@jobs.job
def begin(run_id: str) -> int:
    """Find out what is to be done and ask for it; the result is the number of jobs."""
    calls = [*counts(run_id), *documents(run_id)]
    report = write_report.using(ref_id=report_ref(run_id)).call(run_id)
    try:
        with jobs.batch(batch_name(run_id), on_success=report) as batch:
            for call in calls:
                batch.add(call)
    except BatchExists:
        pass  # an earlier attempt stored it, and was killed before it could say so
    return len(calls) + 1


@jobs.job(queue="count", run_in="process", takes_context=True)
def count_modules(ctx: Context, paths: list[str]) -> list[Module]:
    """Read and parse modules. One that does not parse is a finding, so it does not fail the job."""
    root = library_root()
    return [count_file(root, path) for path in ctx.track(paths, "parsing")]


@jobs.job(queue="fetch", takes_context=True, retries=5, backoff=Exponential(base=timedelta(milliseconds=500)))
async def fetch_document(ctx: Context, run_id: str, name: str) -> Fetched:
    """Fetch a document. When the server refuses, the job fails and is retried a little later."""
    response = await get(f"{_server(run_id)}/{name}")
    if response.status != HTTPStatus.OK:
        message = f"the server answered {response.status}"
        raise FetchError(message)
    ctx.log.info("%s has %d bytes", name, len(response.body))
    return Fetched(name=name, size=len(response.body), requests=int(response.headers[REQUESTS_HEADER.lower()]))


@jobs.job(queue="report", takes_context=True)
def write_report(ctx: Context, run_id: str) -> ResultRef:
    """Write the report from the results of all the other jobs; the result is where it lies."""
    run = home.run(run_id)
    counted = [found(call) for call in counts(run_id)]
    fetched = [found(call) for call in documents(run_id)]
    if ctx.batch is None or ctx.batch.completed != len(counted) + len(fetched):
        message = f"{len(counted) + len(fetched)} jobs were to be done, and this is the batch: {ctx.batch}"
        raise Permanent(message)
    report = build_report(
        run=run_id,
        library=library_name(),
        modules=[module for ref in counted for module in ref.result(timeout=0)],
        documents=[ref.result(timeout=0) for ref in fetched],
    )
    write_whole(run.csv, to_csv(report))
    write_whole(run.html, to_html(report))
    return ResultRef(run.html.absolute().as_uri())


@jobs.cron("*/2 * * * * *", name=STOCK, description="Counts the jobs of all runs by their states.")
@jobs.job(queue=STOCK)
def take_stock() -> dict[str, int]:
    """Count the jobs by their states. One count for each instant: kill the demo, and none is made twice."""
    return {state.value: count for state, count in jobs.counts().items() if count}


def is_stored(run_id: str) -> bool:
    """Whether a run of that number was begun in this store: in a database others may be, from other folders."""
    try:
        jobs.get(begin_ref(run_id)).status()
    except JobNotFound:
        return False
    return True


def ask_for_run(run: Run) -> Ref[int]:
    """Ask for the job that begins the run; asked again, it is the job that is already there."""
    return begin.using(ref_id=begin_ref(run.id)).enqueue(run.id)


def counts(run_id: str) -> Iterator[Call[list[Module]]]:
    """A call for every part of the library."""
    for part in find_parts(library_root()):
        ref_id = f"demo-{run_id}-count-{part.package}-{part.number}"
        yield count_modules.using(ref_id=ref_id, tags=[part.package]).call(list(part.paths))


def documents(run_id: str) -> Iterator[Call[Fetched]]:
    """A call for every document."""
    for number, name in enumerate(REFUSALS, start=1):
        yield fetch_document.using(ref_id=f"demo-{run_id}-fetch-{number}").call(run_id, name)


def found(call: Call[R]) -> Ref[R]:
    """The job that was stored for a call of a run."""
    return jobs.get(call.options["ref_id"])


def batch_name(run_id: str) -> str:
    """What the batch of a run is called."""
    return f"demo-{run_id}"


def begin_ref(run_id: str) -> str:
    """The reference of the job that begins a run."""
    return f"demo-{run_id}-begin"


def report_ref(run_id: str) -> str:
    """The reference of the job that writes the report of a run."""
    return f"demo-{run_id}-report"


def _server(run_id: str) -> str:
    return home.run(run_id).address.read_text(encoding="utf-8")
