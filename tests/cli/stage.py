"""A real store with jobs in known states, and the command line run on it in this process."""

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from click.testing import CliRunner, Result

from headway.cli.main import root
from headway.model.claim import Claim, NewJob
from headway.model.clock import SystemClock
from headway.model.job import State
from headway.model.outcome import EndKind, ErrorText, LogLine, Report, Settlement
from headway.store.open import open_store
from headway.store.protocol import Ask, NodeInfo, Store

LEASE_US = 60_000_000
NAMES = frozenset({"shop:send", "shop:report"})


@dataclass(frozen=True, slots=True)
class Said:
    """What a command said."""

    code: int
    out: str
    err: str

    @property
    def json(self) -> Any:
        return json.loads(self.out)

    @property
    def lines(self) -> list[str]:
        return self.out.splitlines()


def run(*words: object, env: dict[str, str] | None = None) -> Said:
    """Run the command line; an error that escapes it is the test's."""
    result: Result = CliRunner().invoke(root, [str(word) for word in words], env=env, catch_exceptions=False)
    return Said(result.exit_code, result.stdout, result.stderr)


class Stage:
    """A store and a node that works on it by hand."""

    def __init__(self, place: Path) -> None:
        self.place = place
        self.store: Store = open_store(str(place))
        self.node: int | None = None

    def add(self, name: str = "shop:send", **given: Any) -> int:
        number = len(self.ids())
        job = NewJob(**({"ref_id": f"ref-{number}", "name": name, "payload": '{"to": "ann"}', "queue": "mail"} | given))
        return self.store.call(self.store.enqueue([job]))[0].id

    def ids(self) -> tuple[int, ...]:
        from headway.store.protocol import JobFilter

        return self.store.reader.call(self.store.reader.ids(JobFilter()))

    def claim(self, limit: int = 1) -> tuple[Claim, ...]:
        if self.node is None:
            info = NodeInfo(
                uid="node-1",
                app="default",
                host="here",
                pid=1,
                names=tuple(NAMES),
                queues=None,
                concurrency=4,
                version="1",
            )
            self.node = self.store.call(self.store.register(info, lease_us=LEASE_US))
        asks = (Ask(limit=limit, names=NAMES),)
        return self.store.call(self.store.exchange(self.node, asks=asks, lease_us=LEASE_US)).claims

    def settle(self, claim: Claim, state: State, kind: EndKind, **given: Any) -> None:
        now = SystemClock().now_us()
        fields: dict[str, Any] = {
            "id": claim.id, "epoch": claim.epoch, "state": state, "kind": kind, "started_us": claim.claimed_us,
            "finished_us": now, "due_delay_us": 0, "tries": claim.tries, "crashes": 0, "suspect": 0,
        }  # fmt: skip
        assert self.node is not None
        exchange = self.store.exchange(self.node, settlements=(Settlement(**(fields | given)),), lease_us=LEASE_US)
        assert self.store.call(exchange).accepted == (True,)

    def complete(self, *, result: str = "7", **given: Any) -> int:
        job = self.add(**({"priority": 1} | given))  # so that it is the next to be claimed
        self.settle(self.claim()[0], State.COMPLETED, EndKind.RETURNED, result=result)
        return job

    def fail(self, **given: Any) -> int:
        job = self.add(**({"priority": 1} | given))  # so that it is the next to be claimed
        error = ErrorText(
            "ValueError", "no such street", "Traceback (most recent call last):\nValueError: no such street"
        )
        self.settle(
            self.claim()[0],
            State.FAILED,
            EndKind.RAISED,
            tries=3,
            code="ValueError",
            reason="no such street",
            error=error,
        )
        return job

    def start(self, *texts: str, **given: Any) -> int:
        job = self.add(**({"priority": 1} | given))  # so that it is the next to be claimed
        self.report(self.claim()[0], *texts)
        return job

    def report(self, claim: Claim, *texts: str, fraction: float = 0.4) -> None:
        lines = tuple(LogLine(SystemClock().now_us(), 20, text) for text in texts)
        report = Report(claim.id, claim.epoch, fraction, "checking", lines=lines)
        assert self.node is not None
        self.store.call(self.store.exchange(self.node, reports=(report,), lease_us=LEASE_US))

    def state(self, job: int) -> State:
        row = self.store.reader.call(self.store.reader.job(job))
        assert row is not None
        return row.state

    def run(self, *words: object) -> Said:
        return run(*words, "--store", self.place)
