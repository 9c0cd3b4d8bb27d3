"""Runs what a page shows: its programs and commands, one after the other, in a folder of their own, without a network.

What is run is marked behind the fence, where readers do not see it:

- ```` ```python runnable ````: a program, run as a script; a first line `# name.py` names its file.
- ```` ```python runnable more ````: goes on with the program above; both run as one.
- ```` ```python file ````: written down for what comes later, not run.
- ```` ```text output ````: what the program above prints; `...` stands for anything within a line, or for whole lines.
- ```` ```console runnable ````: commands (`$ python ...`, `$ headway ...`) with what they print.

A block may lie in an HTML comment: then it prepares what the page shows. What follows a comment `on its own` is run apart
from what comes before it, in another folder.
"""

import os
import re
import shlex
import subprocess
import sys
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from tests.docs.pages import Block

RUN_SECONDS_MAX = 15
NAME = re.compile(r"# (\w+\.py)\n")
NO_NETWORK = """\
import socket

def refuse(self, address, *rest):
    if self.family != getattr(socket, "AF_UNIX", None):
        raise OSError(f"an example of the documents may not connect to {address!r}")
    return connect(self, address, *rest)

connect = socket.socket.connect
socket.socket.connect = refuse
"""


@dataclass(slots=True)
class Step:
    """A program or a command with what it shall print."""

    line: int
    command: list[str]
    source: str = ""
    expected: list[str] = field(default_factory=list)


def steps(blocks: Iterable[Block]) -> list[Step]:
    """What a page does, in order."""
    found: list[Step] = []
    for block in blocks:
        match block.words:
            case ("python", "runnable"):
                found.append(Step(line=block.line, command=["python", file_name(block)], source=block.text))
            case ("python", "runnable", "more"):
                program_before(block, found).source += "\n\n" + block.text
            case ("text", "output"):
                program_before(block, found).expected += block.text.splitlines()
            case ("python", "file"):
                found.append(Step(line=block.line, command=["write", file_name(block)], source=block.text))
            case ("console", "runnable"):
                found += commands(block)
            case _:
                pass
    return found


def program_before(block: Block, found: Sequence[Step]) -> Step:
    assert found, f"line {block.line}: nothing stands before this"
    assert found[-1].command[0] == "python", f"line {block.line}: no program stands before this"
    assert found[-1].source, f"line {block.line}: no program stands before this"
    return found[-1]


def file_name(block: Block) -> str:
    found = NAME.match(block.text)
    return found[1] if found else f"example_{block.line}.py"


def commands(block: Block) -> Iterator[Step]:
    step: Step | None = None
    for line in block.text.splitlines():
        if line.startswith("$ "):
            if step is not None:
                yield step
            step = Step(line=block.line, command=shlex.split(line[2:]))
        else:
            assert step is not None, f"line {block.line}: what a command prints comes after the command"
            step.expected.append(line)
    if step is not None:
        yield step


class Folder:
    """A folder in which a page's steps are run as a reader would run them."""

    def __init__(self, place: Path) -> None:
        self._place = place
        guard = place / "guard"
        guard.mkdir()
        (guard / "sitecustomize.py").write_text(NO_NETWORK, encoding="utf-8")
        self._here = place / "here"
        self._here.mkdir()
        (self._here / "pyproject.toml").touch()  # so that no folder above is taken for the project
        kept = {name: value for name, value in os.environ.items() if not name.startswith(("HEADWAY_", "PYTHON"))}
        path = os.pathsep.join((str(guard), *(folder for folder in sys.path if folder.endswith("src"))))
        self._environ = {**kept, "HOME": str(place), "PYTHONPATH": path, "COLUMNS": "120", "PYTHONUNBUFFERED": "1"}

    def take(self, step: Step) -> None:
        """Do one step; what goes wrong or is printed otherwise than the page says is an AssertionError."""
        if step.source:
            (self._here / step.command[1]).write_text(step.source, encoding="utf-8")
        if step.command[0] == "write":
            return
        told = f"line {step.line}: {shlex.join(step.command)}"
        try:
            done = self._run(step)
        except subprocess.TimeoutExpired as error:
            said = (error.stdout or b"").decode(errors="replace")
            raise AssertionError(f"{told} did not end within {RUN_SECONDS_MAX} s; it said:\n{said}") from None
        if step.source:
            assert done.returncode == 0, f"{told} ended with {done.returncode}:\n{done.stdout}{done.stderr}"
            assert not step.expected or matches(step.expected, done.stdout), f"{told} printed:\n{done.stdout}"
        else:  # in a console readers see both
            assert matches(step.expected, done.stdout), f"{told} printed:\n{done.stdout}"

    def _run(self, step: Step) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            words(step.command),
            cwd=self._here,
            env=self._environ,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE if step.source else subprocess.STDOUT,
            text=True,
            timeout=RUN_SECONDS_MAX,
            check=False,
        )


def words(command: Sequence[str]) -> list[str]:
    """The command with this interpreter; nothing else is ever started from a page."""
    match command:
        case ["python", *rest]:
            return [sys.executable, *rest]
        case ["headway", *rest]:
            return [sys.executable, "-m", "headway", *rest]
        case _:
            raise AssertionError(f"a page may run python and headway, not {command[0]!r}")


def matches(expected: Sequence[str], printed: str) -> bool:
    """Whether this was printed; spaces count as one, and `...` is anything."""
    pattern = "\n".join(_pattern(" ".join(line.split())) for line in expected if line.strip())
    text = "\n".join(" ".join(line.split()) for line in printed.splitlines() if line.strip())
    return re.fullmatch(pattern, text) is not None


def _pattern(line: str) -> str:
    return r"(?s:.*?)" if line == "..." else re.escape(line).replace(re.escape("..."), r"[^\n]*")
