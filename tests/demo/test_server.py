import asyncio
from concurrent.futures import ThreadPoolExecutor
from http import HTTPStatus
from pathlib import Path

import pytest

from headway.demo.fetch import FetchError, get
from headway.demo.library import library_root
from headway.demo.server import REFUSALS, REQUESTS_HEADER, Documents, RequestLog, document, serve

FLAKY = {"steady.py": 0, "flaky.py": 2}


@pytest.fixture
def root(tmp_path: Path) -> Path:
    folder = tmp_path / "library"
    folder.mkdir()
    for name in FLAKY:
        (folder / name).write_text(f'"""About {name}."""\n')
    return folder


@pytest.fixture
def log(tmp_path: Path) -> Path:
    return tmp_path / "requests.log"


def documents(root: Path, log: Path) -> Documents:
    return Documents(root, RequestLog(log), FLAKY)


def statuses(served: Documents, name: str, times: int) -> list[HTTPStatus]:
    return [served.answer(name).status for _ in range(times)]


def test_a_steady_document_comes_at_once(root: Path, log: Path):
    answer = documents(root, log).answer("steady.py")

    assert (answer.status, answer.body, answer.requests) == (HTTPStatus.OK, b"About steady.py.", 1)


def test_a_flaky_document_is_refused_first_and_then_comes(root: Path, log: Path):
    assert statuses(documents(root, log), "flaky.py", 4) == [503, 503, 200, 200]


def test_a_restarted_server_goes_on_counting_where_the_old_one_was(root: Path, log: Path):
    assert statuses(documents(root, log), "flaky.py", 1) == [503]
    assert statuses(documents(root, log), "flaky.py", 1) == [503]

    answer = documents(root, log).answer("flaky.py")

    assert (answer.status, answer.requests) == (HTTPStatus.OK, 3)
    assert RequestLog(log).count("flaky.py") == 3


def test_documents_are_counted_apart(root: Path, log: Path):
    served = documents(root, log)
    statuses(served, "steady.py", 3)

    assert served.answer("flaky.py").requests == 1


def test_a_request_for_an_unknown_document_is_not_found_and_leaves_no_trace(root: Path, log: Path):
    assert documents(root, log).answer("../secret").status == HTTPStatus.NOT_FOUND
    assert not log.exists()


def test_requests_from_many_threads_are_all_counted(log: Path):
    requests = RequestLog(log)
    with ThreadPoolExecutor(8) as pool:
        counts = sorted(pool.map(lambda _: requests.note("flaky.py"), range(200)))

    assert counts == list(range(1, 201))
    assert RequestLog(log).count("flaky.py") == 200


def test_over_the_wire_it_is_the_same(root: Path, log: Path):
    async def fetch(address: str) -> list[tuple[int, bytes, str]]:
        responses = [await get(f"{address}/flaky.py") for _ in range(3)]
        return [(r.status, r.body, r.headers[REQUESTS_HEADER.lower()]) for r in responses]

    with serve(documents(root, log)) as address:
        fetched = asyncio.run(fetch(address))

    assert fetched == [
        (503, b"Not now. Ask again.", "1"),
        (503, b"Not now. Ask again.", "2"),
        (200, b"About flaky.py.", "3"),
    ]


def test_the_server_is_gone_after_the_block(root: Path, log: Path):
    with serve(documents(root, log)) as address:
        pass

    with pytest.raises(FetchError):
        asyncio.run(get(f"{address}/steady.py"))


def test_the_real_documents_exist_and_some_are_refused():
    sizes = {name: len(document(library_root({}), name)) for name in REFUSALS}

    assert min(sizes.values()) > 0
    assert {refusals > 0 for refusals in REFUSALS.values()} == {True, False}
