"""What a handler can know and say through its Context."""

from __future__ import annotations

import contextvars
import threading
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import msgspec
import pytest

from headway.model.claim import NewJob
from headway.model.context import CURRENT, Context, NotInJob
from headway.model.errors import HeadwayError, JobInterrupted, OptionInvalid, PayloadInvalid
from headway.model.job import State
from headway.model.outcome import Report
from headway.model.parent import Parent
from headway.run.attempt import Attempt
from headway.run.runner import StopReason
from headway.run.site import Site
from tests.run.stage import Claims, Company, register


def attempt_of(payload: dict[str, Any] | None = None, company: Company | None = None, **fields: Any) -> Attempt:
    company = Company() if company is None else company

    @register(company.registry, "shop.send")
    def send() -> None: ...

    claim = Claims()("shop.send", payload, **fields)
    return Attempt(claim, company.registry.get("shop.send"), Site.of(company))


def last_report(attempt: Attempt) -> Report:
    report = attempt.report(last=True)
    assert report is not None
    return report


def test_everything_known_of_the_job_can_be_read() -> None:
    ctx = attempt_of(
        epoch=7, tries=2, crashes=1, retries=5, app="shop", queue="mail", tags='["a","b"]', created_by="ann",
        user_id="u1", batch_id="b1", reply_to="mailto:x", parent_id=3, parents=(4, 5), extras='{"args":{"k":[1]}}',
    ).context  # fmt: skip
    assert (ctx.id, ctx.ref_id, ctx.epoch, ctx.key, ctx.attempt, ctx.retries) == (1, "ref-1", 7, "shop:1", 4, 5)
    assert (ctx.name, ctx.app, ctx.queue, ctx.tags) == ("shop.send", "shop", "mail", ("a", "b"))
    assert (ctx.created_by, ctx.user_id, ctx.batch_id, ctx.reply_to) == ("ann", "u1", "b1", "mailto:x")
    assert (ctx.parent_id, ctx.parent_ids, ctx.args) == (3, (4, 5), {"k": [1]})
    assert (ctx.created, ctx.due) == (
        datetime(1970, 1, 1, 0, 0, 1, tzinfo=UTC),
        datetime(1970, 1, 1, 0, 0, 2, tzinfo=UTC),
    )


def test_what_was_not_given_is_empty() -> None:
    ctx = attempt_of().context
    assert (ctx.tags, ctx.args, ctx.parent_ids, ctx.created_by, ctx.state) == ((), {}, (), None, {})


@pytest.mark.parametrize(
    ("positional", "named"),
    [((50, "half"), {}), ((), {"done": 3, "total": 6, "message": "half"}), ((), {"fraction": 0.5, "message": "half"})],
)
def test_the_three_ways_to_report_progress_say_the_same(positional: tuple[Any, ...], named: dict[str, Any]) -> None:
    attempt = attempt_of()
    attempt.context.progress(*positional, **named)
    report = last_report(attempt)
    assert (report.fraction, report.message) == (0.5, "half")


@pytest.mark.parametrize(
    ("named", "fraction"),
    [
        ({"percent": -5}, 0.0),
        ({"percent": 250}, 1.0),
        ({"percent": 0.5}, 0.005),
        ({"fraction": 7}, 1.0),
        ({"done": 3, "total": 0}, 1.0),
        ({"fraction": float("nan")}, 0.0),
    ],
)
def test_progress_out_of_range_is_clamped(named: dict[str, Any], fraction: float) -> None:
    attempt = attempt_of()
    attempt.context.progress(**named)
    assert last_report(attempt).fraction == fraction


def test_a_report_without_message_keeps_the_earlier_one() -> None:
    attempt = attempt_of()
    attempt.context.progress(10, "ten")
    attempt.context.progress(20)
    report = last_report(attempt)
    assert (report.fraction, report.message) == (0.2, "ten")


def test_progress_without_a_number_says_what_it_takes() -> None:
    with pytest.raises(OptionInvalid, match="percentage"):
        attempt_of().context.progress(message="?")


def test_reports_that_never_exceed_one_percent_are_hinted_at() -> None:
    attempt = attempt_of()
    for value in (0.25, 0.5, 1.0):
        attempt.context.progress(value)
    assert ["a bare number is percent" in line.text for line in last_report(attempt).lines] == [True]


def test_the_last_status_counts_and_the_counters_are_reported_whole() -> None:
    attempt = attempt_of()
    ctx = attempt.context
    for text in ("one", "two", "three"):
        ctx.status(text)
    ctx.stats.sent += 1
    ctx.stats.sent += 1
    ctx.stats.failed = 0.5
    report = last_report(attempt)
    assert (report.status, report.stats) == ("three", '{"sent":2,"failed":0.5}')
    ctx.stats.sent += 1
    assert last_report(attempt).stats == '{"sent":3,"failed":0.5}'
    assert attempt.report(last=True) is None


def test_a_counter_must_be_a_number() -> None:
    with pytest.raises(TypeError, match=r"stats\.sent must be a number, not str"):
        attempt_of().context.stats.sent = "many"


def test_the_checkpoint_is_found_changed_and_reported_when_it_differs() -> None:
    attempt = attempt_of(checkpoint='{"at":{"n":500}}')
    assert attempt.context.state == {"at": {"n": 500}}
    assert attempt.report(last=True) is None
    attempt.context.state["at"]["n"] = 501
    assert last_report(attempt).checkpoint == '{"at":{"n":501}}'


def test_a_checkpoint_that_cannot_be_stored_is_told_once_and_nothing_fails() -> None:
    attempt = attempt_of()
    attempt.context.state["f"] = object()
    assert ["ctx.state was not saved" in line.text for line in last_report(attempt).lines] == [True]
    assert attempt.report(last=True) is None


def test_track_reports_each_step_and_stops_when_asked() -> None:
    attempt = attempt_of()
    steps = attempt.context.track("abcd", "letters")
    seen = [next(steps), next(steps)]
    attempt.stop = StopReason.CANCEL
    with pytest.raises(JobInterrupted, match="cancel"):
        next(steps)
    report = last_report(attempt)
    assert (seen, report.fraction, report.message) == (["a", "b"], 0.25, "letters")


def test_track_ends_at_the_whole_and_goes_without_a_length() -> None:
    attempt = attempt_of()
    assert list(attempt.context.track(iter([1, 2]), total=2)) == [1, 2]
    assert last_report(attempt).fraction == 1.0
    assert list(attempt.context.track(iter([1, 2]))) == [1, 2]
    assert attempt.report(last=True) is None


def test_the_token_and_the_context_tell_of_a_stop() -> None:
    attempt = attempt_of()
    ctx = attempt.context
    token = ctx.token
    ctx.check_cancelled()
    assert (ctx.cancelled, token.cancelled, token.reason) == (False, False, None)
    attempt.stop = StopReason.TIMEOUT
    assert (ctx.cancelled, token.cancelled, token.reason) == (True, True, "timeout")
    with pytest.raises(JobInterrupted, match="timeout"):
        ctx.raise_if_cancelled()


@dataclass
class Order:
    number: int
    lines: list[str]


def test_data_gives_the_arguments_as_one_value() -> None:
    assert attempt_of({"number": 1, "lines": ["x"]}).context.data(Order) == Order(1, ["x"])
    assert attempt_of({"order": {"number": 1, "lines": []}}).context.data(Order) == Order(1, [])


def test_data_that_is_missing_is_a_clear_error() -> None:
    with pytest.raises(PayloadInvalid, match=r"the arguments of shop\.send are no Order: .*`lines`"):
        attempt_of({"number": 1}).context.data(Order)
    with pytest.raises(PayloadInvalid, match=r"the arguments of shop\.send are no Order: .*`number`"):
        attempt_of({"lines": [], "note": "n"}).context.data(Order)


def test_current_is_the_job_of_this_context_only() -> None:
    attempt = attempt_of()

    def inside() -> tuple[Context, list[Context]]:
        CURRENT.set(attempt.context)
        seen: list[Context] = []
        copied = contextvars.copy_context()
        thread = threading.Thread(target=lambda: seen.append(copied.run(Context.current)))
        thread.start()
        thread.join()
        return Context.current(), seen

    assert contextvars.copy_context().run(inside) == (attempt.context, [attempt.context])
    with pytest.raises(NotInJob):
        Context.current()


def test_calls_tied_to_the_attempt_are_collected_with_their_parent() -> None:
    attempt = attempt_of()
    assert attempt.context.enqueue("mail") == "child"
    assert attempt.children is not None
    assert [(job.ref_id, job.name, job.parent_id) for job in attempt.children] == [("child", "mail", 1)]
    assert msgspec.json.decode(msgspec.json.encode(attempt.children), type=list[NewJob]) == attempt.children


def test_a_call_that_names_another_parent_keeps_it() -> None:
    attempt = attempt_of()
    attempt.context.enqueue(NewJob(ref_id="other", name="mail", payload="{}", parent_id=9))
    assert attempt.children is not None
    assert [job.parent_id for job in attempt.children] == [9]


def test_a_context_without_an_application_enqueues_nothing_and_reads_no_parents() -> None:
    claim = attempt_of(parents=(4,)).claim
    context = Context(claim, None)  # type: ignore[arg-type] # nothing is said
    with pytest.raises(HeadwayError, match="belongs to no application"):
        context.enqueue("a")
    with pytest.raises(HeadwayError, match="belongs to no application"):
        _ = context.parents


def parent(number: int) -> Parent:
    return Parent(id=number, ref_id=f"r-{number}", name="n", state=State.COMPLETED, arguments={}, result=number)


def test_parents_are_read_once_in_order_and_the_first_is_the_parent() -> None:
    company = Company(parents={4: parent(4), 5: parent(5)})
    context = attempt_of(company=company, parents=(5, 4)).context
    assert [one.id for one in context.parents] == [5, 4]
    assert context.parent is context.parents[0]
    assert company.reads == [(5, 4)]


async def test_awaited_parents_are_the_same_and_read_once() -> None:
    company = Company(parents={4: parent(4)})
    context = attempt_of(company=company, parents=(4,)).context
    assert await context.aparents() == (parent(4),)
    assert context.parents is await context.aparents()
    assert company.reads == [(4,)]


async def test_a_job_that_depended_on_nothing_has_no_parent_and_nothing_is_read() -> None:
    company = Company()
    context = attempt_of(company=company).context
    assert (context.parent, context.parents, await context.aparents()) == (None, (), ())
    assert company.reads == []
