"""An application as a user writes it: a module with its own store, importable from where the command is run."""

import os
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

from tests.cli.stage import Said, run

PROJECT = Path(__file__).resolve().parents[2]
LIMIT_S = 15

SOURCE = """
import sys
from headway.client.jobs import Jobs

jobs = Jobs({place!r})
other = 5

@jobs.job(name="greet")
def greet(name: str, times: int = 1) -> str:
    return " ".join(["hello " + name] * times)

@jobs.job(name="agreet", takes_context=True)
async def agreet(ctx, name: str) -> str:
    ctx.log.info("greeting %s", name)
    return "hello " + name

@jobs.job(name="parent", takes_context=True)
def parent(ctx) -> None:
    ctx.enqueue(greet.call("ann"))

@jobs.job(name="login", redact=["pin"], retries=0)
def login(user: str, pin: str) -> None:
    raise ValueError("no user " + user + " with pin " + pin)
"""


@dataclass(frozen=True, slots=True)
class Application:
    """A module in a folder of its own."""

    folder: Path
    module: str

    @property
    def place(self) -> Path:
        return self.folder / "jobs"

    @property
    def spec(self) -> str:
        return f"{self.module}:jobs"

    def run(self, *words: object) -> Said:
        return run(*words)

    def process(self, *words: object, **environment: str) -> Said:
        """The command in a process of its own, as a user starts it."""
        done = subprocess.run(
            command(*words), cwd=self.folder, env=self.environment(**environment), capture_output=True, text=True,
            timeout=LIMIT_S, check=False,
        )  # fmt: skip
        return Said(done.returncode, done.stdout, done.stderr)

    def start(self, *words: object) -> subprocess.Popen[str]:
        """The same, still running."""
        return subprocess.Popen(
            command(*words),
            cwd=self.folder,
            env=self.environment(),
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )

    def environment(self, **more: str) -> dict[str, str]:
        kept = {name: value for name, value in os.environ.items() if not name.startswith("HEADWAY_")}
        return kept | {"PYTHONPATH": str(PROJECT / "src")} | more


def command(*words: object) -> list[str]:
    return [sys.executable, "-m", "headway", *(str(word) for word in words)]


def write(folder: Path, module: str, source: str = SOURCE) -> Application:
    folder.mkdir(exist_ok=True)
    made = Application(folder, module)
    (folder / f"{module}.py").write_text(source.format(place=str(made.place)))
    return made
