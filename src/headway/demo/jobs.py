"""The demo's jobs. A good first file to read: everything here is what an application would write.

One job begins a run: it finds the modules of the standard library and asks for all the other jobs. Some count
modules, each in a process of its own; some fetch documents on the event loop, from a server that is not always
ready; and one writes the report when all of them are done.

Every job has a reference that carries the run's number. Asking for a job again with the same reference gives the
job that is already there, so whoever asks need not remember whether it has asked before: not the first job when
it is retried, and not the demo when it was killed and is started again.
"""

from collections.abc import Iterator
from datetime import timedelta
from http import HTTPStatus

from headway import Call, Context, Exponential, Jobs, Ref, ResultRef
from headway.demo.fetch import FetchError, get
from headway.demo.home import Run, demo_home, write_whole
from headway.demo.library import Module, count_file, find_parts, library_name, library_root
from headway.demo.page import to_html
from headway.demo.report import Fetched, build_report, to_csv
from headway.demo.server import REFUSALS, REQUESTS_HEADER

home = demo_home()
jobs = Jobs(str(home.store))


@jobs.job
def begin(run_id: str) -> int:
    """Find out what is to be done and ask for it; the result is the number of jobs."""
    counts, documents = ask_for_counts(run_id), ask_for_documents(run_id)
    ask_for_report(run_id, [*counts, *documents])
    return len(counts) + len(documents) + 1


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


@jobs.job(queue="report")
def write_report(run_id: str) -> ResultRef:
    """Write the report from the results of all the other jobs; the result is where it lies."""
    run = home.run(run_id)
    report = build_report(
        run=run_id,
        library=library_name(),
        modules=[module for ref in ask_for_counts(run_id) for module in ref.result(timeout=0)],
        documents=[ref.result(timeout=0) for ref in ask_for_documents(run_id)],
    )
    write_whole(run.csv, to_csv(report))
    write_whole(run.html, to_html(report))
    return ResultRef(run.html.absolute().as_uri())


def ask_for_run(run: Run) -> Ref[int]:
    """Ask for the job that begins the run."""
    return begin.using(ref_id=f"demo-{run.id}-begin").enqueue(run.id)


def ask_for_counts(run_id: str) -> list[Ref[list[Module]]]:
    """Ask for a job for every part of the library, all in one transaction."""
    return jobs.enqueue_many(_counts(run_id))


def ask_for_documents(run_id: str) -> list[Ref[Fetched]]:
    """Ask for a job for every document, all in one transaction."""
    return jobs.enqueue_many(
        fetch_document.using(ref_id=f"demo-{run_id}-fetch-{number}").call(run_id, name)
        for number, name in enumerate(REFUSALS, start=1)
    )


def ask_for_report(run_id: str, parents: list[Ref[list[Module]] | Ref[Fetched]]) -> Ref[ResultRef]:
    """Ask for the report; it is not written before every one of `parents` is done."""
    return write_report.using(ref_id=f"demo-{run_id}-report", depends_on=parents).enqueue(run_id)


def _counts(run_id: str) -> Iterator[Call[list[Module]]]:
    for part in find_parts(library_root()):
        ref_id = f"demo-{run_id}-count-{part.package}-{part.number}"
        yield count_modules.using(ref_id=ref_id, tags=[part.package]).call(list(part.paths))


def _server(run_id: str) -> str:
    return home.run(run_id).address.read_text(encoding="utf-8")
