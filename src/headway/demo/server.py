"""A small web server on this machine whose documents are not always ready at once.

It serves the documentation of a few modules, and answers the first requests for some of them with
503, as services do on a bad day. How often is fixed for every document, and every request is noted in
a file before it is answered, so a demo that is killed and started again goes on where it was.
"""

import threading
from collections import Counter
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from types import MappingProxyType

from headway.demo.library import documentation

HOST = "127.0.0.1"
"""The server is for this machine only."""

REQUESTS_HEADER = "X-Requests"
"""A document comes with the number of requests for it so far, this one included."""

MAX_SILENT_SECONDS = 10
"""A connection that says nothing for this long is closed."""

REFUSALS: Mapping[str, int] = MappingProxyType(
    {
        "abc.py": 0,
        "argparse.py": 1,
        "asyncio/__init__.py": 0,
        "bisect.py": 0,
        "calendar.py": 2,
        "contextlib.py": 0,
        "csv.py": 0,
        "dataclasses.py": 1,
        "datetime.py": 0,
        "decimal.py": 3,
        "difflib.py": 0,
        "fractions.py": 0,
        "functools.py": 1,
        "heapq.py": 0,
        "json/__init__.py": 0,
        "logging/__init__.py": 2,
        "os.py": 0,
        "pickle.py": 0,
        "queue.py": 1,
        "random.py": 0,
        "sqlite3/__init__.py": 0,
        "statistics.py": 3,
        "threading.py": 0,
        "zipfile.py": 1,
    }
)
"""The modules whose documentation is served, and how many requests for it are refused first."""


def document(root: Path, name: str) -> bytes:
    """Return the document of that name: the documentation of the module, as the server sends it."""
    return (documentation(root, name) or "No documentation.").encode()


class RequestLog:
    """Counts the requests for every document, in a file that outlives the process."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._lock = threading.Lock()
        self._counts = Counter(path.read_text(encoding="utf-8").splitlines() if path.exists() else ())

    def note(self, name: str) -> int:
        """Note one more request and return how many there were, this one included."""
        with self._lock:
            with self._path.open("a", encoding="utf-8") as file:
                file.write(f"{name}\n")
            self._counts[name] += 1
            return self._counts[name]

    def count(self, name: str) -> int:
        """Return how many requests there were for that document."""
        with self._lock:
            return self._counts[name]


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """What the server says to a request."""

    status: HTTPStatus
    """How it went."""
    body: bytes
    """The document, or a sentence that says why not."""
    requests: int = 0
    """How many requests there were for the document, this one included."""


class Documents:
    """Decides what a request is answered, apart from how it travels."""

    def __init__(self, root: Path, requests: RequestLog, refusals: Mapping[str, int] = REFUSALS) -> None:
        self._refusals = refusals
        self._requests = requests
        # Made here, on one thread: CPython 3.11 may fail when several threads parse to syntax trees at once.
        self._documents = {name: document(root, name) for name in refusals}

    def answer(self, name: str) -> Answer:
        """Answer a request for the document of that name, and note the request."""
        if name not in self._refusals:
            return Answer(status=HTTPStatus.NOT_FOUND, body=b"There is no such document.")
        requests = self._requests.note(name)
        if requests <= self._refusals[name]:
            return Answer(status=HTTPStatus.SERVICE_UNAVAILABLE, body=b"Not now. Ask again.", requests=requests)
        return Answer(status=HTTPStatus.OK, body=self._documents[name], requests=requests)


@contextmanager
def serve(documents: Documents) -> Iterator[str]:
    """Serve `documents` from a thread while the block runs; the value is the server's address."""

    class Handler(BaseHTTPRequestHandler):
        timeout = MAX_SILENT_SECONDS

        def do_GET(self) -> None:
            answer = documents.answer(self.path.removeprefix("/"))
            self.send_response(answer.status)
            self.send_header("Content-Type", "text/plain; charset=utf-8")
            self.send_header("Content-Length", str(len(answer.body)))
            self.send_header(REQUESTS_HEADER, str(answer.requests))
            self.end_headers()
            self.wfile.write(answer.body)

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the standard library's name
            """Stay silent: the terminal belongs to the demo."""

    with ThreadingHTTPServer((HOST, 0), Handler) as server:
        thread = threading.Thread(target=server.serve_forever, name="demo-documents", daemon=True)
        thread.start()
        try:
            yield f"http://{HOST}:{server.server_port}"
        finally:
            server.shutdown()
            thread.join()
