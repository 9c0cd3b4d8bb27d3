"""What a host has to say: an attempt's last words go with its ending, and no ending is lost unnoticed."""

from __future__ import annotations

import pytest

from headway.model.outcome import Ending, EndKind, LogLine, Report
from headway.run.outbox import Outbox, folded
from headway.run.runner import Batch


def ending(id_: int, report: Report | None = None) -> Ending:
    return Ending(id_, 1, EndKind.RETURNED, 0, 0, report=report)


def report(id_: int, text: str, fraction: float | None = None, status: str | None = None) -> Report:
    return Report(id_, 1, fraction=fraction, status=status, lines=(LogLine(0, 20, text),), skipped=1)


def test_reports_of_attempts_that_end_in_the_same_batch_go_into_their_endings_in_order() -> None:
    endings, rest = folded(
        [ending(1, report(1, "third", status="done")), ending(2)],
        [report(1, "first", 0.1, "busy"), report(3, "other"), report(1, "second", 0.5), report(2, "only")],
    )
    assert rest == [report(3, "other")]
    last = endings[0].report
    assert last is not None
    assert [line.text for line in last.lines] == ["first", "second", "third"]
    assert (last.fraction, last.status, last.skipped) == (0.5, "done", 3)
    assert endings[1].report == report(2, "only")


def test_a_report_without_an_ending_stays_one() -> None:
    assert folded([], [report(1, "a")]) == ([], [report(1, "a")])


def test_endings_that_cannot_be_delivered_break_a_host_of_its_own(caplog: pytest.LogCaptureFixture) -> None:
    told: list[str] = []

    def fail(_batch: Batch) -> None:
        raise LookupError("planted")

    Outbox(fail, lambda: 0.0, told.append).end([ending(1)])
    assert told == ["the delivery of endings broke because of a defect: LookupError: planted"]
    assert "a batch of 1 endings could not be delivered" in caplog.text
