"""The snapshot for a terminal that can do more than lines. Needs `rich`; without it the demo prints plain lines."""

from collections.abc import Iterable
from types import TracebackType
from typing import Self

from rich.console import Console, Group, RenderableType
from rich.live import Live
from rich.progress_bar import ProgressBar
from rich.table import Table
from rich.text import Text

from headway.demo.live import QueueLine, Snapshot, Watched, elapsed_words, trouble_words

BAR_WIDTH = 28
"""Columns of a bar."""


class Screen:
    """Draws every snapshot in the place of the one before."""

    def __init__(self, console: Console | None = None) -> None:
        self._live = Live(console=console, auto_refresh=False)

    def __enter__(self) -> Self:
        """Take the terminal."""
        self._live.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None, /
    ) -> None:
        """Give the terminal back with the last snapshot on it."""
        self._live.stop()

    def show(self, snapshot: Snapshot) -> None:
        """Draw a snapshot."""
        self._live.update(render(snapshot), refresh=True)


def render(snapshot: Snapshot) -> RenderableType:
    """Draw a snapshot."""
    return Group(
        _head(snapshot),
        Text(snapshot.stock, style="dim"),
        _queues(snapshot.queues),
        "",
        _running(snapshot.running),
        *_troubles(snapshot.troubles),
    )


def _head(snapshot: Snapshot) -> Table:
    head = Table.grid(padding=(0, 2))
    words = f"{snapshot.done} of {snapshot.total} jobs, {snapshot.per_second:.1f}/s"
    head.add_row(
        Text(f"headway demo, run {snapshot.run}", style="bold"),
        ProgressBar(total=max(snapshot.total, 1), completed=snapshot.done, width=BAR_WIDTH),
        Text(words),
        Text(elapsed_words(snapshot.elapsed), style="dim"),
    )
    return head


def _queues(lines: Iterable[QueueLine]) -> Table:
    table = Table(box=None, pad_edge=False, padding=(0, 3, 0, 0), header_style="dim")
    table.add_column("Queue", min_width=10)
    for column in ("pending", "running", "completed", "failed"):
        table.add_column(column, justify="right")
    for line in lines:
        failed = Text(str(line.failed), style="red" if line.failed else "dim")
        table.add_row(Text(line.queue), str(line.pending), str(line.running), str(line.completed), failed)
    return table


def _running(jobs: Iterable[Watched]) -> Table:
    table = Table.grid(padding=(0, 2))
    for job in jobs:
        table.add_row(
            Text(job.name),
            ProgressBar(total=1.0, completed=job.progress, width=BAR_WIDTH),
            Text(f"{job.progress:4.0%}"),
            Text(job.message, style="dim", overflow="ellipsis", no_wrap=True),
        )
    return table


def _troubles(jobs: Iterable[Watched]) -> list[RenderableType]:
    return [Text(f"{job.name} {trouble_words(job)}", style="yellow", overflow="ellipsis", no_wrap=True) for job in jobs]
