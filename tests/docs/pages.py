"""The project's pages as its tests see them: files, fenced blocks, tables and links."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
DOCS = ROOT / "docs"

FENCE = re.compile(r"^```([^\n`]+)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
LINK = re.compile(r"(?<!!)\[[^\]]+\]\(([^)\s]+)\)")
CODE = re.compile(r"`([^`\n]+)`")


@dataclass(frozen=True, slots=True, kw_only=True)
class Block:
    """A fenced block: the words behind the fence, its text, and the line on which it begins."""

    words: tuple[str, ...]
    text: str
    line: int


def pages() -> tuple[Path, ...]:
    """README and everything below docs/."""
    return (ROOT / "README.md", *sorted(DOCS.rglob("*.md")))


def blocks(text: str) -> Iterator[Block]:
    for found in FENCE.finditer(text):
        line = text.count("\n", 0, found.start()) + 1
        yield Block(words=tuple(found[1].split()), text=found[2], line=line)


def prose(text: str) -> str:
    """The text without fenced blocks, what stands in backquotes, and where links lead."""
    return re.sub(r"\]\([^)\s]+\)", "]", CODE.sub("", FENCE.sub("", text)))


def links(text: str) -> list[str]:
    return LINK.findall(FENCE.sub("", text))


def section(text: str, heading: str) -> str:
    """What stands below a heading, up to the next one of its rank or above."""
    marks = heading.split(" ", 1)[0]
    found = re.search(rf"^{re.escape(heading)}$(.*?)(?=^#{{1,{len(marks)}}} |\Z)", text, re.MULTILINE | re.DOTALL)
    assert found is not None, f"there is no heading {heading!r}"
    return found[1]


def rows(text: str) -> list[list[str]]:
    """The cells of the first table in a text, without its head."""
    lines = [line for line in text.splitlines() if line.startswith("|")]
    assert lines, "there is no table"
    return [[cell.strip() for cell in re.split(r"(?<!\\)\|", line.strip("|"))] for line in lines[2:]]


def named(cell: str) -> str:
    """The first word in backquotes of a cell."""
    found = CODE.search(cell)
    assert found is not None, f"nothing stands in backquotes in {cell!r}"
    return found[1]
