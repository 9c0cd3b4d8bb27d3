import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from datetime import timedelta

import pytest

from headway.demo.fetch import MAX_BODY_BYTES, MAX_HEAD_BYTES, FetchError, Response, get

Speak = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]


@asynccontextmanager
async def speaking(speak: Speak) -> AsyncIterator[str]:
    async def handle(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            await reader.readuntil(b"\r\n\r\n")
            await speak(reader, writer)
        finally:
            writer.close()

    async with await asyncio.start_server(handle, "127.0.0.1", 0) as server:
        yield f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}/document"


async def fetch_from(answer: bytes) -> Response:
    async def speak(_reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(answer)
        await writer.drain()

    async with speaking(speak) as url:
        return await get(url)


def test_an_answer_comes_whole():
    response = asyncio.run(fetch_from(b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\nX-Requests:  3 \r\n\r\nhello"))

    assert (response.status, response.body, response.headers["x-requests"]) == (200, b"hello", "3")


def test_a_refusal_is_an_answer():
    response = asyncio.run(fetch_from(b"HTTP/1.1 503 Service Unavailable\r\nContent-Length: 7\r\n\r\nNot now"))

    assert (response.status, response.body) == (503, b"Not now")


def test_an_empty_body_and_a_status_without_words_are_fine():
    response = asyncio.run(fetch_from(b"HTTP/1.0 204\r\nContent-Length: 0\r\n\r\n"))

    assert (response.status, response.body) == (204, b"")


@pytest.mark.parametrize(
    ("answer", "words"),
    [
        (b"", "closed before"),
        (b"HTTP/1.1 200 OK\r\nContent-Le", "closed before"),
        (b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhel", "closed before"),
        (b"SSH-2.0-OpenSSH\r\n\r\n", "no HTTP answer"),
        (b"HTTP/1.1 OK\r\n\r\n", "no HTTP answer"),
        (b"HTTP/1.1 200 OK\r\n\r\nhello", "Content-Length"),
        (b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nContent-Length: 5\r\n\r\nhello", "Content-Length"),
        (b"HTTP/1.1 200 OK\r\nContent-Length: many\r\n\r\n", "many"),
        (b"HTTP/1.1 200 OK\r\nContent-Length: -1\r\n\r\n", "-1"),
        (b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n" % (MAX_BODY_BYTES + 1), "more than"),
        (b"HTTP/1.1 200 OK\r\nX: " + b"x" * MAX_HEAD_BYTES * 2 + b"\r\n\r\n", "limit"),
    ],
    ids=[
        "nothing",
        "head",
        "body",
        "other",
        "status",
        "no length",
        "chunked",
        "length",
        "negative",
        "big",
        "long head",
    ],
)
def test_what_is_no_whole_answer_is_an_error_that_says_so(answer: bytes, words: str):
    with pytest.raises(FetchError, match=words):
        asyncio.run(fetch_from(answer))


def test_a_server_that_says_nothing_is_given_up_in_time():
    async def main() -> None:
        given_up = asyncio.Event()

        async def speak(reader: asyncio.StreamReader, _writer: asyncio.StreamWriter) -> None:
            await reader.read()
            given_up.set()

        async with speaking(speak) as url:
            with pytest.raises(FetchError, match=r"no answer within 0\.05 s"):
                await get(url, timedelta(milliseconds=50))
            async with asyncio.timeout(5):
                await given_up.wait()

    asyncio.run(main())


def test_nobody_listening_is_an_error():
    async def main() -> None:
        async def speak(_reader: asyncio.StreamReader, _writer: asyncio.StreamWriter) -> None:
            """Say nothing."""

        async with speaking(speak) as url:
            pass
        with pytest.raises(FetchError, match="document"):
            await get(url)

    asyncio.run(main())


@pytest.mark.parametrize(
    "url", ["https://127.0.0.1/", "file:///etc/hosts", "http://", "http://127.0.0.1/a b", "http://127.0.0.1/a\r\nX: y"]
)
def test_an_address_of_another_kind_is_refused(url: str):
    with pytest.raises(FetchError, match="no plain http"):
        asyncio.run(get(url))


def test_the_request_asks_for_path_and_query():
    async def main() -> bytes:
        asked: asyncio.Future[bytes] = asyncio.get_running_loop().create_future()

        async def handle(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            asked.set_result(await reader.readuntil(b"\r\n\r\n"))
            writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n")
            writer.close()

        async with await asyncio.start_server(handle, "127.0.0.1", 0) as server:
            port = server.sockets[0].getsockname()[1]
            await get(f"http://127.0.0.1:{port}/a/b.py?c=d#e")
        return asked.result()

    assert asyncio.run(main()).startswith(b"GET /a/b.py?c=d HTTP/1.1\r\nHost: 127.0.0.1:")
