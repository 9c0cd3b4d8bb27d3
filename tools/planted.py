"""Plants one bug at a time into a copy of the package and demands that a test goes red.

    python tools/planted.py            all bugs
    python tools/planted.py NAME ...   these

A suite that stays green over a planted bug does not guard what it says it guards. The bugs are data, in
tests/planted/*.toml: the file within the package, its exact text, the text that takes its place, and the test that
must notice. When the package's text has moved on, the bug is planted anew by hand: nothing here guesses.
"""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
import tomllib
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final

ROOT: Final = Path(__file__).resolve().parents[1]
PACKAGE: Final = ROOT / "src" / "headway"
BUGS: Final = ROOT / "tests" / "planted"
BYTECODE: Final = "__pycache__"
UNCHANGED: Final = "store/postgres/writing.py"
"""What is planted as it is where there is no bug: the links alone turn no test red."""
RED: Final = 1
"""What pytest answers when tests ran and failed; 2 to 5 mean that they could not be run."""
SECONDS_MAX: Final = 150


@dataclass(frozen=True, slots=True, kw_only=True)
class Bug:
    """One mistake that somebody could make."""

    name: str
    file: str
    """Within the package."""
    old: str
    """Stands in the file exactly once."""
    new: str
    test: str
    """The node id of the fastest test that notices."""


class NotPlantable(Exception):
    """The bug's text is not, or not once, in the file."""


def read_bugs(folder: Path = BUGS) -> tuple[Bug, ...]:
    """Every bug of every file."""
    tables = [
        table for file in sorted(folder.glob("*.toml")) for table in tomllib.loads(file.read_text("utf-8"))["bug"]
    ]
    bugs = tuple(Bug(**table) for table in tables)
    names = [bug.name for bug in bugs]
    if len(set(names)) != len(names):
        raise NotPlantable(f"two bugs have one name: {sorted({name for name in names if names.count(name) > 1})}")
    return bugs


def mutate(text: str, bug: Bug) -> str:
    """The text with the bug in it."""
    if text.count(bug.old) != 1:
        raise NotPlantable(f"{bug.name}: its text stands {text.count(bug.old)} times in {bug.file}: plant it anew")
    return text.replace(bug.old, bug.new)


@contextmanager
def copy_with(bug: Bug | None) -> Iterator[Path]:
    """A folder to import from, with the package as it is but for the bug, if any."""
    with tempfile.TemporaryDirectory(prefix="headway-planted-") as folder:
        file = UNCHANGED if bug is None else bug.file
        text = (PACKAGE / file).read_text("utf-8")
        _plant(PACKAGE, Path(folder, "headway"), Path(file).parts, text if bug is None else mutate(text, bug))
        yield Path(folder)


def _plant(original: Path, copy: Path, way: Sequence[str], text: str) -> None:
    """A folder of links to what lies in the original, but for the file that the way leads to, which has this text."""
    first, *rest = way
    _link(original, copy, but=(first, BYTECODE))
    _link(original / BYTECODE, copy / BYTECODE)  # a folder of its own, where the changed file's is written
    if rest:
        _plant(original / first, copy / first, rest, text)
    else:
        (copy / first).write_text(text, "utf-8")
        for one in (copy / BYTECODE).glob(f"{Path(first).stem}.*"):
            one.unlink()


def _link(original: Path, copy: Path, but: Sequence[str] = ()) -> None:
    copy.mkdir()
    for one in original.iterdir() if original.is_dir() else ():
        if one.name not in but:
            (copy / one.name).symlink_to(one)


def run(tests: Sequence[str], bug: Bug | None) -> subprocess.CompletedProcess[str]:
    """The tests over a copy with the bug."""
    with copy_with(bug) as folder:
        # No plug-ins but the one for coroutines, and no rewriting of asserts: what counts is red or green, and each start
        # costs a second less.
        words = [sys.executable, "-m", "pytest", "-q", "-x", "--no-header", "--tb=line", "-c", os.devnull]
        words += [f"--rootdir={ROOT}", "--import-mode=importlib", "--assert=plain", "-p", "no:cacheprovider"]
        words += ["-p", "anyio.pytest_plugin", "-o", "anyio_mode=auto", *tests]
        paths = os.pathsep.join([str(folder), str(ROOT), *filter(None, [os.environ.get("PYTHONPATH")])])
        inherited = {name: value for name, value in os.environ.items() if not name.startswith(("PYTEST_", "COV_"))}
        environment = inherited | {"PYTHONPATH": paths, "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1"}
        return subprocess.run(
            words, cwd=ROOT, env=environment, capture_output=True, text=True, timeout=SECONDS_MAX, check=False
        )


def main(names: Sequence[str]) -> int:
    """Tell for each bug whether it was noticed."""
    bugs = [bug for bug in read_bugs() if not names or bug.name in names]
    clean = run(sorted({bug.test for bug in bugs}), None)
    if clean.returncode:
        print(clean.stdout)
    missed = 0
    for bug in bugs:
        done = run([bug.test], bug)
        noticed = done.returncode == RED
        missed += not noticed
        print(f"{'noticed' if noticed else 'MISSED '}  {bug.name}", flush=True)
        if not noticed:
            print(done.stdout + done.stderr)
    return min(missed + clean.returncode, 1)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
