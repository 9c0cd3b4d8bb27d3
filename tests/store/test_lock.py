"""The writer lock is fair between processes, and a dead holder holds nothing."""

import os
import signal
import subprocess
import sys
from pathlib import Path

from headway.store.sqlite.lock import Turnstile
from headway.store.sqlite.vigil import Vigil

LOOP = """
import sys, time
from pathlib import Path
from headway.store.sqlite.lock import Turnstile
turnstile, turns = Turnstile(Path(sys.argv[1])), 0
print("ready", flush=True); sys.stdin.readline()
end = time.monotonic() + 0.5
while time.monotonic() < end:
    turnstile.take(); time.sleep(0.001); turnstile.let_go(); turns += 1
print(turns)
"""

HOLD = """
import sys
from pathlib import Path
from headway.store.sqlite.lock import Turnstile
from headway.store.sqlite.vigil import Vigil
Turnstile(Path(sys.argv[1])).take(); Vigil(Path(sys.argv[1]) / "nodes").hold("them")
print("held", flush=True); sys.stdin.readline()
"""


def start(code: str, folder: Path) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-c", code, str(folder)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )


def test_two_looping_writers_get_about_the_same_number_of_turns(tmp_path: Path) -> None:
    writers = [start(LOOP, tmp_path) for _ in range(2)]
    for writer in writers:
        assert writer.stdout is not None
        writer.stdout.readline()
    for writer in writers:
        assert writer.stdin is not None
        writer.stdin.write("go\n")
        writer.stdin.flush()
    turns = sorted(int(writer.communicate(timeout=15)[0]) for writer in writers)
    assert turns[0] > 0.5 * turns[1]


def test_a_killed_holder_lets_go_at_once_and_its_node_is_seen_to_be_gone(tmp_path: Path) -> None:
    (tmp_path / "nodes").mkdir()
    holder = start(HOLD, tmp_path)
    assert holder.stdout is not None
    holder.stdout.readline()
    mine, vigil = Turnstile(tmp_path), Vigil(tmp_path / "nodes")
    assert mine.holder() == holder.pid
    assert vigil.gone() == ()
    os.kill(holder.pid, signal.SIGKILL)
    holder.communicate(timeout=15)
    mine.take()
    assert vigil.gone() == ("them",)
    vigil.forget("them")
    assert vigil.gone() == ()
