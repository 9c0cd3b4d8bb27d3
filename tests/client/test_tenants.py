"""For whom jobs are done: said at the call, by the code around it, and by the job in whose body it is made."""

import asyncio
from datetime import timedelta

import pytest

import headway
from headway import Context, Jobs, NameInvalid, current_tenant
from headway.model.errors import DuplicateRefId
from tests.client.turns import Turns


def work(n: int = 0) -> str | None:
    return current_tenant()


def told(ctx: Context) -> list[str | None]:
    return [ctx.tenant, current_tenant()]


@pytest.fixture
def job(jobs: Jobs) -> headway.Job[..., str | None]:
    return jobs.register(work, name="work")


def tenant_of(jobs: Jobs, ref: headway.Ref[object]) -> str | None:
    row = jobs.store.reader.call(jobs.store.reader.job(ref.id))
    assert row is not None
    return row.tenant


def test_nobody_is_meant_unless_it_is_said(jobs: Jobs, job: headway.Job[..., str | None]) -> None:
    assert (current_tenant(), tenant_of(jobs, job.enqueue())) == (None, None)


def test_it_is_taken_from_the_block_around_and_a_call_is_stronger(
    jobs: Jobs, job: headway.Job[..., str | None]
) -> None:
    with headway.tenant("acme"):
        assert current_tenant() == "acme"
        inside, other = job.enqueue(), job.using(tenant="umbrella").enqueue()
        nobody = job.using(tenant=None).enqueue()
        with headway.tenant(None):
            none = job.enqueue()
    found = [tenant_of(jobs, ref) for ref in (inside, other, nobody, none, job.enqueue())]
    assert found == ["acme", "umbrella", None, None, None]


def test_it_goes_along_into_tasks_and_threads_of_asyncio(jobs: Jobs, job: headway.Job[..., str | None]) -> None:
    async def several() -> list[headway.Ref[str | None]]:
        with headway.tenant("acme"):
            return [await job.aenqueue(), await asyncio.to_thread(job.enqueue), *await asyncio.gather(job.aenqueue())]

    assert {tenant_of(jobs, ref) for ref in asyncio.run(several())} == {"acme"}


@pytest.mark.parametrize("name", ["", " acme", "a\nb", "x" * 201, 7])
def test_what_is_no_name_is_refused_where_it_is_said(job: headway.Job[..., str | None], name: str) -> None:
    with pytest.raises(NameInvalid, match="tenant"), headway.tenant(name):
        pass
    with pytest.raises(NameInvalid, match="tenant"):
        job.using(tenant=name)


def test_a_chain_a_callback_and_a_batch_are_for_the_same(jobs: Jobs, job: headway.Job[..., str | None]) -> None:
    with headway.tenant("acme"):
        chain = jobs.chain(job.call(1), job.call(2))
        with jobs.batch("b", on_finish=job.call(3)) as batch:
            batch.add(job.call(4))
    later = jobs.get_batch("b")
    assert (batch.tenant, later.tenant, later.status().tenant) == ("acme", "acme", "acme")
    assert {tenant_of(jobs, ref) for ref in (*chain, *batch.refs)} == {"acme"}


def test_what_is_added_to_a_batch_from_anywhere_is_for_its_tenant(
    jobs: Jobs, job: headway.Job[..., str | None]
) -> None:
    with headway.tenant("acme"):
        jobs.open_batch("b")
    found = jobs.get_batch("b")
    added = [found.enqueue(job.call(1)), job.using(batch=found).enqueue(2), job.using(batch=found.status()).enqueue(3)]
    assert {tenant_of(jobs, ref) for ref in added} == {"acme"}


def test_a_schedule_and_all_its_runs_are_for_the_tenant_of_its_declaration(
    jobs: Jobs, job: headway.Job[..., str | None]
) -> None:
    with headway.tenant("acme"):
        schedule = jobs.add_recurring("nightly", headway.every(timedelta(hours=1)), job.call(1))
    assert tenant_of(jobs, schedule.trigger()) == "acme"


def test_one_reference_is_not_one_job_for_two_tenants(jobs: Jobs, job: headway.Job[..., str | None]) -> None:
    with headway.tenant("acme"):
        first = job.using(ref_id="invoice-1").enqueue(1)
        assert job.using(ref_id="invoice-1").enqueue(1).id == first.id
    with headway.tenant("umbrella"), pytest.raises(DuplicateRefId):
        job.using(ref_id="invoice-1").enqueue(1)


def test_a_call_is_unique_by_its_arguments_within_its_tenant(jobs: Jobs, job: headway.Job[..., str | None]) -> None:
    unique = job.using(unique_for=timedelta(hours=1))
    refs = []
    for name in ("acme", "umbrella", None, "acme"):
        with headway.tenant(name):
            refs.append(unique.enqueue(1).id)
    assert len(set(refs)) == 3
    assert refs[0] == refs[3]


def test_a_run_here_and_now_is_for_the_tenant_around_it_or_its_own(jobs: Jobs) -> None:
    job = jobs.register(told, name="told", takes_context=True)
    with headway.tenant("acme"):
        assert job.start().result() == ["acme", "acme"]
        assert job.using(tenant="umbrella").start().result() == ["umbrella", "umbrella"]
        assert current_tenant() == "acme"
    assert job.start().result() == [None, None]


def test_jobs_are_found_by_their_tenant(jobs: Jobs, job: headway.Job[..., str | None], turns: Turns) -> None:
    own, _ = job.using(tenant="acme").enqueue(), job.using(tenant="umbrella").enqueue()
    assert [status.id for status in jobs.list(tenant="acme").rows] == [own.id]
    assert jobs.cancel_many(tenant="acme").total == 1
