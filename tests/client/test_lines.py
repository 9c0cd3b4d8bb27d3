"""The options that put a job into a line: what they accept, how they merge, and what is stored."""

from datetime import timedelta
from typing import Any

import pytest

from headway import Jobs, NameInvalid, OptionInvalid, Rate
from headway.model.rate import Window

MINUTE = Rate(10, per=timedelta(minutes=1))


def send(to: str) -> str:
    return to


def test_a_worker_and_a_key_of_the_call_are_stored_with_the_job(jobs: Jobs) -> None:
    job = jobs.register(send, name="send")
    ref = job.using(worker="smtp", concurrency_key="ann", concurrency_limit=3).enqueue("ann")
    row = jobs.store.reader.call(jobs.store.reader.job(ref.id))
    assert row is not None
    assert (row.lane, row.key, row.key_limit) == ("smtp", "ann", 3)
    assert (ref.status().worker, ref.status().concurrency_key) == ("smtp", "ann")


def test_what_is_declared_holds_for_every_call_by_whatever_way(jobs: Jobs) -> None:
    job = jobs.register(send, name="send", worker="smtp", concurrency_key="all")
    refs = [job.enqueue("a"), jobs.enqueue(send, "b"), jobs.enqueue_by_name("send", {"to": "c"})]
    rows = [jobs.store.reader.call(jobs.store.reader.job(ref.id)) for ref in refs]
    assert {(row.lane, row.key, row.key_limit) for row in rows if row is not None} == {("smtp", "all", 1)}


def test_a_key_of_the_call_wins_over_the_declared_one(jobs: Jobs) -> None:
    job = jobs.register(send, name="send", concurrency_key="all", concurrency_limit=4)
    status = job.using(concurrency_key="ann").enqueue("ann").status()
    assert status.concurrency_key == "ann"


def test_a_rate_of_the_key_is_stored_with_the_job_whether_declared_or_chosen(jobs: Jobs) -> None:
    job = jobs.register(send, name="send", concurrency_key="all", concurrency_limit=4, key_rate=MINUTE)
    chosen = job.using(concurrency_key="ann", key_rate=Rate(3, per=timedelta(seconds=5)))
    refs = [job.enqueue("a"), job.using(concurrency_key="ann").enqueue("b"), chosen.enqueue("c"), chosen.enqueue("d")]
    rows = [jobs.store.reader.call(jobs.store.reader.job(ref.id)) for ref in refs]
    assert [(row.key, row.key_limit, row.key_rate) for row in rows if row is not None] == [
        ("all", 4, MINUTE.window),
        ("ann", 4, MINUTE.window),
        ("ann", 4, Window(3, 5_000_000)),
        ("ann", 4, Window(3, 5_000_000)),
    ]


def test_a_declared_worker_refuses_another_one_loudly(jobs: Jobs) -> None:
    job = jobs.register(send, name="send", worker="smtp")
    with pytest.raises(OptionInvalid, match=r"send was declared with worker='smtp'.* leave out worker='fax'"):
        job.using(worker="fax")
    with pytest.raises(OptionInvalid, match="declared with worker='smtp'"):
        jobs.enqueue_by_name("send", {"to": "ann"}, worker="fax")
    assert sum(jobs.counts().values()) == 0
    assert job.using(worker="smtp").enqueue("ann").status().worker == "smtp"


@pytest.mark.parametrize(
    ("options", "error", "said"),
    [
        ({"worker": "smtp\n"}, NameInvalid, "cannot be printed"),
        ({"worker": ""}, NameInvalid, "is empty"),
        ({"worker": "x" * 201}, NameInvalid, "the limit is 200"),
        ({"worker": 7}, NameInvalid, "must be a str"),
        ({"concurrency_key": "x" * 201}, NameInvalid, "the limit is 200"),
        ({"concurrency_key": "a\x00b"}, NameInvalid, "cannot be printed"),
        ({"concurrency_key": "k", "concurrency_limit": 0}, OptionInvalid, "from 1 to 1000"),
        ({"concurrency_key": "k", "concurrency_limit": 1001}, OptionInvalid, "from 1 to 1000"),
        ({"concurrency_key": "k", "concurrency_limit": True}, OptionInvalid, "from 1 to 1000"),
        ({"concurrency_limit": 2}, OptionInvalid, "give the concurrency_key with it"),
        (
            {"key_rate": MINUTE},
            OptionInvalid,
            "key_rate=Rate.* of one concurrency_key may start: give the concurrency_key",
        ),
        ({"concurrency_key": "k", "key_rate": 10}, OptionInvalid, "key_rate must be a Rate such as"),
        ({"concurrency_key": "k", "key_rate": None}, OptionInvalid, "key_rate must be a Rate such as"),
    ],
)
def test_bad_options_are_one_clear_error_and_nothing_is_stored(
    jobs: Jobs, options: dict[str, Any], error: type[Exception], said: str
) -> None:
    job = jobs.register(send, name="send")
    with pytest.raises(error, match=said):
        job.using(**options).enqueue("ann")
    with pytest.raises(error, match=said):
        jobs.register(lambda: None, name="declared", **options)
    assert sum(jobs.counts().values()) == 0


def test_the_line_is_no_part_of_what_two_calls_under_one_ref_id_must_agree_in(jobs: Jobs) -> None:
    job = jobs.register(send, name="send").using(ref_id="welcome-17")
    first = job.enqueue("ann")
    assert job.using(worker="smtp", concurrency_key="ann").enqueue("ann").id == first.id


def test_a_filter_finds_the_jobs_of_a_worker(jobs: Jobs) -> None:
    job = jobs.register(send, name="send")
    ref = job.using(worker="smtp").enqueue("ann")
    job.using(worker="fax").enqueue("ann")
    job.enqueue("ann")
    assert [row.id for row in jobs.list(worker="smtp").rows] == [ref.id]
