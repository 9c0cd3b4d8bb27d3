"""Every fault that headway promises to survive: what happens, what comes of it, and what shows it.

docs/reference/faults.md is this table (`python -m faults --document`); a test compares the two and looks for each test
that is named here.
"""

from __future__ import annotations

from typing import Final

from faults import of_jobs, of_processes, of_servers, of_storage
from faults.fault import CRASH, FAULTS, TEST, Fault

__all__ = ["CRASH", "FAULTS", "TABLE", "TEST", "Fault", "document"]

TABLE: Final = (*of_processes.TABLE, *of_storage.TABLE, *of_jobs.TABLE, *of_servers.TABLE)

HEAD: Final = """# Faults

What was done to headway on purpose, what must come of it, and what shows it. `make test` needs nothing but Python and shows its part at every run, with leases of 2 s;
`make faults` (Linux, root, strace, libfaketime, iptables, iproute2) and `make crash` are run by hand and write their results to [RELIABILITY.md](../../RELIABILITY.md) with `ARGS=--record`.

Names after `faults:` are cases of `make faults` (`python -m faults --only "small disk"`). This page is written by `python -m faults --document`.

| | Fault | What is done | What must come of it | Shown by |
|---|---|---|---|---|
"""


def document() -> str:
    """The page."""
    lines = [
        f"| {number} | {fault.name} | {fault.done} | {fault.outcome} | {'<br>'.join(cited(one) for one in fault.shown)} |"
        for number, fault in enumerate(TABLE, 1)
    ]
    return HEAD + "\n".join(lines) + "\n"


def cited(one: str) -> str:
    """How the page names what shows a fault."""
    if one.startswith("faults::"):
        return f"{FAULTS}: {one.removeprefix('faults::')}"
    if one.startswith("crash::"):
        return CRASH
    path, function = one.split("::")
    return f"[{function}](../../{path})"
