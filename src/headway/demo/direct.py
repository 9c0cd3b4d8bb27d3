"""The same counts made without a single job: what the demo's report is measured against."""

from collections.abc import Callable
from pathlib import Path

from headway.demo.library import Module, Part, count_file, find_parts


def count_directly(root: Path, tell: Callable[[int, int], None]) -> list[Module]:
    """Count every module below `root` here and now, one after the other.

    `tell` is called after every part with the number of modules counted and the number of all.
    """
    parts = find_parts(root)
    total = sum(len(part.paths) for part in parts)
    modules: list[Module] = []
    for part in parts:
        modules.extend(_count_part(root, part))
        tell(len(modules), total)
    return modules


def _count_part(root: Path, part: Part) -> list[Module]:
    return [count_file(root, path) for path in part.paths]
