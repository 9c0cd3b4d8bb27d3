"""The present of a made-up store: machines that are at work now, with jobs that stand still half-way."""

import os
from datetime import timedelta
from pathlib import Path
from typing import Any

from headway import Jobs
from headway.model.clock import SystemClock
from headway.model.ids import uuid7
from headway.model.outcome import LogLine, Report
from headway.model.version import VERSION
from headway.store.protocol import Ask, NodeInfo
from tests.browser.past import HOSTS
from tests.browser.shop import Shop

LEASE_US = timedelta(hours=6) // timedelta(microseconds=1)
AHEAD = 1_000
"""Their priority: what is to be running is claimed first."""
QUEUE = "ad-hoc"
"""Where it is not paused."""


class Earlier(SystemClock):
    """This machine's clocks, but the date is some time ago."""

    def __init__(self, ago: timedelta) -> None:
        super().__init__()
        self._ago_us = ago // timedelta(microseconds=1)

    def now_us(self) -> int:
        return super().now_us() - self._ago_us


RUNNING: tuple[tuple[str, tuple[Any, ...], float, str, tuple[tuple[int, str], ...]], ...] = (
    (
        "reports.sales",
        (2026, 11),
        0.62,
        "adding up",
        (
            (20, "Fiction: 41250 EUR"),
            (20, "History: 18904 EUR"),
            (30, "Science has two books that were sold below their price"),
            (20, "Science: 22117 EUR"),
        ),
    ),
    ("catalogue.reindex", ("History", 4_000), 0.35, "indexing History", ((20, "reading 4000 books of History"),)),
    ("covers.resize", ("harbour.tiff", [96, 192, 384, 768]), 0.75, "resizing", ()),
    ("catalogue.feed", ("Gardners", 1_200), 0.1, "reading", ((10, "GET https://feeds.gardners.example/stock.csv"),)),
)


def stand(folder: Path) -> None:
    """Let some jobs be running, since some minutes, on machines whose leases are good for hours."""
    with Jobs(folder, clock=Earlier(timedelta(minutes=2))) as jobs:
        shop = Shop(jobs=jobs, spend=lambda _seconds: None)
        store = jobs.store
        store.call(store.resume_claims())  # what was copied starts held
        nodes = [store.call(store.register(_machine(jobs, host, shop), lease_us=LEASE_US)) for host in HOSTS]
        for number, (name, arguments, fraction, message, lines) in enumerate(RUNNING):
            shop[name].using(priority=AHEAD, created_by="ann", queue=QUEUE).enqueue(*arguments)
            node = nodes[number % len(nodes)]
            ask = Ask(limit=1, names=frozenset([name]), queues=(QUEUE,))
            (claim,) = store.call(store.exchange(node, asks=[ask], lease_us=LEASE_US)).claims
            report = Report(
                id=claim.id, epoch=claim.epoch, fraction=fraction, message=message, lines=_lines(jobs, lines)
            )
            store.call(store.exchange(node, reports=[report], lease_us=LEASE_US))


def _lines(jobs: Jobs, lines: tuple[tuple[int, str], ...]) -> tuple[LogLine, ...]:
    return tuple(LogLine(at_us=jobs.clock.now_us(), level=level, text=text) for level, text in lines)


def _machine(jobs: Jobs, host: str, shop: Shop) -> NodeInfo:
    return NodeInfo(
        uid=uuid7(jobs.clock.now_us(), os.urandom(10)),
        app=jobs.app,
        host=host,
        pid=7_000 + HOSTS.index(host),
        names=tuple(shop.work),
        queues=None,
        concurrency=8,
        version=VERSION,
    )
