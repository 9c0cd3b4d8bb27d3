"""What a command works on: the application's Jobs where code is needed, else a store by its place."""

from __future__ import annotations

import socket
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Final

from headway.cli.exits import CommandError, Exit, ImportFailed, UsageInvalid
from headway.model.clock import SystemClock
from headway.model.nearest import nearest
from headway.view.alive import as_seen
from headway.view.estimates import with_estimates

if TYPE_CHECKING:
    from headway.client.jobs import Jobs
    from headway.model.job import JobRow
    from headway.store.protocol import JobFilter, NodeRow, Reader, Store
    from headway.view.secrets import Masking

STORE_VARIABLE: Final = "HEADWAY_STORE"
NAME_DEFAULT: Final = "jobs"


@dataclass(frozen=True, slots=True, kw_only=True)
class Target:
    """Where to look, as the command line said it."""

    place: str | None
    spec: str | None

    @contextmanager
    def open(self) -> Iterator[Opened]:
        """Open the store; one that is not there is not made."""
        jobs = None if self.spec is None else load_jobs(self.spec)
        if jobs is not None and self.place is None:
            yield Opened(store=jobs.store, jobs=jobs)
            return
        from headway.store.open import open_store

        store = open_store(existing_place(self.place))
        try:
            yield Opened(store=store, jobs=jobs)
        finally:
            store.close()


@dataclass(frozen=True, slots=True, kw_only=True)
class Opened:
    """An open store, and the application's code where it was given."""

    store: Store
    jobs: Jobs | None

    @property
    def reader(self) -> Reader:
        """The looking half."""
        return self.store.reader

    @property
    def app(self) -> str | None:
        """The app whose jobs are meant; None means every app of the store."""
        return None if self.jobs is None else self.jobs.app

    def nodes(self, *, app: str | None = None) -> tuple[NodeRow, ...]:
        """The nodes of an app (None: of all), those whose process is gone in the state `gone` though nobody buried them."""
        found = self.reader.call(self.reader.nodes(app=app))
        return as_seen(found, gone=self.store.gone(), host=socket.gethostname(), now_us=SystemClock().now_us())

    def estimated(self, rows: Sequence[JobRow]) -> tuple[JobRow, ...]:
        """The rows for people: running jobs that report no progress have one from earlier runs, marked as estimated."""
        reader = self.reader
        return with_estimates(rows, lambda name: reader.call(reader.durations(name)), now_us=SystemClock().now_us())

    def within(self, where: JobFilter) -> JobFilter:
        """The filter, narrowed to the application that was given (unless the filter names one itself)."""
        from msgspec.structs import replace

        return where if where.app is not None else replace(where, app=self.app)

    def masking(self, name: str) -> Masking:
        """What of a handler's arguments is secret: as declared where its code is known, else by the sound of names."""
        from headway.view.secrets import Masking, masking_of

        handler = None if self.jobs is None else self.jobs.registry.find(name)
        return Masking() if handler is None else masking_of(handler)


def wanted_place(given: str | None) -> tuple[str, str]:
    """The place that is meant and who says so: the option, the environment, the settings file, the default."""
    from headway.client.door import resolve
    from headway.client.settings import environment, load_settings

    here = Path.cwd()
    if given is not None:
        return resolve(given, here), "given by --store"
    if named := environment().get(STORE_VARIABLE):
        return resolve(named, here), f"given by {STORE_VARIABLE}"
    url = load_settings({}, environment(), here).url
    return resolve(url, here), "the default place" if url is None else "given by HEADWAY_URL or the settings file"


def existing_place(given: str | None) -> str:
    """The place that is meant, if there is a store: looking never makes one, nor tables in somebody's database."""
    from headway.store.open import look, shown

    text, said_by = wanted_place(given)
    if look(text) is None:
        raise CommandError(
            f"there is no store at {shown(text)} ({said_by})",
            advice="give its place with --store or HEADWAY_STORE, or the application with --app module:name",
            code=Exit.STORE,
        )
    return text


def application_of(spec: str) -> str:
    """`module:name` in full: the name `jobs` may be left out."""
    module_name, _, name = spec.partition(":")
    if not module_name or module_name.startswith(".") or module_name.endswith(".py"):
        example = (
            f"{module_name.removesuffix('.py').strip('.').replace('/', '.') or 'shop.tasks'}:{name or NAME_DEFAULT}"
        )
        raise UsageInvalid(f"{spec!r} names no application", advice=f"write module:name, for example {example}")
    return f"{module_name}:{name or NAME_DEFAULT}"


def load_jobs(spec: str) -> Jobs:
    """Import the application's Jobs by `module:name` (the name `jobs` may be left out), seen from this directory."""
    module_name, _, name = application_of(spec).partition(":")
    _see_this_directory()
    try:
        module = import_module(module_name)
    except Exception as error:
        raise _import_failed(module_name, error) from error
    found: object = module
    for part in (name or NAME_DEFAULT).split("."):
        found = getattr(found, part, None)
    from headway.client.jobs import Jobs

    if not isinstance(found, Jobs):
        known = [key for key, value in vars(module).items() if isinstance(value, Jobs)]
        near = nearest(name, known) or next(iter(known), None)
        hint = f"did you mean {module_name}:{near}?" if near else f"define jobs = Jobs() in {module_name}"
        what = "is no Jobs" if found is not None else "does not exist"
        raise ImportFailed(f"{module_name}:{name or NAME_DEFAULT} {what}", advice=hint)
    return found


def _see_this_directory() -> None:
    here = str(Path.cwd())
    if here not in sys.path:
        sys.path.insert(0, here)


def _import_failed(module_name: str, error: Exception) -> ImportFailed:
    missing = error.name if isinstance(error, ModuleNotFoundError) else None
    if missing is not None and (module_name == missing or module_name.startswith(missing + ".")):
        return ImportFailed(
            f"there is no module {missing!r} to import",
            advice=f"run this where {missing.split('.')[0]} can be imported (here is {Path.cwd()}), or set PYTHONPATH",
        )
    where = _place_of(error)
    return ImportFailed(
        f"importing {module_name} raised {type(error).__name__}: {' '.join(str(error).split())}{where}",
        advice="correct it, or run this again with --debug for the traceback",
    )


def _place_of(error: Exception) -> str:
    trace = error.__traceback__
    while trace is not None and trace.tb_next is not None:
        trace = trace.tb_next
    return "" if trace is None else f" ({trace.tb_frame.f_code.co_filename}:{trace.tb_lineno})"
