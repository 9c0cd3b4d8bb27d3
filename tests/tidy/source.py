"""The project's text as the rules see it: files, the places a rule objects to, and the walk over the checkout."""

import ast
import os
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path, PurePosixPath

ROOT = Path(__file__).resolve().parents[2]

# What git does not track either, and what holds no text of ours.
NOT_OURS = frozenset({".git", ".venv", "__pycache__", "build", "dist", "node_modules", "out", "vendor"})
NOT_OURS_ENDINGS = ("_cache", ".egg-info", ".headway")
HIDDEN_BUT_OURS = frozenset({".ci", ".github"})
TEXT = frozenset(
    {"", ".cfg", ".css", ".html", ".in", ".js", ".json", ".md", ".py", ".sh", ".sql", ".toml", ".txt", ".yaml", ".yml"}
)


@dataclass(frozen=True, kw_only=True)
class Source:
    """One text file: its path from the checkout's root, with slashes, and its text."""

    path: str
    text: str

    @cached_property
    def nodes(self) -> tuple[ast.AST, ...]:
        """Every node of a Python file, in no promised order."""
        return tuple(ast.walk(self.module))

    @cached_property
    def module(self) -> ast.Module:
        return ast.parse(self.text, self.path)

    @property
    def name(self) -> str:
        return PurePosixPath(self.path).name

    @property
    def stem(self) -> str:
        return PurePosixPath(self.path).stem

    def within(self, folder: str) -> bool:
        return self.path.startswith(folder.rstrip("/") + "/")


@dataclass(frozen=True, slots=True, kw_only=True)
class Breach:
    """A place that breaks a rule, and what to do about it."""

    path: str
    line: int
    advice: str

    def __str__(self) -> str:
        return f"{self.path}:{self.line} {self.advice}"


def python(sources: Iterable[Source], folder: str) -> Iterator[Source]:
    return (source for source in sources if source.path.endswith(".py") and source.within(folder))


def checkout(root: Path = ROOT) -> tuple[Source, ...]:
    """Every text file of the project, in order of its path."""
    found: list[Source] = []
    for folder, below, names in os.walk(root):
        below[:] = sorted(name for name in below if _is_ours(name))
        for name in sorted(names):
            file = Path(folder, name)
            if file.suffix in TEXT and _is_regular(file):
                found.append(Source(path=file.relative_to(root).as_posix(), text=file.read_text(encoding="utf-8")))
    return tuple(found)


def _is_ours(folder: str) -> bool:
    if folder.startswith("."):
        return folder in HIDDEN_BUT_OURS
    return folder not in NOT_OURS and not folder.endswith(NOT_OURS_ENDINGS)


def _is_regular(file: Path) -> bool:
    # A linked worktree's .git is a file; coverage leaves a database whose name has no ending.
    return (
        file.is_file() and not file.is_symlink() and not file.name.startswith((".git", ".coverage"))
    ) or file.name == ".gitignore"
