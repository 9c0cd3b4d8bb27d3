"""What a job leaves: its result, or why there is none, and each attempt's error."""

from __future__ import annotations

import logging
import re
from datetime import date
from decimal import Decimal
from io import StringIO
from pathlib import Path

import pytest
from pydantic import BaseModel
from rich.console import Console

from headway import JobFailed, Jobs, ResultRef, State, Worker
from headway.cli.screen import page_group
from headway.view import records
from headway.view.pages import detail_page
from headway.view.secrets import Masking
from tests.acceptance.moments import AT_ONCE, WAIT_S


class Bill(BaseModel):
    total: Decimal
    day: date
    parts: list[int]


def test_a_model_comes_back_equal_and_of_its_type(jobs: Jobs) -> None:
    bill = Bill(total=Decimal("1.10"), day=date(2026, 5, 1), parts=[1, 2])

    def makes() -> Bill:
        return bill

    with Worker(jobs):
        ref = jobs.register(makes, name="makes").enqueue()
        assert ref.result(WAIT_S) == bill
    assert jobs.get(ref.id).result(0) == bill


def test_a_result_over_the_limit_completes_the_job_without_it_and_keeps_its_size(tmp_path: Path) -> None:
    with Jobs(tmp_path / "store", result_max_bytes=1_000_000) as jobs, Worker(jobs):
        ref = jobs.register(lambda: "x" * 2_000_000, name="big").enqueue()
        status = ref.wait(WAIT_S)
        assert (status.state, status.code) == (State.COMPLETED, "result_omitted")
        detail = ref.detail()
        assert (detail.result, ref.result(0)) == (None, None)
        assert 2_000_000 <= (detail.result_size or 0) < 2_000_100


def test_a_result_that_cannot_be_stored_completes_with_a_warning_or_fails_when_strict(
    jobs: Jobs, tmp_path: Path
) -> None:
    def closes() -> object:
        with (tmp_path / "file").open("w") as file:
            return file

    lenient = jobs.register(closes, name="lenient")
    strict = jobs.register(closes, name="strict", strict=True, retries=3, backoff=AT_ONCE)
    with Worker(jobs):
        refs = [lenient.enqueue(), strict.enqueue()]
        statuses = [ref.wait(WAIT_S) for ref in refs]
    assert [(one.state, one.code) for one in statuses] == [
        (State.COMPLETED, "result_not_storable"), (State.FAILED, "result_not_storable"),
    ]  # fmt: skip
    assert refs[0].detail().result is None
    assert [one.line.level for one in refs[0].log()] == [logging.WARNING]
    assert len(refs[1].detail().attempts) == 1


def test_each_failed_attempt_keeps_type_message_and_traceback_with_a_bounded_message(jobs: Jobs) -> None:
    def body() -> None:
        raise ValueError("x" * 1_000_000)

    with Worker(jobs):
        ref = jobs.register(body, name="body", retries=1, backoff=AT_ONCE).enqueue()
        ref.wait(WAIT_S)
    errors = [attempt.error for attempt in ref.detail().attempts]
    assert len(errors) == 2
    for error in errors:
        assert error is not None
        assert (error.type, len(error.message) < 20_000) == ("ValueError", True)
        assert "raise ValueError" in error.traceback
    with pytest.raises(JobFailed) as raised:
        ref.result(0)
    assert raised.value.attempts == 2


def test_a_result_that_is_an_address_comes_back_as_one_and_is_shown_as_a_link(jobs: Jobs) -> None:
    def writes(where: str) -> ResultRef:
        return ResultRef(where)

    with Worker(jobs):
        ref = jobs.register(writes, name="writes").enqueue("s3://reports/2026/11.pdf")
        address = ref.result(WAIT_S)
        assert (type(address), address) == (ResultRef, "s3://reports/2026/11.pdf")
    detail = ref.detail()
    assert detail.result == '"s3://reports/2026/11.pdf"'
    assert records.detail(detail, Masking())["result_link"] == "s3://reports/2026/11.pdf"
    terminal = Console(
        force_terminal=True, color_system="standard", legacy_windows=False, width=80, file=StringIO(), _environ={}
    )
    terminal.print(page_group(detail_page(detail, Masking(), now_us=jobs.clock.now_us()), address))
    shown = terminal.file.getvalue()  # type: ignore[attr-defined] # the StringIO from above
    assert re.search(r'\x1b]8;[^;]*;s3://reports/2026/11\.pdf\x1b\\"s3://reports/2026/11\.pdf"', shown)


def test_an_address_that_would_be_code_leaves_the_job_completed_without_it_or_failed_when_strict(jobs: Jobs) -> None:
    lenient = jobs.register(lambda: ResultRef("javascript:alert(1)"), name="lenient")
    strict = jobs.register(lambda: ResultRef("data:text/html,x"), name="strict", strict=True, backoff=AT_ONCE)
    with Worker(jobs):
        refs = [lenient.enqueue(), strict.enqueue()]
        statuses = [ref.wait(WAIT_S) for ref in refs]
    assert [(one.state, one.code) for one in statuses] == [
        (State.COMPLETED, "result_not_storable"), (State.FAILED, "result_not_storable"),
    ]  # fmt: skip
    assert [ref.detail().result for ref in refs] == [None, None]
    assert "must begin with one of" in (statuses[0].reason or "")
    assert len(refs[1].detail().attempts) == 1


def test_a_job_may_keep_no_result_at_all(jobs: Jobs) -> None:
    job = jobs.register(lambda: "secret", name="job", store_result=False)
    with Worker(jobs):
        none, kept = job.enqueue(), job.using(store_result=True).enqueue()
        assert (none.wait(WAIT_S).state, none.result(0)) == (State.COMPLETED, None)
        assert kept.result(WAIT_S) == "secret"
    assert none.detail().result is None
