"""The same store seen through other mounts: bind mounts, overlays as of containers, a volume that comes and goes."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from faults.tools import mounted_memory, run
from headway.store.open import look, open_store


def other_mounts(folder: Path) -> str:
    """Held by none of them; a copy made through one is."""
    seen = 0
    with mounted_memory(folder / "volume", "64m") as volume:
        for lower in (volume, folder / "disk"):
            store = lower / "store"
            assert held(store) is None, "it is new"
            with bound(store, folder / "elsewhere") as elsewhere:
                assert held(elsewhere) is None, "a bind mount is another place only"
            for xino in ("off", "auto", "on"):
                with overlaid(lower, folder / f"layers-{lower.name}-{xino}", xino) as merged:
                    for _ in range(2):  # the first opening copies files to the upper layer
                        assert held(merged / "store") is None, f"an overlay over {lower.name}, xino={xino}"
                        seen += 1
                    shutil.copytree(merged / "store", merged / "copy")
                    assert held(merged / "copy") is not None, "a copy inside the container"
            assert held(store) is None, "the original, after all that"
    return f"{seen} openings through overlays and 2 through bind mounts not held, 6 copies made there held"


def held(place: Path) -> str | None:
    """Open it for writing; why it is held then."""
    open_store(str(place)).close()
    found = look(str(place))
    assert found is not None
    return found.held_why


@contextmanager
def bound(source: Path, target: Path) -> Iterator[Path]:
    """The same folder at another place."""
    target.mkdir(exist_ok=True)
    run(["mount", "--bind", str(source), str(target)])
    try:
        yield target
    finally:
        run(["umount", "-l", str(target)])


@contextmanager
def overlaid(lower: Path, folder: Path, xino: str) -> Iterator[Path]:
    """As a container sees its image: what it writes is copied to an upper layer first."""
    upper, work, merged = (folder / name for name in ("upper", "work", "merged"))
    for path in (upper, work, merged):
        path.mkdir(parents=True)
    options = f"lowerdir={lower},upperdir={upper},workdir={work},xino={xino}"
    run(["mount", "-t", "overlay", "headway-faults", "-o", options, str(merged)])
    try:
        yield merged
    finally:
        run(["umount", "-l", str(merged)])
