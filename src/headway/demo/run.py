"""The demo: index the standard library with durable jobs, show them at work, and check what they found.

Kill it half-way, with any signal, and start it again: it goes on where it was.
"""

import sys
import threading
from collections.abc import Callable
from contextlib import suppress
from datetime import timedelta
from importlib.util import find_spec
from pathlib import Path

import click

from headway import Worker
from headway.demo.direct import count_directly
from headway.demo.display import Display, PlainDisplay
from headway.demo.home import Run, write_whole
from headway.demo.jobs import home, is_stored, jobs
from headway.demo.library import library_name, library_root
from headway.demo.live import Pace, take_snapshot
from headway.demo.pages import pages
from headway.demo.report import Fetched, Report, build_report
from headway.demo.server import REFUSALS, Documents, RequestLog, document, serve
from headway.demo.stock import stock_differences, stock_words
from headway.demo.verdict import differences
from headway.demo.watch import Watch
from headway.model.clock import SystemClock

LOOK_EVERY = timedelta(milliseconds=250)
"""How often the jobs are looked at for the terminal."""

NO_PAGES = "There are pages to watch it live in a browser: pip install 'headway[web]' and start again."

EXIT_RIGHT = 0
EXIT_WRONG = 1
EXIT_INTERRUPTED = 5
"""As every command of headway that Ctrl-C ended before it was done."""


def run_demo(*, once: bool) -> int:
    """Run the demo; with `once`, end when everything is done. Return the exit status.

    The status is 0 only if every job completed, the report exists, and every count in it equals
    one that was made without jobs.
    """
    root = library_root()
    run = home.current_run(f"{library_name()} ({root})", is_stored)
    requests = RequestLog(run.requests)
    try:
        with serve(Documents(library_root({}), requests)) as address:
            write_whole(run.address, address)
            click.echo(f"Run {run.id}: counting {root}, keeping jobs in {jobs.place}")
            with pages() as shown, Worker(jobs):
                click.echo(f"Watch it live: {shown}" if shown else NO_PAGES)
                status = _finish(run, root, requests)
                if not once:
                    _go_on()
                return status
    except KeyboardInterrupt:
        click.echo("Interrupted. Start the demo again and it goes on where it was.")
        return EXIT_INTERRUPTED


def _go_on() -> None:
    with suppress(KeyboardInterrupt):
        click.echo("The worker goes on until Ctrl-C; the next start counts everything once more.")
        threading.Event().wait()


def _finish(run: Run, root: Path, requests: RequestLog) -> int:
    watch = Watch(run)
    _follow(watch, run, SystemClock().monotonic)
    if watch.is_well:
        status = _judge(run, _expected(run, root, requests))
    else:
        click.echo(
            f"Not every job completed; `headway jobs list state:failed --store '{jobs.place}'` tells more.", err=True
        )
        status = EXIT_WRONG
    home.finish()  # only now: whoever is killed while the report is judged is told its verdict at the next start
    return status


def _follow(watch: Watch, run: Run, seconds: Callable[[], float]) -> None:
    started = seconds()
    pause = threading.Event()
    pace = Pace()
    with _display() as display:
        while True:
            elapsed = timedelta(seconds=seconds() - started)
            watched = watch.look()
            display.show(take_snapshot(run=run.id, watched=watched, elapsed=elapsed, pace=pace, stock=stock_words()))
            if watch.is_over:
                return
            pause.wait(LOOK_EVERY.total_seconds())


def _display() -> Display:
    if sys.stdout.isatty() and find_spec("rich"):
        from headway.demo.screen import Screen

        return Screen()
    return PlainDisplay(click.echo)


def _expected(run: Run, root: Path, requests: RequestLog) -> Report:
    """Make the report that should be there, without jobs: the library counted here, the requests as the server saw them."""
    with click.progressbar(length=1000, label="Counting again without jobs", file=sys.stderr, width=0) as bar:
        modules = count_directly(root, lambda done, total: bar.update(1000 * done // total - bar.pos))
    shelf = library_root({})
    documents = [
        Fetched(name=name, size=len(document(shelf, name)), requests=requests.count(name)) for name in REFUSALS
    ]
    return build_report(run=run.id, library=library_name(), modules=modules, documents=documents)


def _judge(run: Run, expected: Report) -> int:
    try:
        found = [*differences(html=_read(run.html), csv=_read(run.csv), expected=expected), *stock_differences()]
    except OSError as error:
        found = [f"the report cannot be read: {error}"]
    for difference in found:
        click.echo(difference, err=True)
    if found:
        return EXIT_WRONG
    click.echo(f"Every count in the report equals a direct one: {expected.total.modules:,} modules.")
    click.echo(f"{stock_words()}, and no instant twice.".capitalize())
    click.echo(f"{run.html}\n{run.csv}")
    return EXIT_RIGHT


def _read(path: Path) -> str:
    return path.read_bytes().decode()
