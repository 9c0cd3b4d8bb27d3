"""What the ring by hand needs of its machine: looked for before anything is broken, and named when it is missing."""

from __future__ import annotations

import os
import platform
import shutil
import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Final

FAKETIME: Final = tuple(Path("/usr/lib").glob("*/faketime/libfaketimeMT.so.1")) + tuple(
    Path("/usr/lib").glob("faketime/libfaketimeMT.so.1")
)
PROGRAMS: Final = {
    "strace": "strace",
    "mount": "mount",
    "umount": "mount",
    "unshare": "util-linux",
    "ip": "iproute2",
    "iptables": "iptables",
}
RUN_S: Final = 60.0


def missing() -> list[str]:
    """One sentence for each thing that is not here."""
    found: list[str] = []
    if sys.platform != "linux":
        found.append(f"these faults need Linux, this is {platform.system()}")
    if os.geteuid() != 0:
        found.append("these faults mount file systems and enter namespaces: run them as root")
    for program, package in PROGRAMS.items():
        if shutil.which(program) is None:
            found.append(f"{program} is missing: apt-get install {package}")
    if not FAKETIME:
        found.append("libfaketime is missing: apt-get install faketime")
    if not found:
        for words in (["strace", "-f", "-o", "/dev/null", "true"], [*IN_OTHER_BOOT_CLOCK, "true"]):
            done = subprocess.run(words, capture_output=True, text=True, timeout=RUN_S, check=False)
            if done.returncode:
                found.append(f"{words[0]} does not work here: {(done.stderr or done.stdout).strip().splitlines()[0]}")
    return found


IN_OTHER_BOOT_CLOCK: Final = ("unshare", "--time", "--fork", "--boottime", "7200", "--")


def run(words: Sequence[str]) -> None:
    """A system command that must succeed."""
    done = subprocess.run(words, capture_output=True, text=True, timeout=RUN_S, check=False)
    if done.returncode:
        msg = f"{' '.join(words)}: {done.stderr.strip()}"
        raise RuntimeError(msg)


@contextmanager
def mounted_memory(folder: Path, size: str) -> Iterator[Path]:
    """A file system of that size at a folder; `resize` changes it."""
    folder.mkdir(parents=True, exist_ok=True)
    run(["mount", "-t", "tmpfs", "-o", f"size={size},mode=0700", "headway-faults", str(folder)])
    try:
        yield folder
    finally:
        run(["umount", "-l", str(folder)])


def resize(folder: Path, size: str) -> None:
    """Give a mounted file system another size."""
    run(["mount", "-o", f"remount,size={size}", str(folder)])


@contextmanager
def read_only(path: Path) -> Iterator[None]:
    """Nobody can write that file, not even root."""
    run(["mount", "--bind", str(path), str(path)])
    run(["mount", "-o", "remount,bind,ro", str(path)])
    try:
        yield
    finally:
        run(["umount", "-l", str(path)])


def machine() -> str:
    """What the results were got on."""
    import sqlite3

    version = platform.python_version()
    return f"{os.cpu_count()} cores, Linux {platform.release()}, Python {version}, SQLite {sqlite3.sqlite_version}"
