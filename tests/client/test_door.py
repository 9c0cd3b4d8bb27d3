"""Where the store is, when it is opened, and what a fork and a close do to it."""

import subprocess
import sys
from pathlib import Path

import pytest

from headway import Jobs, StoreError
from headway.model.errors import OptionInvalid, StorePlaceInvalid

FORK = """
import os, sys
from headway import Jobs

jobs = Jobs(sys.argv[1], durability="relaxed")

@jobs.job(name="note")
def note(text: str) -> None: ...

note.enqueue("parent")
before = jobs.store
reading, writing = os.pipe()
if os.fork() == 0:
    note.enqueue("child")
    assert jobs.store is not before
    os.write(writing, b"ok")
    os._exit(0)
assert os.read(reading, 2) == b"ok"
os.wait()
note.enqueue("parent again")
assert jobs.store is before
print(sum(jobs.counts().values()))
jobs.close()
"""


def ping() -> None: ...


def test_nothing_is_opened_before_the_first_use(tmp_path: Path) -> None:
    jobs = Jobs(tmp_path / "store")
    jobs.register(ping).using(queue="mail").call()
    assert not (tmp_path / "store").exists()
    jobs.register(ping).enqueue()
    assert (tmp_path / "store").is_dir()
    jobs.close()


def test_without_a_place_it_lies_beside_the_nearest_pyproject(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    below = tmp_path / "src" / "deep"
    below.mkdir(parents=True)
    monkeypatch.chdir(below)
    assert Jobs().place == str(below / ".headway")
    (tmp_path / "pyproject.toml").write_text("")
    assert Jobs().place == str(tmp_path / ".headway")


def test_a_relative_place_is_meant_from_where_the_program_started(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    jobs, file = Jobs("data"), Jobs("sqlite:///shop.db")
    (tmp_path / "other").mkdir()
    monkeypatch.chdir(tmp_path / "other")
    assert (jobs.place, file.place) == (str(tmp_path / "data"), f"sqlite:///{tmp_path}/shop.db")


def test_jobs_can_lie_in_a_file(tmp_path: Path) -> None:
    with Jobs(f"sqlite:///{tmp_path}/shop.db") as jobs:
        jobs.register(ping).enqueue()
    assert (tmp_path / "shop.db").is_file()


def test_a_temporary_store_is_removed_when_it_is_closed() -> None:
    jobs = Jobs("memory://")
    jobs.register(ping).enqueue()
    place = Path(jobs.place)
    assert place.is_dir()
    jobs.close()
    assert not place.exists()


def test_a_password_is_for_whoever_opens_the_store_and_for_nobody_else() -> None:
    url = "postgresql://shop:secret@db.internal:5432/shop?schema=crm&sslmode=require"
    jobs = Jobs(url)
    assert jobs.url == url
    assert "secret" not in jobs.place
    assert jobs.place.startswith("postgresql://shop:***@db.internal:5432/shop?")
    assert "secret" not in repr(jobs)


@pytest.mark.parametrize("wrong", ["schema=My-Jobs", "schema=pg_jobs", "schema=", "listen=maybe"])
def test_what_is_wrong_with_a_url_of_postgresql_is_said_where_it_is_written(wrong: str) -> None:
    with pytest.raises(StorePlaceInvalid, match=wrong.partition("=")[0]):
        Jobs(f"postgresql://localhost/shop?{wrong}")


def test_an_unknown_scheme_is_refused_with_what_to_write() -> None:
    with pytest.raises(StorePlaceInvalid, match=r"redis:// .*sqlite:///file\.db"):
        Jobs("redis://localhost")


def test_a_file_where_a_directory_is_meant_is_refused_with_what_to_write(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("x")
    with pytest.raises(StorePlaceInvalid, match="sqlite:///"):
        Jobs(tmp_path / "file").register(ping).enqueue()


def test_a_directory_where_a_file_is_meant_is_refused_with_what_to_write(tmp_path: Path) -> None:
    with pytest.raises(StorePlaceInvalid, match="without sqlite:///"):
        Jobs(f"sqlite:///{tmp_path}").register(ping).enqueue()


def test_a_place_that_is_no_path_is_a_clear_error() -> None:
    with pytest.raises(OptionInvalid, match=r"must be a directory or a URL such as .*, not 3"):
        Jobs(3)  # type: ignore[arg-type]


def test_a_place_that_cannot_be_written_is_a_clear_error(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("x")
    with pytest.raises(StoreError, match="file"):
        Jobs(tmp_path / "file" / "below").register(ping).enqueue()


def test_closing_is_idempotent_and_final(tmp_path: Path) -> None:
    jobs = Jobs(tmp_path / "store")
    job = jobs.register(ping)
    job.enqueue()
    jobs.close()
    jobs.close()
    with pytest.raises(StoreError, match="closed"):
        job.enqueue()


async def test_closing_from_a_coroutine(tmp_path: Path) -> None:
    jobs = Jobs(tmp_path / "store")
    await jobs.register(ping).aenqueue()
    await jobs.aclose()
    with pytest.raises(StoreError, match="closed"):
        await jobs.register(ping).aenqueue()


def test_a_forked_child_opens_a_store_of_its_own(tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-W", "ignore", "-c", FORK, str(tmp_path / "store")],
        capture_output=True,
        text=True,
        timeout=15,
        check=False,
    )
    assert (done.stderr, done.stdout.strip(), done.returncode) == ("", "3", 0)
