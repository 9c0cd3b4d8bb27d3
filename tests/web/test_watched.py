"""Streams that are open end when whoever looks on may not any more."""

import asyncio

import pytest
from sse_starlette import EventSourceResponse
from starlette.responses import StreamingResponse

from headway.web.watched import Watched, is_stream
from tests.web.asking import request

SECONDS = 10


async def endless():
    while True:
        yield "data: x\n\n"
        await asyncio.Event().wait()


async def brief():
    yield "data: 1\n\n"


async def streamed(response):
    """All that is sent until the answer ends."""
    sent = []

    async def receive():
        await asyncio.Event().wait()

    async def send(message):
        sent.append(message)

    async with asyncio.timeout(SECONDS):
        await response({**request("GET", "/"), "state": {}}, receive, send)
    return sent


@pytest.mark.parametrize(
    "make", [EventSourceResponse, lambda stream: StreamingResponse(stream, media_type="text/event-stream")]
)
async def test_a_stream_is_cut_when_its_viewer_is_shut_out(make):
    answers = [True, True, False]

    async def still():
        return answers.pop(0)

    sent = await streamed(Watched(make(endless()), still, every_s=0.02))
    assert answers == []
    assert sent[0]["status"] == 200
    assert sent[-1] == {"type": "http.response.body", "body": b"", "more_body": False}


async def test_a_stream_that_ends_by_itself_ends_so():
    sent = await streamed(Watched(StreamingResponse(brief(), media_type="text/event-stream"), None))
    assert b"".join(message.get("body", b"") for message in sent) == b"data: 1\n\n"


async def test_a_stream_whose_client_went_is_stopped():
    watched = asyncio.ensure_future(streamed(Watched(EventSourceResponse(endless()), None)))
    await asyncio.wait({watched}, timeout=0.05)
    watched.cancel()
    with pytest.raises(asyncio.CancelledError):
        await watched


async def test_a_stream_that_fails_fails():
    async def failing():
        yield "data: 1\n\n"
        raise ValueError("gone")

    with pytest.raises(ValueError, match="gone"):
        await streamed(Watched(StreamingResponse(failing(), media_type="text/event-stream"), None))


def test_pages_are_no_streams():
    assert not is_stream(StreamingResponse(brief(), media_type="text/html"))
