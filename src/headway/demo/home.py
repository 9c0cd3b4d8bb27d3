"""The demo's folder: the jobs' store, one folder for every run, and which run is under way.

A run is what one start of the demo sets out to do. It stays the current one until it is finished,
so a demo that was killed goes on with it, and a demo that is started after a finished one begins another.
"""

import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

HOME_VARIABLE = "HEADWAY_DEMO_HOME"
"""The environment variable that names the demo's folder. Child processes inherit it."""

DEFAULT_HOME = ".headway-demo"
"""The demo's folder when nothing else is said: one in the folder where the demo is started."""

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

    @property
    def store(self) -> Path:
        """Where the jobs are stored."""
        return self.folder / "store"

    @property
    def runs(self) -> Path:
        """Where the runs' folders are."""
        return self.folder / "runs"

    def run(self, run_id: str) -> Run:
        """Return the run of that number, begun or not."""
        return Run(id=run_id, folder=self.runs / run_id)

    def current_run(self, library: str) -> Run:
        """Return the unfinished run over that library, or begin the next."""
        try:
            run_id, _, begun_over = self._current.read_text(encoding="utf-8").partition(" ")
        except FileNotFoundError:
            return self._begin(library)
        # After an upgrade of Python the old run's jobs ask for modules that are not there any more.
        return self.run(run_id) if begun_over == library else self._begin(library)

    def finish(self) -> None:
        """Let the next start begin another run."""
        self._current.unlink(missing_ok=True)

    def _begin(self, library: str) -> Run:
        numbers = [int(folder.name) for folder in self.runs.glob("*") if folder.name.isdigit()]
        run = self.run(f"{max(numbers, default=0) + 1:0{RUN_DIGITS}}")
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
