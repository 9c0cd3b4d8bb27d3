"""Each page and list of the console by itself, one request at a time."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from subprocess import Popen
from typing import Final
from urllib.parse import urljoin

from bench.addresses import addresses
from bench.client import Answer, line
from bench.figure import percentile
from bench.process import python

SEE_OTHER: Final = 303
STREAM: Final = "text/event-stream"
ASSET: Final = re.compile(r'(?:src|href)="([^"]+\.(?:css|js|svg|woff2|png)(?:\?[^"]*)?)"')


@dataclass(frozen=True, slots=True, kw_only=True)
class Timed:
    """One address, asked several times."""

    words: str
    path: str
    status: int
    took_ms: tuple[float, ...]
    server_ms: float
    """Processor time of the server for one answer."""
    kb: float
    """What a first look transfers, with all that the page wants besides."""

    @property
    def p95_ms(self) -> float:
        """Of all answers."""
        return percentile(self.took_ms, 95)


@contextmanager
def server(place: Path, concurrency: int | None = None) -> Iterator[tuple[Popen[str], int]]:
    """A server process and its port."""
    words = ("-m", "bench.webserver", *([] if concurrency is None else [str(concurrency)]))
    with python(*words, place=place) as process:
        assert process.stdout is not None
        yield process, int(process.stdout.readline())


def processor_s(process: Popen[str]) -> float:
    """What the server says that it has used."""
    assert process.stdin is not None
    assert process.stdout is not None
    process.stdin.write("?\n")
    process.stdin.flush()
    return float(process.stdout.readline())


async def each(place: Path, times: int) -> list[Timed]:
    """Every page and list by itself, one request at a time."""
    found: list[Timed] = []
    with server(place) as (process, port):
        for words, path in addresses(place):
            if not await is_stream(port, path):
                found.append(await _timed(process, port, words, path, times))
    bad = [f"{one.words}: {one.status}" for one in found if one.status != 200]
    assert not bad, f"these were not shown: {', '.join(bad)}"
    return found


async def _timed(process: Popen[str], port: int, words: str, path: str, times: int) -> Timed:
    async with line(port) as asked:
        first = await asked.get(path)
        if first.status == SEE_OTHER:  # the search box leads to an address that says the same in its own words
            path = urljoin(path, first.headers["location"])
            first = await asked.get(path)
        before = processor_s(process)
        answers = [await asked.get(path) for _ in range(times)]
        used_ms = (processor_s(process) - before) * 1000 / times
        assets = sum([(await asked.get(asset)).transferred for asset in sorted(_assets(first, path))])
    return Timed(
        words=words,
        path=path,
        status=first.status,
        took_ms=tuple(one.took_ms for one in answers),
        server_ms=used_ms,
        kb=(first.transferred + assets) / 1000,
    )


def _assets(page: Answer, path: str) -> set[str]:
    """Where style, scripts and pictures of a page are."""
    if not page.headers.get("content-type", "").startswith("text/html"):
        return set()
    return {urljoin(path, link) for link in ASSET.findall(page.body.decode())}


async def is_stream(port: int, path: str) -> bool:
    """Whether the answer goes on."""
    async with line(port, "streams") as asked:
        _status, headers, _length = await asked.ask(path)
        return headers.get("content-type", "").startswith(STREAM)
