"""The API behind a real server: its streams end when the server is asked to stop."""

import os
import re
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

SECONDS = 15
APPLICATION = """
from pathlib import Path
from headway import Jobs
from headway.web import Permission, Viewer, api

jobs = Jobs(Path(__file__).parent / "store", durability="relaxed")
ann = Viewer(name="ann", permissions=frozenset(Permission))
app = api(jobs, allow=lambda _: ann)
"""


@pytest.fixture
def server(tmp_path: Path) -> Iterator[subprocess.Popen[str]]:
    (tmp_path / "served.py").write_text(APPLICATION)
    command = [sys.executable, "-m", "uvicorn", "served:app", "--port", "0", "--lifespan", "off"]
    with subprocess.Popen(
        command, cwd=tmp_path, stderr=subprocess.PIPE, text=True, env={**os.environ, "PYTHONUNBUFFERED": "1"}
    ) as process:
        try:
            yield process
        finally:
            process.kill()


def port_of(server: subprocess.Popen[str]) -> int:
    assert server.stderr is not None
    for line in server.stderr:
        found = re.search(r"http://127\.0\.0\.1:(\d+)", line)
        if found:
            return int(found[1])
    raise AssertionError("the server did not say where it is")


def test_an_open_stream_does_not_keep_a_server_from_stopping(server: subprocess.Popen[str]) -> None:
    with socket.create_connection(("127.0.0.1", port_of(server)), timeout=SECONDS) as stream:
        stream.sendall(b"GET /events HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n")
        told = b""
        while b"event: counts" not in told:
            told += stream.recv(65_536)
        server.send_signal(signal.SIGTERM)
        while stream.recv(65_536):
            pass
    assert server.wait(SECONDS) in {0, -signal.SIGTERM}
    assert server.stderr is not None
    assert "Traceback" not in server.stderr.read()
