"""What `import headway` brings along."""

import os
import subprocess
import sys

import headway

HEAVY = ("asyncio", "sqlite3", "ssl", "tempfile", "hashlib", "statistics")


def test_importing_headway_and_making_jobs_loads_no_event_loop_and_no_database() -> None:
    program = f"""
import sys
import headway

jobs = headway.Jobs("somewhere")

@jobs.job(name="ping")
def ping() -> None: ...

ping.using(queue="mail").call()
print([name for name in {HEAVY!r} if name in sys.modules])
"""
    # What measures coverage would load some of these by itself.
    unmeasured = {name: value for name, value in os.environ.items() if not name.startswith("COVERAGE_")}
    words = [sys.executable, "-c", program]
    done = subprocess.run(words, env=unmeasured, capture_output=True, text=True, timeout=15, check=True)
    assert done.stdout.strip() == "[]"


def test_every_public_name_is_there() -> None:
    assert [name for name in headway.__all__ if not hasattr(headway, name)] == []
    assert sorted(headway.__all__) == list(headway.__all__)
