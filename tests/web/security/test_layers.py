"""What is kept twice: where the first watch is passed by mistake, the second still stands."""

import pytest
from starlette.requests import Request

from headway import Jobs, State
from headway.web import Permission, Viewer, admin
from headway.web.app import console_of
from headway.web.problems import Forbidden, ReadOnly
from headway.web.visit import Visit
from tests.web.asking import request
from tests.web.test_live import Stream

VIC = Viewer(name="vic", permissions=frozenset({Permission.VIEW}))
ANN = Viewer(name="ann", permissions=frozenset({Permission.MANAGE}))


@pytest.fixture
def jobs(tmp_path):
    with Jobs(tmp_path / "store") as jobs:
        jobs.job(name="greet")(lambda: None).enqueue()
        yield jobs


def visit(jobs, viewer, **options):
    console = console_of(jobs, allow=lambda _: viewer, **options)
    return Visit(request=Request(request("POST", "/")), console=console, viewer=viewer, app=jobs.app, via="api")


async def cancelled(visit):
    store = visit.console.store
    return await visit.change(
        store.cancel(1, by=visit.by), lambda _: visit.act("cancel", "job", 1), kind="cancel", job=None
    )


@pytest.mark.parametrize(
    ("viewer", "options", "refused"),
    [
        (ANN, {"readonly": True}, ReadOnly),
        (VIC, {}, Forbidden),
        (Viewer(name="nobody"), {}, Forbidden),
        (ANN, {"authorize": lambda *_: False}, Forbidden),
    ],
)
async def test_a_change_is_refused_whatever_route_it_came_by(jobs, viewer, options, refused):
    with pytest.raises(refused):
        await cancelled(visit(jobs, viewer, **options))
    reader = jobs.store.reader
    assert (jobs.get(1).status().state, reader.call(reader.acts())) == (State.QUEUED, ())


async def test_a_change_that_may_be_made_is(jobs):
    await cancelled(visit(jobs, ANN))
    assert jobs.get(1).status().state is State.CANCELLED


async def test_whoever_may_only_look_is_sent_no_buttons_while_somebody_who_may_more_looks_on(jobs):
    viewers = iter([ANN, VIC])
    app = admin(jobs, allow=lambda _: next(viewers, VIC))
    async with Stream(app, "/jobs/1?live=1") as ann:
        assert "/jobs/1/cancel" in str(await ann.next("parts"))
        async with Stream(app, "/jobs/1?live=1") as vic:
            assert "/jobs/1/cancel" not in str(await vic.next("parts"))
