"""Storing calls: what is stored, what is refused before anything is stored, and what one ref_id means."""

import functools
import json
from datetime import UTC, datetime, timedelta
from typing import Any

import msgspec
import pytest

from headway import (
    ArgumentsInvalid,
    Context,
    DuplicateRefId,
    Exponential,
    HandlerRefused,
    HandlerUnknown,
    JobNotFound,
    Jobs,
    NameInvalid,
    OptionInvalid,
    OptionUnknown,
    PayloadTooLarge,
    Priority,
    State,
)
from headway.model.handler import OnInterrupt, Overrides
from tests.client.turns import Turns
from tests.conformance.owned_clock import SECOND_US, START_US


def send(to: str, subject: str, body: str = "") -> int:
    return len(to + subject + body)


async def fetch(url: str) -> bytes:
    return url.encode()


def with_context(ctx: Context, number: int) -> int:
    return ctx.id + number


def ping() -> None: ...


def nothing_stored(jobs: Jobs) -> bool:
    return sum(jobs.counts().values()) == 0


def test_the_job_is_stored_under_its_name_with_its_arguments_by_name(jobs: Jobs) -> None:
    ref = jobs.register(send, name="send").enqueue("ann", subject="Hello")
    detail = ref.detail()
    assert (detail.row.name, detail.row.state, json.loads(detail.payload or "")) == (
        "send",
        State.QUEUED,
        {"to": "ann", "subject": "Hello"},
    )
    assert (detail.row.id, detail.row.ref_id) == (ref.id, ref.ref_id)


def test_a_job_without_arguments_has_an_empty_payload(jobs: Jobs) -> None:
    assert jobs.register(ping).enqueue().detail().payload == "{}"


def test_the_context_is_no_argument_of_the_caller(jobs: Jobs) -> None:
    ref = jobs.register(with_context, takes_context=True).enqueue(5)
    assert json.loads(ref.detail().payload or "") == {"number": 5}


async def test_the_awaited_twins_store_the_same(jobs: Jobs) -> None:
    job = jobs.register(fetch, name="fetch")
    one = await job.aenqueue("a")
    two = await jobs.aenqueue(job.call("b"))
    three, four = await jobs.aenqueue_many([job.call("c"), job.call("d")])
    five = await jobs.aenqueue_by_name("fetch", {"url": "e"})
    payloads = [json.loads((await ref.adetail()).payload or "")["url"] for ref in (one, two, three, four, five)]
    assert payloads == ["a", "b", "c", "d", "e"]


async def test_a_blocking_enqueue_in_a_coroutine_does_not_lock_up(jobs: Jobs) -> None:
    assert jobs.register(fetch).enqueue("a").status().state is State.QUEUED


def test_ten_thousand_calls_are_one_transaction(jobs: Jobs) -> None:
    job = jobs.register(send)
    refs = jobs.enqueue_many(job.call("ann", str(number)) for number in range(10_000))
    assert len({ref.id for ref in refs}) == 10_000
    assert jobs.counts()[State.QUEUED] == 10_000
    assert json.loads(refs[7].detail().payload or "")["subject"] == "7"


def test_many_are_all_or_none(jobs: Jobs) -> None:
    job = jobs.register(send)
    job.using(ref_id="there").enqueue("ann", "one")
    with pytest.raises(DuplicateRefId):
        jobs.enqueue_many([job.call("bob", "new"), job.using(ref_id="there").call("ann", "another")])
    assert jobs.counts()[State.QUEUED] == 1


def test_no_calls_are_no_transaction(jobs: Jobs) -> None:
    assert jobs.enqueue_many([]) == []


# -- options ---------------------------------------------------------------------------------------------------------


def test_a_job_without_options_takes_the_defaults_of_its_jobs(tmp_path: Any) -> None:
    with Jobs(tmp_path / "s", default_retries=7, default_queue="usual") as jobs:
        row = jobs.register(ping).enqueue().detail().row
    assert (row.queue, row.retries, row.priority, row.app) == ("usual", 7, 0, "default")


def test_the_call_beats_the_decorator_which_beats_the_jobs(jobs: Jobs) -> None:
    job = jobs.register(ping, retries=5, queue="declared", priority="high", tags=["a", "b", "a"])
    declared = job.enqueue().detail().row
    called = job.using(retries=0, queue="called", priority=Priority.LOW, tags=[]).enqueue().detail().row
    assert (declared.retries, declared.queue, declared.priority, declared.tags) == (5, "declared", 10, ("a", "b"))
    assert (called.retries, called.queue, called.priority, called.tags) == (0, "called", -10, ())


def test_using_leaves_the_job_as_it_was_and_adds_to_what_was_chosen(jobs: Jobs) -> None:
    job = jobs.register(ping)
    chosen = job.using(queue="mail").using(retries=1)
    assert (chosen.enqueue().detail().row.queue, job.enqueue().detail().row.queue) == ("mail", "default")


def test_facts_about_a_job_are_stored(jobs: Jobs, turns: Turns) -> None:
    job = jobs.register(ping)
    parent = job.using(priority=9).enqueue()
    ref = job.using(
        created_by="ann",
        user_id="17",
        batch_id="b-1",
        reply_to="mailto:ann@example.org",
        parent=parent,
        args={"k": [1]},
    ).enqueue()
    row = ref.detail().row
    assert (row.created_by, row.user_id, row.batch_id, row.reply_to, row.parent_id) == (
        "ann",
        "17",
        "b-1",
        "mailto:ann@example.org",
        parent.id,
    )
    turns.complete()
    claim = turns.claim()
    assert json.loads(claim.extras or "") == {"args": {"k": [1]}}


def test_only_what_the_call_changes_travels_as_its_overrides(jobs: Jobs, turns: Turns) -> None:
    job = jobs.register(ping, timeout=timedelta(seconds=9), strict=True)
    job.enqueue()
    assert turns.complete().options is None
    job.using(
        timeout=None, grace=timedelta(seconds=1), backoff=Exponential(factor=3), on_interrupt="fail", store_result=False
    ).enqueue()
    claim = turns.claim()
    overrides = msgspec.json.decode(claim.options or "", type=Overrides)
    assert (overrides.timeout_us, overrides.grace_us, overrides.store_result) == (None, SECOND_US, False)
    assert overrides.on_interrupt is OnInterrupt.FAIL
    assert claim.interrupt_fails
    assert Exponential.from_json(str(overrides.backoff)) == Exponential(factor=3)


def test_run_after_takes_a_delay_or_a_moment(jobs: Jobs) -> None:
    job = jobs.register(ping)
    delayed = job.using(run_after=timedelta(hours=1)).enqueue().status()
    at = job.using(run_after=datetime(2027, 2, 1, tzinfo=UTC)).enqueue().status()
    past = job.using(run_after=datetime(2020, 1, 1, tzinfo=UTC)).enqueue().status()
    assert (delayed.state, delayed.due - delayed.created) == (State.SCHEDULED, timedelta(hours=1))
    assert (at.state, at.due) == (State.SCHEDULED, datetime(2027, 2, 1, tzinfo=UTC))
    assert past.state is State.QUEUED
    assert job.using(run_after=timedelta(0)).enqueue().status().state is State.QUEUED


def test_expires_takes_a_duration_or_a_moment(jobs: Jobs) -> None:
    job = jobs.register(ping)
    assert job.using(expires=timedelta(seconds=5)).enqueue().detail().row.expires_us == START_US + 5 * SECOND_US
    moment = datetime(2027, 2, 1, tzinfo=UTC)
    assert job.using(expires=moment).enqueue().detail().row.expires_us == int(moment.timestamp()) * SECOND_US


def test_depends_on_takes_one_reference_or_several(jobs: Jobs) -> None:
    job = jobs.register(ping)
    one, two = job.enqueue(), job.enqueue()
    assert job.using(depends_on=one).enqueue().detail().parents == (one.id,)
    waiting = job.using(depends_on=[one, two, one]).enqueue()
    assert set(waiting.detail().parents) == {one.id, two.id}
    assert waiting.status().state is State.WAITING


def test_jobs_of_another_app_cannot_be_linked(jobs: Jobs, tmp_path: Any) -> None:
    with Jobs(tmp_path / "store", app="other") as other:
        stranger = other.register(ping).enqueue()
        with pytest.raises(OptionInvalid, match="belongs to the app 'other'"):
            jobs.register(ping).using(depends_on=stranger)


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"run_after": datetime(2026, 1, 1)}, "timezone.utc"),  # noqa: DTZ001 - that is the point
        ({"expires": datetime(2026, 1, 1)}, "timezone.utc"),  # noqa: DTZ001 - that is the point
        ({"run_after": timedelta(seconds=-1)}, "above 0"),
        ({"run_after": timedelta(days=4000)}, "at most 3650 days"),
        ({"run_after": float("nan")}, "timedelta"),
        (
            {"run_after": "tomorrow"},
            r"an aware datetime, or a duration such as timedelta\(seconds=30\), not 'tomorrow'",
        ),
        ({"run_after": timedelta(hours=2), "expires": timedelta(hours=1)}, "would have expired before it may start"),
        (
            {"run_after": datetime(2027, 1, 2, tzinfo=UTC), "expires": datetime(2027, 1, 2, tzinfo=UTC)},
            "would have expired before it may start",
        ),
        ({"timeout": 30}, r"timedelta\(seconds=30\)"),
        ({"timeout": timedelta(0)}, "above 0"),
        ({"timeout": timedelta(days=-1)}, "above 0"),
        ({"grace": None}, "duration"),
        ({"retries": -1}, "0 to 1000"),
        ({"retries": True}, "integer"),
        ({"retries": 1.5}, "integer"),
        ({"priority": "highest"}, "low, normal, high, urgent"),
        ({"priority": 10**9}, "-1000 to 1000"),
        ({"backoff": lambda _failures: timedelta(1)}, "code is not"),
        ({"on_interrupt": "panic"}, "'retry', 'fail'"),
        ({"store_result": 1}, "True or False"),
        ({"tags": "mail"}, "list"),
        ({"tags": [f"t{n}" for n in range(21)]}, "at most 20"),
        ({"args": {"when": datetime(2026, 1, 1, tzinfo=UTC), "x": {1, 2}, 3: 4}}, "text keys"),
        ({"args": {"x": object()}}, "JSON"),
        ({"args": {"x": float("inf")}}, "JSON"),
        ({"args": {"x": "y" * 70_000}}, "limit"),
        ({"depends_on": 17}, "Ref"),
        ({"depends_on": ["welcome-17"]}, "Ref"),
        ({"parent": 17}, "Ref"),
    ],
)
def test_a_value_that_an_option_cannot_have_is_refused_with_what_it_can(
    jobs: Jobs, options: dict[str, Any], words: str
) -> None:
    with pytest.raises(OptionInvalid, match=words):
        jobs.register(ping).using(**options)


@pytest.mark.parametrize(
    "options",
    [
        {"queue": ""},
        {"queue": " mail"},
        {"queue": 5},
        {"tags": ["a\nb"]},
        {"ref_id": "4711"},
        {"created_by": "x" * 201},
    ],
)
def test_names_are_checked(jobs: Jobs, options: dict[str, Any]) -> None:
    with pytest.raises(NameInvalid):
        jobs.register(ping).using(**options)


def test_an_unknown_option_names_the_nearest(jobs: Jobs) -> None:
    with pytest.raises(OptionUnknown, match="did you mean 'queue'"):
        jobs.register(ping).using(quue="mail")  # type: ignore[call-arg]


# -- what is refused before anything is stored -----------------------------------------------------------------------


def test_a_wrong_argument_stores_nothing(jobs: Jobs) -> None:
    job = jobs.register(send)
    for args, kwargs, words in (
        ((17, "x"), {}, "to: expected `str`"),
        (("a",), {}, "missing"),
        (("a", "b", "c", "d"), {}, "takes from 2 to 3"),
        (("a",), {"subjet": "b"}, "did you mean 'subject'"),
    ):
        with pytest.raises(ArgumentsInvalid, match=words):
            job.enqueue(*args, **kwargs)  # type: ignore[arg-type]
    assert nothing_stored(jobs)


def test_a_payload_over_the_limit_stores_nothing_and_names_both_sizes(tmp_path: Any) -> None:
    with Jobs(tmp_path / "s", payload_max_bytes=100) as jobs:
        with pytest.raises(PayloadTooLarge, match="limit is 100") as caught:
            jobs.register(send).enqueue("ann", "x" * 200)
        assert (caught.value.limit, caught.value.size > 200) == (100, True)
        assert nothing_stored(jobs)


def test_what_is_no_call_is_refused_with_what_to_write(jobs: Jobs) -> None:
    for given, words in (
        (lambda: None, "is no job: it is a lambda"),
        (send, "send is no job: decorate it"),
        (functools.partial(send, "a"), "give its function"),
        ("ping", r"job.call\(\.\.\.\)"),
    ):
        with pytest.raises(HandlerRefused, match=words):
            jobs.enqueue(given)  # type: ignore[arg-type]
    assert nothing_stored(jobs)


def test_a_parent_that_does_not_exist_stores_nothing(jobs: Jobs, tmp_path: Any) -> None:
    with Jobs(tmp_path / "elsewhere") as elsewhere:
        elsewhere.register(ping).enqueue()
        stranger = elsewhere.register(ping).enqueue()
        with pytest.raises(JobNotFound):
            jobs.register(ping).using(depends_on=stranger).enqueue()
    assert nothing_stored(jobs)


# -- one ref_id ------------------------------------------------------------------------------------------------------


def test_the_same_ref_id_and_content_is_the_same_job(jobs: Jobs) -> None:
    job = jobs.register(send)
    first = job.using(ref_id="welcome-17").enqueue("ann", subject="Hello")
    second = job.using(ref_id="welcome-17").enqueue(to="ann", subject="Hello")
    assert (first, first.existing, second.existing, second.id) == (second, False, True, first.id)


@pytest.mark.parametrize(("args", "options"), [(("bob", "Hello"), {}), (("ann", "Hello"), {"user_id": "5"})])
def test_the_same_ref_id_with_other_content_is_refused(jobs: Jobs, args: tuple[str, str], options: Any) -> None:
    job = jobs.register(send)
    job.using(ref_id="welcome-17").enqueue("ann", "Hello")
    with pytest.raises(DuplicateRefId, match="welcome-17"):
        job.using(ref_id="welcome-17", **options).enqueue(*args)


def test_when_and_where_it_runs_is_no_part_of_the_content(jobs: Jobs) -> None:
    job = jobs.register(send)
    first = job.using(ref_id="welcome-17").enqueue("ann", "Hello")
    again = job.using(ref_id="welcome-17", queue="mail", run_after=timedelta(hours=1), retries=9).enqueue(
        "ann", "Hello"
    )
    assert again.id == first.id


def test_the_order_of_sets_and_dicts_is_no_part_of_the_content(jobs: Jobs) -> None:
    def count(names: set[str], by: dict[str, int]) -> None: ...

    job = jobs.register(count, name="count")
    names = [f"name-{number}" for number in range(50)]
    first = job.using(ref_id="r").enqueue(set(names), {"a": 1, "b": 2})
    assert job.using(ref_id="r").enqueue({*reversed(names)}, {"b": 2, "a": 1}).id == first.id


# -- by name ---------------------------------------------------------------------------------------------------------


def test_a_handler_can_be_asked_for_by_name_and_alias(jobs: Jobs) -> None:
    jobs.register(send, name="send", aliases=["mail"], queue="mail")
    for name in ("send", "mail"):
        row = jobs.enqueue_by_name(name, {"to": "ann", "subject": "x"}, priority=3).detail().row
        assert (row.name, row.queue, row.priority) == ("send", "mail", 3)


def test_arguments_given_by_name_are_checked_and_may_be_json_texts(jobs: Jobs) -> None:
    def remind(at: datetime) -> None: ...

    jobs.register(remind, name="remind")
    ref = jobs.enqueue_by_name("remind", {"at": "2026-01-01T00:00:00Z"})
    assert json.loads(ref.detail().payload or "")["at"].startswith("2026-01-01T00:00:00")
    with pytest.raises(ArgumentsInvalid, match="unexpected argument"):
        jobs.enqueue_by_name("remind", {"at": "2026-01-01T00:00:00Z", "zone": "UTC"})
    with pytest.raises(ArgumentsInvalid, match="at"):
        jobs.enqueue_by_name("remind", {"at": "tomorrow"})
    assert jobs.counts()[State.QUEUED] == 1


def test_an_unknown_name_is_refused_unless_it_is_allowed(jobs: Jobs) -> None:
    jobs.register(send, name="send")
    with pytest.raises(HandlerUnknown, match="did you mean 'send'"):
        jobs.enqueue_by_name("sned", {"to": "ann"})
    ref = jobs.enqueue_by_name("elsewhere:job", {"n": [1, None, "x"]}, allow_unknown=True, queue="far", ref_id="far-1")
    again = jobs.enqueue_by_name(
        "elsewhere:job", {"n": [1, None, "x"]}, allow_unknown=True, queue="far", ref_id="far-1"
    )
    row = ref.detail().row
    assert (row.name, row.queue, row.retries, again.id) == ("elsewhere:job", "far", 2, ref.id)


@pytest.mark.parametrize("arguments", [{"x": object()}, {"x": float("nan")}, {1: 2}, [1], None])
def test_an_unknown_handler_takes_plain_json_only(jobs: Jobs, arguments: Any) -> None:
    with pytest.raises(ArgumentsInvalid):
        jobs.enqueue_by_name("elsewhere:job", arguments, allow_unknown=True)


def test_two_jobs_in_one_process_know_nothing_of_each_other(tmp_path: Any) -> None:
    with Jobs(tmp_path / "a") as one, Jobs(tmp_path / "b") as two:
        one.register(send, name="send").enqueue("ann", "x")
        assert (one.counts()[State.QUEUED], two.counts()[State.QUEUED]) == (1, 0)
        assert two.registry.find("send") is None
