"""For whom a job is done: kept with it through its whole life, found by it, and never mixed up with another."""

import pytest

from headway.model.callback import NewCallback, as_text
from headway.model.claim import NewJob
from headway.model.job import State
from headway.store.accounts import NewToken, TokenKind
from headway.store.batching import NewBatch
from headway.store.protocol import JobFilter
from tests.conformance.world import World


def listed(world: World, where: JobFilter) -> list[int]:
    reader = world.store.reader
    return [row.id for row in reader.call(reader.page(where)).rows]


def test_a_job_keeps_its_tenant_from_the_enqueue_to_the_archive(world: World, node: int) -> None:
    claim = world.running(node, tenant="acme")
    assert claim.tenant == "acme"
    assert world.row(claim.id).tenant == "acme"
    world.end(node, claim, result="1")
    world.archive()
    assert world.row(claim.id).tenant == world.detail(claim.id).row.tenant == "acme"


def test_a_job_of_nobody_has_none(world: World, node: int) -> None:
    claim = world.running(node)
    assert claim.tenant is None
    assert world.row(claim.id).tenant is None


def test_a_retry_is_for_the_same_tenant(world: World, node: int) -> None:
    claim = world.running(node, tenant="acme", retries=3)
    world.store.call(world.store.leave(node))
    again = world.take(world.node(), claim.id)
    assert (again.tenant, again.epoch) == ("acme", 2)


def test_a_replay_is_for_the_same_tenant(world: World, node: int) -> None:
    claim = world.running(node, tenant="acme")
    world.end(node, claim)
    done = world.store.call(world.store.replay(claim.id, ref_id="again", by=None, app=None))
    assert done.enqueued is not None
    assert world.row(done.enqueued.id).tenant == "acme"


def test_a_callback_is_for_the_tenant_that_is_stored_with_it(world: World, node: int) -> None:
    callback = as_text(NewCallback(job=NewJob(ref_id="", name="work", payload="{}", tenant="acme"), argument=None))
    claim = world.running(node, tenant="acme", callback=callback)
    world.end(node, claim, result="1")
    (job,) = [row for row in listed(world, JobFilter(tenant="acme")) if row != claim.id]
    assert world.row(job).callback_of == claim.id


def test_a_list_of_a_tenant_has_its_jobs_only_in_every_state(world: World, node: int) -> None:
    done, waiting, others = world.running(node, tenant="acme"), world.put(tenant="acme"), world.put(tenant="umbrella")
    world.end(node, done)
    nobody = world.put()
    assert listed(world, JobFilter(tenant="acme")) == [waiting, done.id]
    assert listed(world, JobFilter(tenant="acme", app="default", states=(State.QUEUED,))) == [waiting]
    assert listed(world, JobFilter(tenant="acme", states=(State.COMPLETED,))) == [done.id]
    assert listed(world, JobFilter(tenant="umbrella")) == [others]
    assert listed(world, JobFilter(tenant="nobody else")) == []
    assert nobody in listed(world, JobFilter())


def test_many_jobs_are_cancelled_for_one_tenant_only(world: World) -> None:
    own, other = world.put(tenant="acme"), world.put(tenant="umbrella")
    acted = world.store.call(world.store.cancel_many((own, other), where=JobFilter(tenant="acme")))
    assert [job for job, _ in acted.answers] == [own]
    assert (world.row(own).state, world.row(other).state) == (State.CANCELLED, State.QUEUED)


@pytest.mark.parametrize(("own", "kept"), [(None, "acme"), ("umbrella", "umbrella")])
def test_a_batchs_first_members_are_for_its_tenant_unless_they_say_otherwise(
    world: World, own: str | None, kept: str
) -> None:
    job = NewJob(ref_id="r", name="work", payload="{}", tenant=own)
    made = world.store.call(world.store.create_batch(NewBatch(app="default", name="b", tenant="acme"), [job]))
    assert world.row(made.jobs[0].id).tenant == kept


def test_batches_are_listed_by_their_tenant(world: World) -> None:
    reader = world.store.reader
    for name, tenant in (("a", "acme"), ("b", "umbrella"), ("c", None)):
        world.store.call(world.store.create_batch(NewBatch(app="default", name=name, tenant=tenant)))
    assert [row.name for row in reader.call(reader.batches(tenant="acme"))] == ["a"]
    assert [row.name for row in reader.call(reader.batches())] == ["c", "b", "a"]
    found = reader.call(reader.batch("b", app="default"))
    assert found is not None
    assert found.tenant == "umbrella"


class TestAccounts:
    def test_a_user_keeps_the_tenant_of_the_beginning(self, world: World) -> None:
        store = world.store
        store.call(store.put_user("ann", password="x", permissions=("view",), tenant="acme"))
        store.call(store.put_user("ann", password="y", permissions=("view",)))
        found = store.reader.call(store.reader.user("ann"))
        assert found is not None
        assert (found.password, found.tenant) == ("y", "acme")

    def test_a_session_has_its_users_tenant(self, world: World) -> None:
        store = world.store
        store.call(store.put_user("ann", password="x", permissions=("view",), tenant="acme"))
        store.call(store.open_session("d", user="ann", permissions=None, lives_us=1_000_000))
        found = store.reader.call(store.reader.session("d"))
        assert found is not None
        assert found.tenant == "acme"

    def test_a_session_of_a_link_has_the_links(self, world: World) -> None:
        store = world.store
        store.call(store.open_session("d", user="guest", permissions=("view",), lives_us=1_000_000, tenant="acme"))
        found = store.reader.call(store.reader.session("d"))
        assert found is not None
        assert found.tenant == "acme"

    def test_a_token_has_its_own(self, world: World) -> None:
        store = world.store
        token = NewToken(name="t", kind=TokenKind.BEARER, digest="d", permissions=("view",), tenant="acme")
        store.call(store.put_token(token, by=None))
        found = store.reader.call(store.reader.token("d"))
        assert found is not None
        assert found.tenant == "acme"
        assert [row.tenant for row in store.reader.call(store.reader.tokens())] == ["acme"]
