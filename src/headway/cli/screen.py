"""Tables, pages and live lists on a person's terminal, by rich; only imported where rich is installed."""

from __future__ import annotations

from collections.abc import Callable
from types import MappingProxyType
from typing import Final

from rich.console import Console, Group
from rich.live import Live
from rich.style import Style
from rich.table import Table as Grid
from rich.text import Text

from headway.model.job import State
from headway.view import words
from headway.view.pages import DetailPage
from headway.view.tables import Table

STYLES: Final = MappingProxyType({
    State.SCHEDULED: "cyan",
    State.WAITING: "cyan",
    State.QUEUED: "blue",
    State.RUNNING: "yellow",
    State.EXECUTED: "yellow",
    State.COMPLETED: "green",
    State.FAILED: "bold red",
    State.CANCELLED: "magenta",
    State.SKIPPED: "dim",
})  # fmt: skip
PROGRESS: Final = "progress"
STATE: Final = "state"
RESULT: Final = "result"


def console() -> Console:
    """The terminal; rich itself honours NO_COLOR."""
    return Console(highlight=False)


def print_table(table: Table) -> None:
    """Print a table."""
    console().print(grid(table))


def print_page(page: DetailPage, result_link: str | None = None) -> None:
    """Print one job."""
    console().print(page_group(page, result_link))


def grid(table: Table) -> Group:
    """A table with coloured states and bars of progress. Cells are text, never markup."""
    kept = [index for index in range(len(table.columns)) if any(row[index] for row in table.rows)]
    shown = Grid(box=None, pad_edge=False, header_style="bold")
    for index in kept:
        column = table.columns[index]
        shown.add_column(column.title, justify="right" if column.right else "left", overflow="ellipsis", no_wrap=True)
    for number in range(len(table.rows)):
        shown.add_row(*(_cell(table, number, index) for index in kept))
    return Group(*([shown] if table.rows else []), Text(table.foot, style="dim"))


def watch_table(table: Callable[[], Table], pause: Callable[[], bool]) -> None:
    """Show a table anew after each pause, until the pause says to stop."""
    with Live(console=console(), auto_refresh=False, screen=False) as live:
        live.update(grid(table()), refresh=True)
        while not pause():
            live.update(grid(table()), refresh=True)


def page_group(page: DetailPage, result_link: str | None = None) -> Group:
    """One job: facts, sections, history. A result that is an address is a link to it."""
    facts = Grid.grid(padding=(0, 2, 0, 2))
    for fact in page.facts:
        style = STYLES[page.state] if fact.label == STATE else ""
        facts.add_row(Text(fact.label, style="dim"), Text(fact.value, style=style))
    parts: list[Text | Grid] = [Text(page.title, style="bold"), facts]
    for section in page.sections:
        link = result_link if section.title == RESULT else None
        parts += [Text(f"\n{section.title}", style="bold"), Text(section.text, style=Style(link=link))]
    history = Grid.grid(padding=(0, 2, 0, 2))
    for moment in page.history:
        history.add_row(Text(moment.at, style="dim"), Text(moment.text, style=STYLES[moment.state]))
    return Group(*parts, Text("\nhistory", style="bold"), history)


def _cell(table: Table, number: int, index: int) -> Text:
    cell, title = table.rows[number][index], table.columns[index].title
    fraction = table.fractions[number] if number < len(table.fractions) else None
    if title == PROGRESS and fraction is not None:
        return Text(f"{words.bar(fraction)} {cell}")
    state = table.states[number] if number < len(table.states) else None
    return Text(cell, style=STYLES[state] if title == STATE and state is not None else "")
