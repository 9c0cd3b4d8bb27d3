"""Tables, pages and live lists on a person's terminal, by rich; only imported where rich is installed."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from types import MappingProxyType
from typing import Final

from rich.console import Console, ConsoleOptions, Group, JustifyMethod, RenderResult
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
SHRINKING: Final = frozenset(
    {"name", PROGRESS, "note", "host", "queues", "handlers", "gates", "when", "zone", "next run", "last run"}
)
"""Columns that give way on a narrow terminal: what names a job or tells its state is needed whole."""
ID: Final = "id"
NAME: Final = "name"
"""What names a row where there is no id: it gives way last."""
LEAVING_FIRST: Final = ("zone",)
"""What is left out first where even narrow columns do not fit; then the one at the right."""
READABLE: Final = 8
"""A column that gives way keeps so many characters."""
STAYING: Final = 2
"""So many columns are never left out."""
WHOLE_MAX: Final = 20
"""Only so many characters of it, though: a user's own words may be long."""
BAR_AND_SHARE: Final = 17
"""A bar, `100 %`, and the dots of what is cut."""
GAP: Final = 2
"""The space between two columns."""


def console() -> Console:
    """The terminal; rich itself honours NO_COLOR."""
    return Console(highlight=False)


def print_table(table: Table) -> None:
    """Print a table."""
    console().print(grid(table))


def print_page(page: DetailPage, result_link: str | None = None) -> None:
    """Print one job."""
    console().print(page_group(page, result_link))


@dataclass(frozen=True, slots=True)
class Fitted:
    """A table as wide as the terminal lets it be; rich alone would narrow every column, the ids too."""

    table: Table

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        """Draw it."""
        kept = [index for index in range(len(self.table.columns)) if any(row[index] for row in self.table.rows)]
        cells = [[_cell(self.table, number, index) for index in kept] for number in range(len(self.table.rows))]
        titles = [self.table.columns[index].title for index in kept]
        fitting = _fitting(titles, cells, options.max_width)
        cells = [[row[at] for at in fitting] for row in cells]
        columns = [self.table.columns[kept[at]] for at in fitting]
        shown = Grid(box=None, pad_edge=False, padding=(0, GAP, 0, 0), header_style="bold")
        widths = _widths([column.title for column in columns], cells, options.max_width)
        for column, width in zip(columns, widths, strict=True):
            align: JustifyMethod = "right" if column.right else "left"
            shown.add_column(column.title, justify=align, overflow="ellipsis", no_wrap=True, width=width)
        for row in cells:
            shown.add_row(*row)
        yield shown
        if left := ", ".join(title for at, title in enumerate(titles) if at not in fitting):
            yield Text(f"left out, as the terminal is narrow: {left}", style="dim")


def grid(table: Table) -> Group:
    """A table with coloured states and bars of progress. Cells are text, never markup."""
    return Group(*([Fitted(table)] if table.rows else []), Text(table.foot, style="dim"))


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


def _fitting(titles: list[str], cells: list[list[Text]], room: int) -> list[int]:
    """Which columns are shown: those that fit when each has given way as far as it may."""
    shown = list(range(len(titles)))
    least = _least(titles, _wanted(titles, cells))
    while len(shown) > STAYING and sum(least[at] for at in shown) + GAP * (len(shown) - 1) > room:
        shown.remove(next((at for at in shown if titles[at] in LEAVING_FIRST), shown[-1]))
    return shown


def _widths(titles: list[str], cells: list[list[Text]], room: int) -> list[int]:
    """How wide each column is: as it likes, else the widest of those that may shrink gives way first."""
    widths = _wanted(titles, cells)
    excess = sum(widths) + GAP * (len(widths) - 1) - room
    for least in (_least(titles, widths), [1] * len(widths)):
        while excess > 0:
            wide = [at for at, width in enumerate(widths) if width > least[at]]
            if not wide:
                break
            widest = max(wide, key=lambda at: widths[at])
            widths[widest] -= 1
            excess -= 1
    return widths


def _wanted(titles: list[str], cells: list[list[Text]]) -> list[int]:
    return [max(len(title), *(row[at].cell_len for row in cells)) for at, title in enumerate(titles)]


def _least(titles: list[str], widths: list[int]) -> list[int]:
    """How far each column may give way."""
    shrinking = SHRINKING if ID in titles else SHRINKING - {NAME}
    return [
        (BAR_AND_SHARE if title == PROGRESS else min(width, max(READABLE, len(title))))
        if title in shrinking
        else min(width, WHOLE_MAX)
        for title, width in zip(titles, widths, strict=True)
    ]


def _cell(table: Table, number: int, index: int) -> Text:
    cell, title = table.rows[number][index], table.columns[index].title
    fraction = table.fractions[number] if number < len(table.fractions) else None
    if title == PROGRESS and fraction is not None:
        return Text(f"{words.bar(fraction)} {cell}")
    state = table.states[number] if number < len(table.states) else None
    return Text(cell, style=STYLES[state] if title == STATE and state is not None else "")
