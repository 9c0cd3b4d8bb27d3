"""The application behind the store with a million jobs: its handlers do next to nothing."""

from __future__ import annotations

from bench.history import HANDLERS
from headway import Jobs

jobs = Jobs()


async def nothing(text: str = "") -> None:
    """Take the arguments and do nothing."""


for _name, _queue, _share, _ms in HANDLERS:
    jobs.register(nothing, name=_name, queue=_queue)
