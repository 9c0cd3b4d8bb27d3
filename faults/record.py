"""RELIABILITY.md: results are appended by the programs that got them, never by hand."""

from __future__ import annotations

import argparse
import random
import subprocess
import tempfile
import time
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final, Protocol

from faults.scene import ROOT
from faults.tools import machine

RECORD: Final = ROOT / "RELIABILITY.md"


def append(title: str, lines: Sequence[str]) -> None:
    """One section: when, what, on which commit and machine, then the lines."""
    done = subprocess.run(
        ["git", "describe", "--always", "--dirty"], cwd=ROOT, capture_output=True, text=True, check=False
    )
    commit = done.stdout.strip() or "unknown"
    head = f"\n## {datetime.now(UTC):%Y-%m-%d %H:%M} UTC: {title}, commit {commit}\n\n{machine()}.\n\n"
    with RECORD.open("a", encoding="utf-8") as file:
        file.write(head + "\n".join(lines) + "\n")


class Verdict(Protocol):
    """What a ring that kills processes found."""

    wrong: list[str]

    def lines(self) -> list[str]:
        """For people."""
        ...


def perform(
    title: str, parser: argparse.ArgumentParser, arguments: list[str] | None, act: Callable[[Any, int, Path], Verdict]
) -> int:
    """A command that kills with randomness: from a seed, in a folder of its own, and recorded where that is asked for."""
    parser.add_argument("--seed", type=int, default=None)
    parser.add_argument("--keep", type=Path, default=None, help="a folder to work in and leave behind")
    parser.add_argument("--record", action="store_true", help="append the result to RELIABILITY.md")
    chosen: Any = parser.parse_args(arguments)
    seed = random.randrange(1 << 32) if chosen.seed is None else chosen.seed
    with tempfile.TemporaryDirectory(prefix="headway-killed-") as temporary:
        folder = chosen.keep or Path(temporary)
        folder.mkdir(parents=True, exist_ok=True)
        begun = time.monotonic()
        verdict = act(chosen, seed, folder)
        print(f"seed {seed}, {time.monotonic() - begun:.0f} s")
        print("\n".join(verdict.lines()))
        if chosen.record:
            append(f"{title}, seed {seed}", [f"- {line}" for line in verdict.lines()])
    return 1 if verdict.wrong else 0
