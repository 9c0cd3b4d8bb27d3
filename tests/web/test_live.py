"""Open pages are kept up to date: who looks at the same shares one rendering, and hears when it cannot be made."""

import asyncio
from pathlib import Path

import msgspec
import pytest

from headway import Jobs
from headway.model.clock import SystemClock, busy_s
from headway.model.errors import StoreUnavailable
from headway.web import Permission, Viewer, admin
from headway.web import sharing as sharing_of_pages
from headway.web.app import console_of
from headway.web.metering import Reading
from headway.web.sharing import FIRST_COST_MAX_S, READING_SHARE, SHARE, Pace, Shared, Sharing
from headway.web.streams import PER_VIEWER
from tests.web.asking import request

SECONDS = 15
FOLLOWS_WITHIN_S = 10
VIEWER = Viewer(name="vic", permissions=frozenset({Permission.VIEW}))


def work(number: int = 0) -> None:
    """Nothing."""


@pytest.fixture
def jobs(tmp_path: Path):
    with Jobs(tmp_path / "store") as jobs:
        yield jobs


class Stream:
    """A page's event stream, read as a browser does."""

    def __init__(self, app, path: str) -> None:
        self.app, self.path = app, path
        self.events: asyncio.Queue = asyncio.Queue()
        self.status: asyncio.Future = asyncio.get_running_loop().create_future()
        self.kept = ""

    async def __aenter__(self):
        self.task = asyncio.create_task(self._run())
        return self

    async def __aexit__(self, *_):
        self.task.cancel()
        await asyncio.wait({self.task})

    async def _run(self):
        async def receive():
            await asyncio.Event().wait()

        await self.app({**request("GET", self.path), "state": {}}, receive, self._send)

    async def _send(self, message):
        if message["type"] == "http.response.start":
            self.status.set_result(message["status"])
            return
        self.kept += message.get("body", b"").decode().replace("\r\n", "\n")
        while "\n\n" in self.kept:
            event, _, self.kept = self.kept.partition("\n\n")
            lines = dict(line.split(": ", 1) for line in event.split("\n") if ": " in line)
            if "data" in lines:
                self.events.put_nowait((lines["event"], msgspec.json.decode(lines["data"])))

    async def next(self, kind: str):
        """The next event of a kind."""
        async with asyncio.timeout(SECONDS):
            while True:
                found, said = await self.events.get()
                if found == kind:
                    return said


async def test_a_page_streams_its_live_parts_and_then_what_changed(jobs: Jobs) -> None:
    job = jobs.job(name="mail")(work)
    app = admin(jobs, allow=lambda _: VIEWER)
    async with Stream(app, "/jobs?live=1") as stream:
        first = await stream.next("parts")
        assert set(first["parts"]) >= {"rows", "tabs"}
        assert 'id="job-1"' not in first["parts"]["rows"]
        await job.aenqueue()
        second = await stream.next("parts")
        assert 'id="job-1"' in second["parts"]["rows"]
        assert second["now"] >= first["now"]


async def test_moments_of_a_stream_do_not_change_by_themselves(jobs: Jobs) -> None:
    jobs.job(name="mail")(work).enqueue()
    app = admin(jobs, allow=lambda _: VIEWER)
    async with Stream(app, "/jobs?live=1") as stream:
        rows = (await stream.next("parts"))["parts"]["rows"]
        assert " ago</time>" not in rows
        assert ">now</time>" not in rows


async def test_an_open_page_of_a_job_follows_it(jobs: Jobs) -> None:
    ref = jobs.job(name="mail")(work).enqueue()
    app = admin(jobs, allow=lambda _: VIEWER)
    async with Stream(app, f"/jobs/{ref.id}?live=1") as stream:
        first = (await stream.next("parts"))["parts"]
        assert "queued" in first["head"]
        assert set(first) >= {"head", "now", "history", "attempts", "facts"}
        begun_s = jobs.clock.monotonic()
        await ref.acancel()
        assert "cancelled" in (await stream.next("parts"))["parts"]["head"]
        assert jobs.clock.monotonic() - begun_s < FOLLOWS_WITHIN_S


async def test_one_viewer_has_no_more_streams_than_a_few(jobs: Jobs) -> None:
    app = admin(jobs, allow=lambda _: VIEWER)
    streams = [Stream(app, f"/jobs?live=1&size={size}") for size in range(1, PER_VIEWER + 2)]
    for stream in streams[:-1]:
        await stream.__aenter__()
        assert await stream.status == 200
        await stream.next("parts")
    async with streams[-1] as last:
        assert await last.status == 429
    for stream in streams[:-1]:
        await stream.__aexit__()


async def test_a_page_that_is_not_live_as_it_is_asked_for_says_so(jobs: Jobs) -> None:
    sent = []

    async def receive():
        return {"type": "http.request", "body": b"", "more_body": False}

    async def send(message):
        sent.append(message)

    for path, is_live in (("/jobs", True), ("/jobs?sort=-duration", False), ("/jobs?q=word", False)):
        sent.clear()
        await admin(jobs, allow=lambda _: VIEWER)(request("GET", path), receive, send)
        assert (path, b"data-live-from" in sent[-1]["body"]) == (path, is_live)


async def test_a_stream_at_an_address_that_leads_to_another_says_so(jobs: Jobs) -> None:
    async with Stream(admin(jobs, allow=lambda _: VIEWER), "/jobs?q=state%3Afailed&live=1") as stream:
        assert "leads to another" in (await stream.next("trouble"))["text"]


class Making:
    """Parts that a test makes."""

    def __init__(self) -> None:
        self.times = 0
        self.parts = {"a": "1", "b": "1"}
        self.error: Exception | None = None
        self.gate: asyncio.Event | None = None
        self.begun = asyncio.Event()
        self.reading = Reading()

    async def make(self) -> dict[str, str]:
        self.times += 1
        if self.error is not None:
            raise self.error
        if self.gate is not None:
            self.begun.set()
            await self.gate.wait()
        return dict(self.parts)


class TestShared:
    async def heard(self, shared: Shared, act=lambda: None) -> None:
        changed = shared.changed
        act()
        await asyncio.wait_for(changed.wait(), SECONDS)

    async def test_all_who_look_at_the_same_share_one_rendering(self, jobs: Jobs) -> None:
        making, sharing = Making(), Sharing()
        async with console_of(jobs).watch.following(jobs) as post:
            with (
                sharing.looking("page", making, post, jobs.clock) as one,
                sharing.looking("page", Making(), post, jobs.clock) as other,
            ):
                await self.heard(one)
                assert one is other
                assert other.since(0) == {"a": "1", "b": "1"}
                assert making.times == 1

    async def test_only_parts_that_changed_are_told_again(self, jobs: Jobs) -> None:
        job, making, sharing = jobs.job(name="mail")(work), Making(), Sharing()
        async with console_of(jobs).watch.following(jobs) as post:
            with sharing.looking("page", making, post, jobs.clock) as shared:
                await self.heard(shared)
                stamp = shared.stamp
                making.parts["b"] = "2"
                await self.heard(shared, job.enqueue)
                assert shared.since(stamp) == {"b": "2"}
                assert shared.since(shared.stamp) == {}

    async def test_what_cannot_be_made_is_told_and_all_of_it_when_it_can_again(self, jobs: Jobs) -> None:
        job, making, sharing = jobs.job(name="mail")(work), Making(), Sharing()
        making.error = StoreUnavailable("the disk is gone")
        async with console_of(jobs).watch.following(jobs) as post:
            with sharing.looking("page", making, post, jobs.clock) as shared:
                await self.heard(shared)
                assert shared.trouble == "the disk is gone"
                making.error = None
                stamp = shared.stamp
                await self.heard(shared, job.enqueue)
                assert (shared.trouble, shared.since(stamp)) == (None, {"a": "1", "b": "1"})

    async def test_nothing_is_made_when_nobody_looks(self, jobs: Jobs) -> None:
        making, sharing = Making(), Sharing()
        async with console_of(jobs).watch.following(jobs) as post:
            with sharing.looking("page", making, post, jobs.clock) as shared:
                await self.heard(shared)
            made = making.times
            jobs.job(name="mail")(work).enqueue()
            with sharing.looking("other", other := Making(), post, jobs.clock) as looked:
                await self.heard(looked)
            assert (making.times, other.times) == (made, 1)

    async def test_a_page_that_shows_what_was_read_before_is_made_again_soon(
        self, jobs: Jobs, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(sharing_of_pages, "SETTLES_S", 0.01)
        monkeypatch.setattr(sharing_of_pages, "EVERY_S", 0.01)
        making, sharing = Making(), Sharing()
        making.reading.oldest_s = 0.0
        async with console_of(jobs).watch.following(jobs) as post:
            with sharing.looking("page", making, post, jobs.clock) as shared:
                await self.heard(shared)
                making.parts["a"] = "2"
                begun_s = jobs.clock.monotonic()
                await self.heard(shared)
                assert shared.since(0)["a"] == "2"
                assert jobs.clock.monotonic() - begun_s < sharing_of_pages.STALE_S

    async def test_a_page_that_waits_for_its_turn_says_how_far_it_is_behind(self, jobs: Jobs) -> None:
        job, making, sharing = jobs.job(name="mail")(work), Making(), Sharing()
        async with console_of(jobs).watch.following(jobs) as post:
            with sharing.looking("page", making, post, jobs.clock) as shared:
                await self.heard(shared)
                assert shared.behind_s == 0
                making.gate = asyncio.Event()
                job.enqueue()
                await asyncio.wait_for(making.begun.wait(), SECONDS)
                assert shared.behind_s > 0
                making.parts["a"] = "2"
                await self.heard(shared, making.gate.set)
                assert shared.behind_s == 0


async def test_a_rendering_is_followed_by_a_pause_of_its_length_many_times(monkeypatch: pytest.MonkeyPatch) -> None:
    clock, pace = SystemClock(), Pace(SystemClock())

    making = Making()

    async def busy() -> dict[str, str]:
        until = busy_s() + 0.01
        while busy_s() < until:
            pass
        making.reading.cost_s = 0.01  # on the store's thread
        return {}

    monkeypatch.setattr(making, "make", busy)
    await pace.turn(making, is_first=False)
    ended_s = clock.monotonic()
    await pace.turn(Making(), is_first=False)
    assert clock.monotonic() - ended_s >= 0.01 * (SHARE + READING_SHARE) * 0.9


async def test_the_first_rendering_of_a_page_keeps_the_next_change_away_for_no_longer_than_a_cheap_one(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    clock, pace = SystemClock(), Pace(SystemClock())

    async def warms_up() -> dict[str, str]:
        until = busy_s() + 0.2
        while busy_s() < until:
            pass
        return {}

    page = Making()
    monkeypatch.setattr(page, "make", warms_up)
    await pace.turn(page, is_first=True)
    ended_s = clock.monotonic()
    await pace.turn(Making(), is_first=False)
    assert 0.9 * SHARE * FIRST_COST_MAX_S <= clock.monotonic() - ended_s < 0.2 * SHARE
