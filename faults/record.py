"""RELIABILITY.md: results are appended by the programs that got them, never by hand."""

from __future__ import annotations

import subprocess
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Final

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
