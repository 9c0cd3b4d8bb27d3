"""A stand-alone worker with short leases, to be harmed: `python -m faults.worker [seconds of lease] [options]`."""

from __future__ import annotations

import argparse
import logging
import sys
from datetime import timedelta
from typing import Any

from headway.worker.settings import WorkerSettings
from headway.worker.supervisor import Supervisor


def main() -> int:
    """Work until told to stop."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("lease", type=float, nargs="?", default=2.0)
    parser.add_argument("--application", default="faults.application:jobs")
    parser.add_argument("--shutdown-timeout", type=float, default=5.0)
    parser.add_argument("--shutdown-grace", type=float, default=2.0)
    parser.add_argument("--concurrency", type=int, default=8)
    parser.add_argument("--children", type=int, default=2)
    parser.add_argument("--archive-after", type=float, default=1.0)
    chosen: Any = parser.parse_args()
    logging.basicConfig(level=logging.WARNING, format="%(process)d %(message)s")
    lease = timedelta(seconds=chosen.lease)
    settings = WorkerSettings(
        hosts=1,
        concurrency=chosen.concurrency,
        children=chosen.children,
        lease=lease,
        beat=lease / 6,
        margin=lease / 5,
        sweep=lease / 10,
        archive_after=timedelta(seconds=chosen.archive_after),
        shutdown_timeout=timedelta(seconds=chosen.shutdown_timeout),
        shutdown_grace=timedelta(seconds=chosen.shutdown_grace),
    )
    return Supervisor(chosen.application, settings).run(lambda _hello: None)


if __name__ == "__main__":
    sys.exit(main())
