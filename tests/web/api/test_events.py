"""Streams of events: nothing is lost, nobody takes more than a few, and nobody else's jobs are told."""

import asyncio
import contextlib
import threading
from collections.abc import Iterator
from contextlib import AsyncExitStack
from pathlib import Path
from typing import Any

import pytest

from headway import Context, Jobs, Worker
from headway.web import Permission, Viewer, api
from headway.web.api import events
from headway.web.streams import PER_VIEWER
from tests.web.api.conftest import greet
from tests.web.api.listening import SECONDS, Listener, listening
from tests.web.asking import asked, request

ANN = Viewer(name="ann", permissions=frozenset(Permission))


@pytest.fixture
def quick(tmp_path: Path) -> Iterator[Jobs]:
    with Jobs(tmp_path / "store", durability="relaxed") as jobs:
        jobs.job(name="greet")(greet)
        yield jobs


def ended(listener: Listener, kind: str = "end") -> bool:
    return bool(listener.of(kind))


def states(listener: Listener, job_id: int) -> list[str]:
    return [one["state"] for one in listener.of("job") if one["id"] == job_id]


async def test_what_happens_to_jobs_is_told_and_who_comes_again_misses_nothing(quick: Jobs) -> None:
    app, greets = api(quick, allow=lambda _: ANN), quick.job_named("greet")
    async with listening(app, "/events") as first:
        await first.until(lambda heard: heard.of("counts"))
        ref = await greets.aenqueue("a")
        await first.until(lambda heard: states(heard, ref.id) == ["queued"])
        await first.until(lambda heard: heard.of("counts")[-1]["states"]["queued"] == 1)
    missed = [await greets.aenqueue(f"b{number}") for number in range(30)]
    await quick.acancel(ref.id)
    async with listening(app, "/events", after=first.last_id) as again:
        await again.until(lambda heard: states(heard, missed[-1].id) and states(heard, ref.id))
        assert {one.id for one in missed} <= {one["id"] for one in again.of("job")}
        assert states(again, ref.id)[-1] == "cancelled"
        assert not again.of("reset")


async def test_of_thousands_that_were_missed_none_is_left_out(quick: Jobs) -> None:
    app, greets = api(quick, allow=lambda _: ANN), quick.job_named("greet")
    async with listening(app, "/events") as first:
        await first.until(lambda heard: heard.of("counts"))
    missed = {ref.id for ref in await quick.aenqueue_many(greets.call(str(number)) for number in range(1_200))}
    async with listening(app, "/events", after=first.last_id) as again:
        await again.until(lambda heard: missed <= {one["id"] for one in heard.of("job")})


async def test_a_stream_that_breaks_off_between_two_ids_begins_before_what_was_not_told(quick: Jobs) -> None:
    app, greets = api(quick, allow=lambda _: ANN), quick.job_named("greet")
    async with listening(app, "/events") as first:
        await first.until(lambda heard: heard.of("counts"))
        start = first.last_id
    refs = await quick.aenqueue_many(greets.call(str(number)) for number in range(10))
    async with listening(app, "/events", after=start) as cut:
        await cut.until(lambda heard: len(heard.of("job")) == 10)
        told = [one.id for one in cut.events if one.kind == "job"]
    assert told[:-1] == [None] * 9
    assert told[-1] is not None
    async with listening(app, "/events", after=start) as again:
        await again.until(lambda heard: {one["id"] for one in heard.of("job")} == {ref.id for ref in refs})


@pytest.mark.parametrize("cursor", ["nonsense", "9.9.9.9.9.9", "1"])
async def test_a_cursor_that_is_none_begins_anew_and_says_so(quick: Jobs, cursor: str) -> None:
    app = api(quick, allow=lambda _: ANN)
    async with listening(app, "/events", after=cursor) as heard:
        await heard.until(lambda heard: heard.of("reset"))
        ref = await quick.job_named("greet").aenqueue("a")
        await heard.until(lambda heard: states(heard, ref.id) == ["queued"])


async def test_a_job_is_followed_with_its_progress_and_its_log_until_it_ends(quick: Jobs) -> None:
    steps = {name: threading.Event() for name in ("half", "end")}

    def counts(ctx: Context, password: str) -> None:
        ctx.log("begun with " + password)
        ctx.progress(50, "half")
        steps["half"].wait(SECONDS)
        ctx.log("nearly")
        steps["end"].wait(SECONDS)

    ref = quick.register(counts, name="counts", takes_context=True, redact=["password"]).enqueue("sesame!")
    app = api(quick, allow=lambda _: ANN)
    async with AsyncExitStack() as stack:
        stack.enter_context(Worker(quick))
        async with listening(app, f"/{ref.id}/events") as first:
            await first.until(lambda heard: heard.of("line") and heard.of("job")[-1]["progress"] == 0.5)
            assert first.of("line")[0]["text"] == "begun with •••"
            assert first.of("job")[-1]["message"] == "half"
        steps["half"].set()
        async with listening(app, f"/{ref.id}/events", after=first.last_id) as again:
            await again.until(lambda heard: heard.of("line"))
            steps["end"].set()
            await again.until(ended)
            await again.end()
        assert [one["text"] for one in again.of("line")] == ["nearly"]
        assert again.of("end")[0]["state"] == "completed"
    over = await asked(app, request("GET", f"/{ref.id}/events", headers=[("last-event-id", again.last_id)]))
    assert over.status == 204


async def test_jobs_of_another_app_are_not_told(tmp_path: Path) -> None:
    with Jobs(tmp_path, app="ours") as ours, Jobs(tmp_path, app="theirs") as theirs:
        both = [jobs.job(name="greet")(greet) for jobs in (ours, theirs)]
        app, hidden = api(ours, allow=lambda _: ANN), await both[1].aenqueue("x")
        assert (await asked(app, request("GET", f"/{hidden.id}/events"))).status == 404
        async with listening(app, "/events") as heard:
            await heard.until(lambda heard: heard.of("counts"))
            other, own = await both[1].aenqueue("y"), await both[0].aenqueue("z")
            await heard.until(lambda heard: states(heard, own.id))
            assert not states(heard, other.id)
            assert heard.of("counts")[-1]["total"] <= 1


async def test_a_viewer_has_a_few_streams_and_a_closed_one_gives_its_place_back(quick: Jobs) -> None:
    app = api(quick, allow=lambda _: ANN)
    async with AsyncExitStack() as stack:
        for _ in range(PER_VIEWER):
            heard = await stack.enter_async_context(listening(app, "/events"))
            await heard.until(lambda heard: heard.of("counts"))
        refused = await asked(app, request("GET", "/events"))
        assert (refused.status, refused.json()["type"]) == (429, "urn:headway:too-many-requests")
        assert refused.header("retry-after") == "5"
    async with listening(app, "/events") as heard:
        await heard.until(lambda heard: heard.of("counts"))


async def test_many_streams_look_at_the_store_as_one(quick: Jobs, monkeypatch: pytest.MonkeyPatch) -> None:
    viewers = [Viewer(name=f"v{number}", permissions=frozenset(Permission)) for number in range(8)]
    app = api(quick, allow=lambda asks: viewers[int(asks.query_params["after"])])
    looks = list[str]()
    reader = quick.store.reader
    acall = reader.acall

    async def counted(operation: Any) -> Any:
        looks.append(operation.verb)
        return await acall(operation)

    async with AsyncExitStack() as stack:
        all_of_them = [
            await stack.enter_async_context(listening(app, f"/events?after={number}")) for number in range(len(viewers))
        ]
        for heard in all_of_them:
            await heard.until(lambda heard: heard.of("counts"))
        monkeypatch.setattr(reader, "acall", counted)
        ref = await quick.job_named("greet").aenqueue("a")
        for heard in all_of_them:
            await heard.until(lambda heard: states(heard, ref.id))
            await heard.until(lambda heard: heard.of("counts")[-1]["total"] == 1)
    assert looks.count("changes") <= 2 * (looks.count("version") + 1)  # one look may have begun before it was counted


async def test_a_viewer_who_may_look_no_more_is_cut_off(quick: Jobs) -> None:
    known = [ANN]
    app = api(quick, allow=lambda _: known[0] if known else None)
    async with listening(app, "/events") as heard:
        await heard.until(lambda heard: heard.of("counts"))
        known.clear()
        await heard.end()


async def test_a_client_that_does_not_read_is_dropped(quick: Jobs, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(events, "SEND_S", 0.1)
    app = api(quick, allow=lambda _: ANN)
    async with listening(app, "/events") as heard:
        await heard.until(lambda heard: heard.of("counts"))
        heard.reading.clear()
        await quick.job_named("greet").aenqueue("a")
        await heard.end()


async def test_a_quiet_stream_says_that_it_is_there(quick: Jobs, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(events, "PING_S", 0.05)
    async with listening(api(quick, allow=lambda _: ANN), "/events") as heard:
        await heard.until(lambda heard: len(heard.comments) > 1)


async def test_nothing_watches_when_nobody_listens(quick: Jobs) -> None:
    app = api(quick, allow=lambda _: ANN)
    async with listening(app, "/events") as heard:
        await heard.until(lambda heard: heard.of("counts"))
        assert any(task.get_name() == "headway-watch" for task in asyncio.all_tasks())
    with contextlib.suppress(TimeoutError):
        async with asyncio.timeout(SECONDS):
            while any(task.get_name() == "headway-watch" for task in asyncio.all_tasks()):
                await asyncio.wait({asyncio.create_task(asyncio.to_thread(lambda: None))})
    assert not any(task.get_name() == "headway-watch" for task in asyncio.all_tasks())


async def test_what_a_killed_console_leaves_behind_is_cleared_away(quick: Jobs) -> None:
    async with listening(api(quick, allow=lambda _: ANN), "/events") as heard:
        await heard.until(lambda heard: heard.of("counts"))
        ref = await quick.job_named("greet").aenqueue("a")
        await heard.until(lambda heard: states(heard, ref.id))  # so the look-out has begun
        folder = Path(quick.place) / "nodes"
        (uid,) = {file.stem for file in folder.glob("watch-*")}
        quick.store.abandon(uid)  # as if its process had died; its files stay
        with Worker(quick):
            async with asyncio.timeout(SECONDS):
                while list(folder.glob("watch-*")):
                    await asyncio.wait({asyncio.create_task(asyncio.to_thread(lambda: None))})
