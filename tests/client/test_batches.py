"""Batches of a Jobs: what they are before and after they are stored, and what is refused."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from headway import BatchClosed, BatchFull, BatchNotFound, BatchRef, HandlerRefused, Jobs, OptionInvalid
from headway.client import drafting


@pytest.fixture
def jobs(tmp_path: Path) -> Iterator[Jobs]:
    with Jobs(tmp_path / "store", durability="relaxed") as made:
        made.register(lambda: None, name="work")
        yield made


def work(jobs: Jobs, **options: object):
    return jobs.call_by_name("work", {}).using(**options)  # type: ignore[arg-type]


def test_a_draft_has_a_name_from_the_first_and_a_number_and_jobs_from_its_end(jobs: Jobs) -> None:
    with jobs.batch("b") as draft:
        draft.add(work(jobs))
        assert (draft.name, draft.refs, draft.batch_ref) == ("b", (), BatchRef("default", "b"))
        with pytest.raises(BatchNotFound, match="end of its with block"):
            _ = draft.id
        with pytest.raises(BatchNotFound, match="end of its with block"):
            draft.enqueue(work(jobs))
    assert draft.id == 1
    assert jobs.get(draft.refs[0].id) == draft.refs[0]
    with pytest.raises(BatchClosed, match="stored"):
        draft.add(work(jobs))
    with pytest.raises(BatchClosed, match="stored already"), draft:
        pass


def test_a_job_that_depends_on_a_draft_waits_for_it(jobs: Jobs) -> None:
    draft = jobs.batch("b")
    waits = jobs.enqueue(work(jobs, depends_on=draft))
    assert waits.status().state == "waiting"
    with draft:
        pass
    assert waits.status().state == "queued"


def test_a_batch_is_no_parent(jobs: Jobs) -> None:
    for batch in (jobs.batch("draft"), jobs.open_batch("b"), jobs.batch_ref("c")):
        with pytest.raises(OptionInvalid, match="parent must be a Ref"):
            work(jobs, parent=batch)


def test_a_draft_takes_so_many_and_no_more(jobs: Jobs, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(drafting, "JOBS_MAX", 2)
    with jobs.batch("b") as draft:
        draft.add(work(jobs))
        draft.add(work(jobs))
        with pytest.raises(OptionInvalid, match=r"use jobs\.open_batch"):
            draft.add(work(jobs))
    with jobs.batch("c", total=1) as draft:
        draft.add(work(jobs))
        with pytest.raises(BatchFull, match="a total of 1"):
            draft.add(work(jobs))
    assert draft.status().closed is not None


def test_the_same_batch_is_equal_wherever_it_comes_from(jobs: Jobs, tmp_path: Path) -> None:
    opened = jobs.open_batch("b")
    assert opened == jobs.get_batch("b") != jobs.open_batch("c")
    assert len({opened, jobs.get_batch("b")}) == 1
    assert opened != "b"
    assert repr(opened) == "<Batch b>"
    with Jobs(tmp_path / "other") as other:
        assert other.open_batch("b") != opened


def test_callbacks_of_calls_in_a_batch_are_called_as_ever(jobs: Jobs) -> None:
    told: list[object] = []
    with jobs.batch("b") as draft:
        draft.add(work(jobs, on_failure=told.append))
    draft.cancel()
    from tests.acceptance.moments import until

    until(lambda: told)


def test_a_purged_batch_is_said_to_be_gone(jobs: Jobs) -> None:
    with jobs.batch("b") as draft:
        pass
    later = jobs.clock.now_us() + 1
    jobs.store.call(jobs.store.purge(completed_before_us=later, failed_before_us=later))
    with pytest.raises(BatchNotFound, match="no batch 'b' of the app 'default' in"):
        draft.status()
    with pytest.raises(BatchNotFound):
        draft.cancel()
    with pytest.raises(BatchNotFound):
        draft.enqueue(work(jobs))
    with pytest.raises(BatchNotFound):
        jobs.read_batch(draft.id)


@pytest.mark.parametrize("option", ["on_success", "on_finish"])
@pytest.mark.parametrize(
    ("given", "why"),
    [
        (3, " takes what job.call(...) returns, not 3"),
        ("work", " takes what job.call(...) returns, not 'work'"),
        (print, ": print is no job"),
    ],
)
def test_what_is_no_call_is_refused_with_the_name_of_the_option(
    jobs: Jobs, option: str, given: object, why: str
) -> None:
    with pytest.raises(HandlerRefused) as refused:
        jobs.batch("b", **{option: given})  # type: ignore[arg-type]
    assert str(refused.value).startswith(option + why)
    assert jobs.batches() == ()
