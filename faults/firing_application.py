"""The application whose workers are killed while its schedules fire every second."""

from __future__ import annotations

import asyncio
from datetime import timedelta
from typing import Final

from faults.application import PLACE
from headway import Jobs, cron, every

jobs = Jobs(PLACE or None)
SLOW_S: Final = 2.5


@jobs.job(name="firing", retries=20)
async def firing() -> None:
    """Over at once."""


@jobs.job(name="slow_firing", retries=20)
async def slow_firing() -> None:
    """Longer than its schedule's interval."""
    await asyncio.sleep(SLOW_S)


jobs.recurring("each", every(seconds=1), firing.call(), misfire="all", misfire_limit=1000, overlap="allow")
jobs.recurring("by_the_clock", cron("* * * * * *"), firing.call(), misfire="all", misfire_limit=1000, overlap="allow")
jobs.recurring(
    "once", every(seconds=1), firing.call(), misfire="once", misfire_grace=timedelta(seconds=1), overlap="allow"
)
jobs.recurring("never_two", cron("*/2 * * * * *"), slow_firing.call(), misfire="skip", overlap="skip")
jobs.recurring("in_line", cron("*/5 * * * * *"), slow_firing.call(), misfire="all", overlap="queue")
