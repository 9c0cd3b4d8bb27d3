"""A later headway: this one with more steps of its schema, for programs that are started with it."""

import os
import shutil
from collections.abc import Mapping, Sequence
from pathlib import Path

import headway
from headway.store.postgres.migrate import migrations as schema_steps
from headway.store.sqlite.migrate import migrations as file_steps

EXPAND = "ALTER TABLE headway_job ADD COLUMN later text;\n"


def newest(kind: str) -> int:
    """The schema that this headway knows."""
    return (file_steps() if kind == "sqlite" else schema_steps())[-1].version


def later_headway(folder: Path, steps: Mapping[str, Sequence[str]]) -> Path:
    """The folder to be named first in PYTHONPATH; `steps` are the texts of the next ones, by kind of store."""
    package = folder / "later" / "headway"
    shutil.copytree(Path(headway.__file__).parent, package, ignore=shutil.ignore_patterns("__pycache__"))
    for kind, texts in steps.items():
        for number, text in enumerate(texts, newest(kind) + 1):
            (package / "store" / kind / "migrations" / f"{number:04}_later.sql").write_text(text)
    return package.parent


def compatible(kind: str, text: str = EXPAND) -> str:
    """A step beside which this headway works on."""
    return f"-- works_with: {newest(kind)}\n{text}"


def with_code(folder: Path, environment: Mapping[str, str] | None = None) -> dict[str, str]:
    """The variables of a program that runs with that code."""
    before = (environment or os.environ).get("PYTHONPATH", "")
    return {**(environment or os.environ), "PYTHONPATH": os.pathsep.join([str(folder), *([before] if before else [])])}
