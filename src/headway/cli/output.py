"""What a command says: JSON for programs, plain aligned text for pipes, rich tables for a terminal that has rich."""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, Final

import click
import msgspec

if TYPE_CHECKING:
    from headway.view.pages import DetailPage
    from headway.view.tables import Table

GAP: Final = "  "


class Output:
    """The voice of one command. Tables and colour only where a person looks at a terminal."""

    def __init__(self, *, as_json: bool, fancy: bool | None = None) -> None:
        self.as_json = as_json
        self.fancy = (not as_json and _can_be_fancy()) if fancy is None else fancy

    def document(self, value: Any) -> None:
        """One JSON document, laid out for people who look at it too."""
        click.echo(msgspec.json.format(msgspec.json.encode(value), indent=2))

    def line(self, value: Any) -> None:
        """One JSON value on one line, for streams."""
        click.echo(msgspec.json.encode(value))
        sys.stdout.flush()

    def text(self, line: str) -> None:
        """A line for people."""
        click.echo(line)

    def note(self, line: str) -> None:
        """A line for people that is no part of the answer: to standard error."""
        click.echo(line, err=True)

    def table(self, table: Table) -> None:
        """A table for people."""
        if self.fancy:
            from headway.cli.screen import print_table

            print_table(table)
            return
        for line in plain_lines(table):
            click.echo(line)

    def page(self, page: DetailPage, *, result_link: str | None = None) -> None:
        """One job for people; a terminal makes a link of a result that is an address."""
        if self.fancy:
            from headway.cli.screen import print_page

            print_page(page, result_link)
            return
        for line in page_lines(page):
            click.echo(line)


def plain_lines(table: Table) -> list[str]:
    """A table as aligned text: a line of titles, the rows, the sentence below. Empty columns are left out."""
    kept = [index for index in range(len(table.columns)) if any(row[index] for row in table.rows)]
    lines: list[str] = []
    if table.rows:
        titles = [table.columns[index].title for index in kept]
        cells = [titles, *([row[index] for index in kept] for row in table.rows)]
        widths = [max(len(line[column]) for line in cells) for column in range(len(kept))]
        rights = [table.columns[index].right for index in kept]
        lines.extend(_aligned(line, widths, rights) for line in cells)
    return [*lines, *([table.foot] if table.foot else [])]


def page_lines(page: DetailPage) -> list[str]:
    """One job as text: facts, sections, history."""
    width = max((len(fact.label) for fact in page.facts), default=0)
    lines = [page.title, *(f"{GAP}{fact.label:<{width}}{GAP}{fact.value}" for fact in page.facts)]
    for section in page.sections:
        lines += ["", section.title, *(f"{GAP}{line}".rstrip() for line in section.text.split("\n"))]
    if page.history:
        width = max(len(moment.at) for moment in page.history)
        lines += ["", "history", *(f"{GAP}{moment.at:>{width}}{GAP}{moment.text}" for moment in page.history)]
    return lines


def _aligned(cells: Sequence[str], widths: Sequence[int], rights: Sequence[bool]) -> str:
    shown = (
        cell.rjust(width) if right else cell.ljust(width)
        for cell, width, right in zip(cells, widths, rights, strict=True)
    )
    return GAP.join(shown).rstrip()


def _can_be_fancy() -> bool:
    if not sys.stdout.isatty() or os.environ.get("TERM") == "dumb":
        return False
    from importlib.util import find_spec

    return find_spec("rich") is not None
