"""A stand-alone worker with short leases, to be killed: `python -m faults.worker [seconds of lease]`."""

from __future__ import annotations

import logging
import sys
from datetime import timedelta

from headway.worker.settings import WorkerSettings
from headway.worker.supervisor import Supervisor


def main() -> int:
    """Work until told to stop."""
    logging.basicConfig(level=logging.WARNING, format="%(process)d %(message)s")
    lease = timedelta(seconds=float(sys.argv[1]) if len(sys.argv) > 1 else 2.0)
    settings = WorkerSettings(
        hosts=1,
        concurrency=8,
        children=2,
        lease=lease,
        beat=lease / 6,
        margin=lease / 5,
        sweep=lease / 10,
        archive_after=timedelta(seconds=1),
        shutdown_timeout=timedelta(seconds=5),
    )
    return Supervisor("faults.application:jobs", settings).run(lambda _hello: None)


if __name__ == "__main__":
    sys.exit(main())
