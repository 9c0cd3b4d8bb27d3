"""Every address of the console that is only looked at, taken from the tables of its routes: none can be left out."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import quote, urlencode

from bench.history import RARE_TAG
from bench.shop import jobs
from bench.webserver import MOUNT, allow
from headway.model.job import State
from headway.model.sort import read_sort
from headway.store.open import open_store
from headway.store.protocol import JobFilter
from headway.web.api import table as operations
from headway.web.app import console_of, page_routes
from headway.web.route import Route

PAGES: list[tuple[str, str]] = [
    *((f"state {state}", f"q=state:{state}") for state in State),
    ("failed or cancelled", "q=state:failed state:cancelled"),
    ("a handler", "q=name:send_receipt"),
    ("a rare handler", "q=name:rotate_keys"),
    ("a handler's failures", "q=name:send_receipt state:failed"),
    ("a queue", "q=queue:mail"),
    ("a tag", "q=tag:europe"),
    ("a rare tag", f"q=tag:{RARE_TAG}"),
    ("created by", "q=created_by:ada@shop.example"),
    ("a batch", "q=batch:campaign-100"),
    ("a schedule", "q=schedule:send_receipt-0"),
    ("a code", "q=code:timeout"),
    ("since an hour", "q=since:1h"),
    ("an old day", "q=since:40d until:39d"),
    ("a word", "q=customer"),
    ("a word that is nowhere", "q=nothing-like-it"),
    ("by duration", "sort=-duration"),
    ("by end", "sort=-ended"),
    ("by attempts", "sort=-attempts"),
    ("failed, by duration", "q=state:failed&sort=-duration"),
]
"""Looks at the list of jobs: words, and the query."""
LISTS = ("/jobs", "/api/")
SAMPLES = (State.COMPLETED, State.FAILED, State.RUNNING, State.QUEUED, State.WAITING)
BATCH = "campaign-100"
SCHEDULE = "send_receipt-0"
PARAMETER = re.compile(r"\{\w+(?::\w+)?\}")


def addresses(place: Path) -> Iterator[tuple[str, str]]:
    """Words and path of each; streams are not among them."""
    samples = dict(_samples(place))
    console = console_of(jobs, allow=allow)
    for prefix, routes in (("", page_routes(console)), ("/api", operations.ROUTES)):
        for route in routes:
            if route.method == "GET":
                yield from _of(prefix, route, samples)


def _of(prefix: str, route: Route, samples: dict[str, list[tuple[str, str]]]) -> Iterator[tuple[str, str]]:
    path = prefix + route.path
    if PARAMETER.search(path) is None:
        yield path, MOUNT + path + _query(path)
        if path in LISTS:
            for words, query in PAGES:
                pairs = [(name, value) for name, _, value in (part.partition("=") for part in query.split("&"))]
                yield f"{path}: {words}", f"{MOUNT}{path}?{urlencode(pairs)}"
        return
    key = path.split("{", maxsplit=1)[0].rstrip("/")
    if path.endswith("/revise"):
        key = path.split("/")[-1]
    for words, value in samples[key]:
        yield f"{path}: {words}", MOUNT + PARAMETER.sub(quote(value, safe=""), path)


def _query(path: str) -> str:
    """What a page cannot do without."""
    return {"/command": "?name=send_receipt", "/api/scheduler/preview": "?when=0+4+*+*+*"}.get(path, "")


def _samples(place: Path) -> Iterator[tuple[str, list[tuple[str, str]]]]:
    """By the path in front of a parameter: words and values."""
    store = open_store(str(place))
    try:
        reader = store.reader
        rows = {
            state.value: reader.call(reader.page(JobFilter(app="default", states=(state,)), limit=1)).rows[0]
            for state in SAMPLES
        }
        rows["archived"] = reader.call(reader.page(JobFilter(app="default"), limit=1, sort=read_sort("created"))).rows[
            0
        ]
    finally:
        store.close()
    shown = [(words, str(row.id)) for words, row in rows.items()]
    yield from (("/jobs", shown), ("/api", shown), ("revise", [one for one in shown if one[0] == State.QUEUED]))
    yield from (("/batches", [("a batch", "100")]), ("/api/batches", [("a batch", BATCH)]))
    yield from (("/recurring", [("a schedule", "1")]), ("/api/recurring", [("a schedule", SCHEDULE)]))
    yield "/api/queues", [("a queue", "mail")]
    yield "/api/handlers", [("a handler", "send_receipt")]
