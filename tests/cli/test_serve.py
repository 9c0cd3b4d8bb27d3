"""`headway serve` in a process of its own: who gets in, what it serves, what it refuses, how it ends."""

import http.client
import json
import re
import signal
import socket
import stat
import subprocess
import sys
import time
from contextlib import closing, contextmanager
from urllib.parse import urlencode

import pytest

from headway.cli import listening
from headway.cli.exits import CommandError, UsageInvalid
from headway.cli.serving import Plan, jobs_of, login_of
from headway.model.claim import NewJob
from headway.model.clock import SystemClock
from headway.model.job import State
from headway.store.open import open_store
from headway.store.protocol import JobFilter
from headway.web import Permission
from headway.web.login.accounts import Accounts
from tests.cli.application import LIMIT_S
from tests.cli.test_worker import enqueue
from tests.postgres.databases import database_of, drop_databases

OWN = {"Sec-Fetch-Site": "same-origin", "Content-Type": "application/x-www-form-urlencoded"}


class UnixConnection(http.client.HTTPConnection):
    """A connection through a unix socket."""

    def connect(self):
        self.sock = socket.socket(socket.AF_UNIX)
        self.sock.settimeout(LIMIT_S)
        self.sock.connect(self.host)


class Server:
    """One that runs, and what it said of itself."""

    def __init__(self, process, lines):
        self.process, self.lines = process, lines

    @property
    def text(self):
        return "\n".join(self.lines)

    def line(self, word):
        return next((line.split(maxsplit=1)[1] for line in self.lines if line.split()[:1] == [word]), None)

    @property
    def port(self):
        return int(re.search(r":(\d+)/", self.line("pages"))[1])

    def ask(self, method, path, body=None, **headers):
        if self.line("pages").startswith("unix:"):
            connection = UnixConnection(self.line("pages").split(":")[1], timeout=LIMIT_S)
            headers = {"Host": "localhost", **headers}
        else:
            connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=LIMIT_S)
        with closing(connection):
            connection.request(method, path, body, {name.replace("_", "-"): value for name, value in headers.items()})
            answer = connection.getresponse()
            return answer.status, dict(answer.getheaders()), answer.read().decode()

    def status(self, path, **headers):
        return self.ask("GET", path, **headers)[0]

    def stop(self, number=signal.SIGTERM):
        self.process.send_signal(number)
        return self.process.wait(LIMIT_S)


@contextmanager
def serving(app, *words):
    """`headway serve`, from when it says how it is stopped."""
    process = app.start("serve", *words, *(() if "--uds" in words or "--port" in words else ("--port", "0")))
    try:
        lines = []
        for line in process.stdout:
            lines.append(line.rstrip())
            if line.startswith(("  stop", "{")):
                break
        yield Server(process, lines)
    finally:
        if process.poll() is None:
            process.kill()
        process.communicate(timeout=LIMIT_S)


def plan(**given):
    """What a command line without options says, but for these."""
    plain = {"application": None, "host": "127.0.0.1", "port": 0, "uds": None, "works": False, "concurrency": None}
    more = {"read_only": False, "no_login": False, "root_path": "", "forwarded_allow_ips": None, "title": None}
    return Plan(**{**plain, **more, "place": None, "app": None, **given})


def until(what, limit_s=LIMIT_S):
    """Wait until it is so."""
    end = time.monotonic() + limit_s
    while time.monotonic() < end:
        found = what()
        if found:
            return found
    return pytest.fail("it did not come about")


def test_the_first_to_come_is_let_in_by_a_link_once_and_everybody_else_is_not(app):
    with serving(app, app.spec) as server:
        assert app.module in server.text
        assert "no: this process runs no job" in server.text
        assert server.status("/healthz") == 200
        assert server.status("/readyz") == 200
        assert server.status("/api/") == 401
        status, headers, _ = server.ask("GET", "/jobs")
        assert (status, headers["location"]) == (303, "/sign-in?next=%2Fjobs")
        token = server.line("sign").partition("token=")[2]
        status, headers, _ = server.ask("POST", "/sign-in/link", urlencode({"token": token}), **OWN)
        assert (status, headers["location"]) == (303, "/")
        cookie = headers["set-cookie"].partition(";")[0]
        assert server.status("/jobs", Cookie=cookie) == 200
        assert server.status("/api/", Cookie=cookie) == 200
        assert server.ask("POST", "/sign-in/link", urlencode({"token": token}), **OWN)[0] == 401
        assert server.stop() == 0


def test_where_there_is_a_user_no_link_is_printed_and_a_token_opens_the_api(app):
    store = open_store(str(app.place))
    accounts = Accounts(store=store, by="root", now_us=SystemClock().now_us())
    accounts.add("ann", "correct horse battery", (Permission.VIEW,))
    bearer = f"Bearer {accounts.token('ci', (Permission.VIEW,), apps=None, lives=None)}"
    store.close()
    with serving(app, app.spec) as server:
        assert "sign-in/link" not in server.text
        assert server.status("/api/", Authorization=bearer) == 200
        form = urlencode({"name": "ann", "password": "correct horse battery", "next": "/jobs"})
        status, headers, _ = server.ask("POST", "/sign-in", form, **OWN)
        assert (status, headers["location"]) == (303, "/jobs")
        assert server.stop(signal.SIGINT) == 0


def test_without_login_this_computer_does_everything_and_nothing_else_gets_in(app):
    with serving(app, app.spec, "--no-login") as server:
        assert "everybody at this computer" in server.text
        assert server.status("/jobs") == 200
        assert server.status("/jobs", Host="jobs.example") == 403
        assert server.status("/jobs", X_Forwarded_For="127.0.0.1") == 403
        assert server.ask("POST", "/api/1/cancel", "", X_Requested_With="x")[0] == 404


@pytest.mark.parametrize("host", ["0.0.0.0", "::"])
def test_without_login_it_does_not_listen_where_others_reach_it(app, host):
    said = app.process("serve", app.spec, "--no-login", "--host", host)
    assert said.code == 2
    assert "--no-login would let everybody" in said.err
    assert not app.place.exists() or "pages" not in said.out


def test_a_name_is_refused_that_also_means_another_address(monkeypatch):
    both = [(socket.AF_INET, 1, 6, "", (address, 0)) for address in ("127.0.0.1", "192.0.2.1")]
    monkeypatch.setattr(socket, "getaddrinfo", lambda *_, **__: both)
    with pytest.raises(Exception, match="let everybody who reaches here"):
        login_of(plan(host="here", no_login=True), type("Jobs", (), {"app": "shop"})())


def test_a_console_runs_no_job(app):
    store = enqueue(app, 1)
    reader = store.reader
    with serving(app, app.spec) as server:
        assert server.status("/readyz") == 200
        assert reader.call(reader.nodes()) == ()
    assert [row.state for row in reader.call(reader.page(JobFilter())).rows] == [State.QUEUED]
    store.close()


def test_a_console_with_a_worker_runs_jobs(app):
    store = enqueue(app, 1)
    reader = store.reader
    with serving(app, app.spec, "--worker", "--concurrency", "2") as server:
        assert "2 at once" in server.text
        until(lambda: server.status("/readyz") == 200)
        until(lambda: reader.call(reader.page(JobFilter())).rows[0].state is State.COMPLETED)
        assert server.stop() == 0
    assert [node.state for node in reader.call(reader.nodes()) if node.state == "active"] == []
    store.close()


SLOW_START = """
import os, time
@jobs.on_startup()
def wait_for_the_file() -> None:
    while not os.path.exists("go"):
        time.sleep(0.01)
"""
FAILING_START = """
@jobs.on_startup()
def fail() -> None:
    raise RuntimeError("no database")
"""

BREAKING = """
import os, threading, time
@jobs.on_startup()
def break_when_told() -> None:
    def broken(*_, **__):
        raise LookupError("planted")
    def wait() -> None:
        while not os.path.exists("break"):
            time.sleep(0.01)
        jobs.store.exchange = broken
        greet.enqueue("x")
    threading.Thread(target=wait, daemon=True).start()
"""


def test_it_answers_before_its_worker_has_started_and_says_that_it_is_not_ready(app):
    module = app.folder / f"{app.module}.py"
    module.write_text(module.read_text() + SLOW_START)
    with serving(app, app.spec, "--worker") as server:
        assert server.status("/healthz") == 200
        status, headers, body = server.ask("GET", "/readyz")
        assert (status, headers["retry-after"], json.loads(body)["waits_for"]) == (503, "1", "starting")
        (app.folder / "go").touch()
        until(lambda: server.status("/readyz") == 200)
        assert server.stop() == 0


def test_it_goes_on_to_answer_when_its_worker_has_broken_and_says_that_it_is_not_ready(app):
    module = app.folder / f"{app.module}.py"
    module.write_text(module.read_text() + BREAKING)
    with serving(app, app.spec, "--worker") as server:
        until(lambda: server.status("/readyz") == 200)
        (app.folder / "break").touch()
        until(lambda: server.status("/readyz") == 503)
        assert json.loads(server.ask("GET", "/readyz")[2])["waits_for"] == "worker"
        assert (server.status("/healthz"), server.stop()) == (200, 0)


def test_a_start_that_fails_ends_it_with_the_code_of_a_failed_import(app):
    module = app.folder / f"{app.module}.py"
    module.write_text(module.read_text() + FAILING_START)
    said = app.process("serve", app.spec, "--worker", "--port", "0")
    assert said.code == 3
    assert "no database" in said.err


def test_a_unix_socket_is_served_and_taken_away_at_the_end(app):
    path = app.folder / "web.sock"
    with serving(app, app.spec, "--uds", path, "--no-login") as server:
        assert stat.S_IMODE(path.stat().st_mode) == 0o600
        assert server.status("/jobs") == 200
        assert server.stop() == 0
    assert not path.exists()


def test_a_unix_socket_that_was_left_behind_is_replaced_and_one_in_use_is_not(tmp_path):
    path = tmp_path / "web.sock"
    with closing(socket.socket(socket.AF_UNIX)) as stale:
        stale.bind(str(path))
    with closing(listening.unix(path, is_private=False)):
        assert stat.S_IMODE(path.stat().st_mode) == 0o660
        with pytest.raises(CommandError, match="somebody listens"):
            listening.unix(path, is_private=True)
    path.unlink()
    path.write_text("mine")
    with pytest.raises(CommandError, match="no socket"):
        listening.unix(path, is_private=True)
    with pytest.raises(CommandError, match="cannot listen"):
        listening.unix(tmp_path / "nowhere" / "web.sock", is_private=True)
    assert path.read_text() == "mine"


def test_a_port_that_is_taken_is_said_to_be():
    with closing(socket.create_server(("127.0.0.1", 0))) as taken, pytest.raises(CommandError, match="cannot listen"):
        listening.tcp("127.0.0.1", taken.getsockname()[1])


@pytest.mark.parametrize(
    ("host", "is_loopback"),
    [("127.0.0.1", True), ("::1", True), ("localhost", True), ("0.0.0.0", False), ("192.0.2.1", False)],
)
def test_what_only_this_computer_reaches_is_known(host, is_loopback):
    assert listening.is_loopback(host) is is_loopback


def test_an_address_that_is_none_is_refused():
    with pytest.raises(UsageInvalid, match="no address"):
        listening.is_loopback("nowhere.invalid")


def test_a_read_only_console_changes_nothing(app):
    store = enqueue(app, 1)
    with serving(app, app.spec, "--no-login", "--read-only") as server:
        assert "it only shows" in server.text
        assert server.ask("POST", "/api/1/cancel", "", X_Requested_With="x")[0] == 403
    assert store.reader.call(store.reader.acts()) == ()
    store.close()


def test_a_store_is_shown_without_its_code_and_none_is_made(app):
    enqueue(app, 1).close()
    with serving(app, "--store", app.place, "--no-login") as server:
        assert server.status("/jobs") == 200
        assert json.loads(server.ask("GET", "/api/1")[2])["name"] == "greet"
        assert server.ask("POST", "/api/1/cancel", "", X_Requested_With="x")[0] == 200
    nowhere = app.process("serve", "--store", app.folder / "nowhere")
    assert nowhere.code == 4
    assert not (app.folder / "nowhere").exists()


def test_of_a_store_with_several_apps_one_is_chosen_or_all_are_looked_at(app):
    store = enqueue(app, 1)
    store.call(store.enqueue([NewJob(ref_id="other", name="x", payload="{}", app="other")]))
    store.close()
    assert "several apps: default, other" in app.run("serve", "--store", app.place).err
    jobs, shown = jobs_of(plan(app="other"), str(app.place))
    assert (jobs.app, shown) == ("other", None)
    with serving(app, "--store", app.place, "--no-login", "--read-only") as server:
        assert server.status("/api/1") == 200
        assert server.status("/api/2") == 404
        assert server.status("/api/2?app=other") == 200


def test_several_stores_are_looked_at_side_by_side_each_with_its_own_users(app, tmp_path):
    enqueue(app, 1).close()
    other = open_store(database_of(tmp_path))
    other.call(other.enqueue([NewJob(ref_id="other", name="elsewhere", payload="{}", app="crm")]))
    other.close()
    stores = ("--store", f"shop={app.place}", "--store", f"crm={database_of(tmp_path)}")
    try:
        with serving(app, *stores, "--no-login", "--read-only") as server:
            status, headers, _ = server.ask("GET", "/")
            assert (status, headers["location"]) == (303, "/shop/")
            for name, job in (("shop", "greet"), ("crm", "elsewhere")):
                assert json.loads(server.ask("GET", f"/{name}/api/1")[2])["name"] == job
                page = server.ask("GET", f"/{name}/jobs")[2]
                assert f'<a href="/{name}/" aria-current="true">' in page
                assert '<a href="/shop/"' in page
                assert '<a href="/crm/"' in page
                assert '<form method="post"' not in page
                assert server.status(f"/{name}/readyz") == 200
                assert server.ask("GET", f"/{name}")[1]["location"] == f"/{name}/"
                assert server.ask("POST", f"/{name}/api/1/cancel", "", X_Requested_With="x")[0] == 403
            assert server.status("/other/jobs") == 404
        with serving(app, *stores, "--read-only") as server:
            assert server.ask("GET", "/crm/jobs")[1]["location"] == "/crm/sign-in?next=%2Fjobs"
    finally:
        drop_databases(tmp_path)


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("--store", "a=x", "--store", "b=y"), "only looks"),
        (("--store", "a=x", "--store", "y", "--read-only"), "needs a name"),
        (("--store", "a=x", "--store", "A b=y", "--read-only"), "needs a name"),
        (("--store", "a=x", "--store", "readyz=y", "--read-only"), "needs a name"),
        (("--store", "a=x", "--store", "a=y", "--read-only"), "two stores are called a"),
    ],
)
def test_several_stores_each_need_a_name_and_are_only_looked_at(app, words, said):
    refused = app.run("serve", *words)
    assert (refused.code, said in refused.err) == (2, True)


def test_below_the_path_of_a_proxy_all_addresses_begin_with_it(app):
    with serving(app, app.spec, "--root-path", "/tools/jobs/") as server:
        assert f":{server.port}/tools/jobs/" in server.line("pages")
        _, headers, _ = server.ask("GET", "/jobs")
        assert headers["location"] == "/tools/jobs/sign-in?next=%2Fjobs"


def test_with_json_it_says_where_in_one_line(app):
    with serving(app, app.spec, "--json") as server:
        said = json.loads(server.lines[0])["serving"]
        assert said["api"] == f"{said['pages']}api/"
        assert "hwl_" in said["sign_in"]


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("app", "--store", "x"), "without an application"),
        (("--worker",), "needs the application's code"),
        (("app", "--concurrency", "3"), "--worker"),
        (("app", "--port", "65536"), "65536"),
    ],
)
def test_what_cannot_be_meant_is_refused(app, words, said):
    refused = app.run("serve", *words)
    assert refused.code == 2
    assert said in refused.err


def test_without_the_extra_it_says_what_to_install(app):
    source = (
        "import sys; sys.modules['uvicorn'] = None; import importlib.util as u; find = u.find_spec; "
        "u.find_spec = lambda name, *more: None if name == 'uvicorn' else find(name, *more); "
        "from headway.cli.main import root; root.main(['serve', 'app'])"
    )
    done = subprocess.run(
        [sys.executable, "-c", source], cwd=app.folder, capture_output=True, text=True, timeout=LIMIT_S, check=False
    )
    assert done.returncode == 1
    assert "headway[web]" in done.stderr
