"""The demo's folder: the jobs' store, one folder for every run, and which run is under way.

A run is what one start of the demo sets out to do. It stays the current one until it is finished,
so a demo that was killed goes on with it, and a demo that is started after a finished one begins another.
"""

import os
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from itertools import count
from pathlib import Path
from urllib.parse import parse_qsl, urlsplit, urlunsplit

HOME_VARIABLE = "HEADWAY_DEMO_HOME"
"""The environment variable that names the demo's folder. Child processes inherit it."""

DEFAULT_HOME = ".headway-demo"
"""The demo's folder when nothing else is said: one in the folder where the demo is started."""

URL_VARIABLE = "HEADWAY_URL"
SERVERS = ("postgresql", "postgres")
SCHEMA = "headway_demo"

RUN_DIGITS = 4
"""Runs are numbered, and written with at least this many digits so that their folders sort."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Run:
    """One run's folder and the files in it."""

    id: str
    """The run's number as text; it is part of every job's reference."""
    folder: Path
    """Where the run keeps its files."""

    @property
    def html(self) -> Path:
        """The report for people."""
        return self.folder / "report.html"

    @property
    def csv(self) -> Path:
        """The report for programs: a line for every module."""
        return self.folder / "modules.csv"

    @property
    def requests(self) -> Path:
        """The document server's record of every request."""
        return self.folder / "requests.log"

    @property
    def address(self) -> Path:
        """Where the document server listens now: its port is another one after every start."""
        return self.folder / "address"


@dataclass(frozen=True, slots=True, kw_only=True)
class Home:
    """The demo's folder."""

    folder: Path
    """The folder itself."""

    def store(self, environ: Mapping[str, str] = os.environ) -> str:
        """Where the jobs are stored: in the folder, or in the PostgreSQL database that HEADWAY_URL names.

        There in a schema of the demo's own, if the URL names none: an application's jobs may be in the usual one.
        """
        url = environ.get(URL_VARIABLE, "")
        parts = urlsplit(url)
        if parts.scheme not in SERVERS:
            return str(self.folder / "store")
        if any(name == "schema" for name, _ in parse_qsl(parts.query)):
            return url
        return urlunsplit(parts._replace(query="&".join(filter(None, (parts.query, f"schema={SCHEMA}")))))

    @property
    def runs(self) -> Path:
        """Where the runs' folders are."""
        return self.folder / "runs"

    def run(self, run_id: str) -> Run:
        """Return the run of that number, begun or not."""
        return Run(id=run_id, folder=self.runs / run_id)

    def current_run(self, library: str, is_taken: Callable[[str], bool] = lambda _: False) -> Run:
        """Return the unfinished run over that library, or begin the next whose number is not taken."""
        try:
            run_id, _, begun_over = self._current.read_text(encoding="utf-8").partition(" ")
        except FileNotFoundError:
            return self._begin(library, is_taken)
        # After an upgrade of Python the old run's jobs ask for modules that are not there any more.
        return self.run(run_id) if begun_over == library else self._begin(library, is_taken)

    def finish(self) -> None:
        """Let the next start begin another run."""
        self._current.unlink(missing_ok=True)

    def _begin(self, library: str, is_taken: Callable[[str], bool]) -> Run:
        numbers = [int(folder.name) for folder in self.runs.glob("*") if folder.name.isdigit()]
        free = (f"{number:0{RUN_DIGITS}}" for number in count(max(numbers, default=0) + 1))
        run = self.run(next(run_id for run_id in free if not is_taken(run_id)))
        run.folder.mkdir(parents=True)
        write_whole(self._current, f"{run.id} {library}")
        return run

    @property
    def _current(self) -> Path:
        return self.folder / "current-run"


def demo_home(environ: Mapping[str, str] = os.environ) -> Home:
    """Return the folder that the environment names, or the default one below the current folder."""
    return Home(folder=Path(environ.get(HOME_VARIABLE) or DEFAULT_HOME).absolute())


def write_whole(path: Path, text: str) -> None:
    """Write a file so that a reader finds the old text or the new one, and never a half of it."""
    unfinished = path.with_name(path.name + ".unfinished")
    unfinished.write_text(text, encoding="utf-8", newline="")
    unfinished.replace(path)
