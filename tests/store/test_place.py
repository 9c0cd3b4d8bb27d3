"""Where a store lies: what may be written, and what is refused with what to write instead."""

import contextlib
import os
import pwd
import sqlite3
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from headway.model.errors import SchemaTooNew, StoreForeign, StorePlaceInvalid
from headway.store.open import look, open_store
from headway.store.place import parse_place
from headway.store.sqlite.connect import check_file_system, file_system_of, library_is_safe


def test_a_bare_path_is_a_directory_and_a_file_url_is_a_file(tmp_path: Path) -> None:
    own = parse_place(str(tmp_path / "jobs"))
    guest = parse_place(f"sqlite:///{tmp_path}/shop.db")
    assert (own.main, own.shared) == (tmp_path / "jobs" / "jobs.db", False)
    assert (guest.main, guest.folder, guest.shared) == (tmp_path / "shop.db", tmp_path / "shop.db.headway", True)


def test_the_other_kind_is_refused_with_what_to_write(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(StorePlaceInvalid, match="write sqlite:///"):
        parse_place(str(tmp_path / "file"))
    with pytest.raises(StorePlaceInvalid, match="without sqlite:///"):
        parse_place(f"sqlite:///{tmp_path}")


@pytest.mark.parametrize("text", ["/dev/null", "sqlite:////dev/null"])
def test_a_device_is_refused_without_advising_to_keep_jobs_in_it(text: str) -> None:
    with pytest.raises(StorePlaceInvalid, match=r"^/dev/null is neither a directory nor a file that could hold jobs;"):
        parse_place(text)


@pytest.mark.parametrize("text", ["", "a\0b", "mysql://host/db"])
def test_nonsense_is_refused(text: str) -> None:
    with pytest.raises(StorePlaceInvalid):
        parse_place(text)


def test_a_file_that_is_no_database_is_refused_and_left_alone(tmp_path: Path) -> None:
    (tmp_path / "jobs.db").write_text("dear diary, " * 1000)
    with pytest.raises(StoreForeign, match="not a sound SQLite database"):
        open_store(str(tmp_path))
    assert (tmp_path / "jobs.db").read_text().startswith("dear diary")


def test_another_programs_database_is_refused_in_a_place_of_our_own(tmp_path: Path) -> None:
    with sqlite3.connect(tmp_path / "jobs.db") as theirs:
        theirs.execute("CREATE TABLE albums (id INTEGER)")
    with pytest.raises(StoreForeign, match="albums"):
        open_store(str(tmp_path))


def test_an_applications_own_file_keeps_its_tables_and_gets_ours(tmp_path: Path) -> None:
    with sqlite3.connect(tmp_path / "shop.db") as theirs:
        theirs.execute("CREATE TABLE orders (id INTEGER)")
    open_store(f"sqlite:///{tmp_path}/shop.db").close()
    with sqlite3.connect(tmp_path / "shop.db") as theirs:
        tables = {row[0] for row in theirs.execute("SELECT name FROM sqlite_master WHERE type = 'table'")}
    assert "orders" in tables
    assert {table for table in tables if not table.startswith(("headway_", "sqlite_"))} == {"orders"}


def test_a_schema_newer_than_this_code_is_refused_and_left_alone(tmp_path: Path) -> None:
    open_store(str(tmp_path)).close()
    with sqlite3.connect(tmp_path / "jobs.db") as newer:
        newer.execute("INSERT INTO headway_schema VALUES (999, 0, '')")
    with pytest.raises(SchemaTooNew, match="schema 999"):
        open_store(str(tmp_path))


@contextlib.contextmanager
def shut_out(folder: Path) -> Iterator[None]:
    """Be a user who may not look into the folder: another one than root, who may look everywhere."""
    if os.geteuid() == 0:
        os.seteuid(pwd.getpwnam("nobody").pw_uid)
        try:
            yield
        finally:
            os.seteuid(0)
        return
    folder.chmod(0)
    try:
        yield
    finally:
        folder.chmod(0o700)


def test_a_store_of_another_user_is_refused_with_whose_it_is() -> None:
    with tempfile.TemporaryDirectory() as made:
        top = Path(made)
        top.chmod(0o755)  # everybody may see that there is a store
        folder = top / "jobs"
        open_store(str(folder)).close()
        words = rf"may not use the store at {folder}; run as the user who owns it \({folder.owner()}\)"
        with shut_out(folder):
            with pytest.raises(StorePlaceInvalid, match=words):
                look(str(folder))
            with pytest.raises(StorePlaceInvalid, match=words):
                open_store(str(folder))
            with pytest.raises(
                StorePlaceInvalid, match=r"may not use the store at .*; run as the user who owns it, or"
            ):
                look(str(folder / "inside"))


def test_files_are_private_under_any_umask(tmp_path: Path) -> None:
    import os

    before = os.umask(0)
    try:
        store = open_store(str(tmp_path / "s"))
        store.call(store.tend())
        modes = {path.name: path.stat().st_mode & 0o777 for path in (tmp_path / "s").iterdir()}
        store.close()
    finally:
        os.umask(before)
    assert (tmp_path / "s").stat().st_mode & 0o777 == 0o700
    assert {mode for name, mode in modes.items() if name != "nodes"} == {0o600}
    assert modes["nodes"] == 0o700


MOUNTS = """\
22 1 254:1 / / rw,relatime - ext4 /dev/vda1 rw
40 22 0:35 / /mnt/share rw - nfs4 server:/x rw
41 22 0:36 / /mnt/with\\040space rw - fuse.sshfs host: rw
"""


def test_shared_file_systems_are_refused_and_local_ones_are_not() -> None:
    assert file_system_of(Path("/home/ann/jobs"), MOUNTS) == "ext4"
    check_file_system(Path("/home/ann/jobs.db"), mounts=MOUNTS)
    for place in ("/mnt/share/jobs.db", "/mnt/with space/jobs.db"):
        with pytest.raises(StorePlaceInvalid, match="file system"):
            check_file_system(Path(place), mounts=MOUNTS)


def test_it_knows_which_libraries_can_lose_rows() -> None:
    verdicts = [library_is_safe(version) for version in [(3, 40, 1), (3, 51, 2), (3, 44, 6), (3, 50, 7), (3, 51, 3)]]
    assert verdicts == [False, False, True, True, True]
