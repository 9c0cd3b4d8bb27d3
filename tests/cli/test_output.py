"""How answers look: aligned text anywhere, colours and bars only on a person's terminal."""

import io

import pytest
from rich.console import Console

from headway.cli import screen
from headway.cli.output import Output, page_lines, plain_lines
from headway.model.job import State
from headway.model.schedule import ScheduleState
from headway.model.timetable import cron
from headway.store.protocol import JobPage
from headway.view import schedules, tables
from headway.view.pages import detail_page
from headway.view.secrets import Masking
from headway.view.tables import Column, Table
from tests.view.rows import NOW_US, definition, job_detail, job_row, schedule_row, tick

TABLE = Table(
    columns=(Column(title="id", right=True), Column(title="empty"), Column(title="name")),
    rows=(("1", "", "a"), ("20", "", "[bold]b[/bold]")),
    foot="2 jobs",
)


def drawn(thing, *, width=200, **given):
    console = Console(file=io.StringIO(), width=width, **given)
    console.print(thing)
    return console.file.getvalue()


def test_plain_text_is_aligned_and_leaves_out_empty_columns():
    assert plain_lines(TABLE) == ["id  name", " 1  a", "20  [bold]b[/bold]", "2 jobs"]


def test_a_table_without_rows_is_its_sentence():
    assert plain_lines(Table(columns=TABLE.columns, rows=(), foot="0 jobs")) == ["0 jobs"]


def test_cells_are_never_read_as_markup():
    assert "[bold]b[/bold]" in drawn(screen.grid(TABLE))


def page():
    running = job_row(id=2, state=State.RUNNING, fraction=0.5, message="half", started_us=NOW_US)
    return tables.jobs(
        JobPage(rows=(running, job_row(id=1, state=State.FAILED)), total=2, total_exact=True, next_cursor=None),
        now_us=NOW_US,
    )


def test_a_terminal_shows_bars_and_colours():
    shown = drawn(screen.grid(page()), force_terminal=True, color_system="standard")
    assert "█████░░░░░ 50 % half" in shown
    assert "\x1b[" in shown


def test_a_narrow_terminal_shows_ids_states_and_tries_whole():
    long = {"name": "shop.mail:send_the_newsletter", "queue": "newsletter", "message": "writing to the " + "x" * 90}
    rows = [
        job_row(id=4711, state=State.RUNNING, fraction=0.5, started_us=NOW_US, **long),
        job_row(id=4710, state=State.CANCELLED, reason="cancelled by ann, who did not want it any more", **long),
    ]
    listed = tables.jobs(JobPage(rows=rows, total=2, total_exact=True, next_cursor=None), now_us=NOW_US)

    first, second = drawn(screen.grid(listed), width=100).splitlines()[1:3]

    assert first.startswith("4711  running    shop.m")
    assert second.startswith("4710  cancelled  shop.m")
    assert all("  newsletter    0/3  " in line for line in (first, second))
    assert "█████░░░░░ 50 %" in first


def test_a_narrow_terminal_shows_the_states_and_counts_of_schedules_whole():
    zone = cron("30 4 * * 1-5", zone="America/Argentina/ComodRivadavia")
    rows = [
        schedule_row(definition(zone, name="clean-up-of-the-archive"), last=tick(), run_count=1234),
        schedule_row(state=ScheduleState.ORPHANED),
    ]

    lines = drawn(screen.grid(schedules.table(rows, now_us=NOW_US)), width=80).splitlines()

    assert all(len(line) <= 80 for line in lines)
    assert "  active  " in lines[1]
    assert "  1 234  " in lines[1]
    assert "  orphaned  " in lines[2]


@pytest.mark.parametrize("width", [40, 60, 80, 120])
def test_however_narrow_a_terminal_is_the_names_of_schedules_are_whole(width):
    zone = cron("30 4 * * 1-5", zone="America/Argentina/ComodRivadavia")
    rows = [
        schedule_row(definition(zone, name="clean-up-the-archive"), last=tick(), skip_count=80, missed_count=7),
        schedule_row(definition(name="poll"), state=ScheduleState.PAUSED, paused_us=NOW_US, paused_by="ann"),
    ]

    lines = drawn(screen.grid(schedules.table(rows, now_us=NOW_US)), width=width).splitlines()

    assert all(len(line) <= width for line in lines)
    assert lines[1].startswith("clean-up-the-archive  active  ")
    assert lines[2].startswith("poll                  paused  ")
    assert ("left out, as the terminal is narrow:" in "\n".join(lines)) is (width < 100)


def test_a_zone_that_all_share_with_utc_has_no_column():
    assert "zone" not in drawn(screen.grid(schedules.table([schedule_row()], now_us=NOW_US))).splitlines()[0]


def test_no_colour_is_honoured(monkeypatch):
    monkeypatch.setenv("NO_COLOR", "1")
    shown = drawn(screen.grid(page()), force_terminal=True, color_system="standard")
    assert "\x1b[3" not in shown
    assert "█████░░░░░" in shown


def test_a_live_table_is_drawn_until_the_pause_ends():
    left = [False, False, True]
    drawn_times = []

    def table():
        drawn_times.append(1)
        return page()

    screen.watch_table(table, lambda: left.pop(0))
    assert len(drawn_times) == 3


def test_a_page_says_the_same_plain_and_drawn():
    shown = detail_page(job_detail(job_row()), Masking(), now_us=NOW_US)
    plain = "\n".join(page_lines(shown))
    fancy = drawn(screen.page_group(shown))
    for fact in shown.facts:
        assert fact.value in plain
        assert fact.value in fancy


def test_fancy_output_prints_through_rich(capsys):
    Output(as_json=False, fancy=True).table(TABLE)
    Output(as_json=False, fancy=True).page(detail_page(job_detail(job_row()), Masking(), now_us=NOW_US))
    printed = capsys.readouterr().out
    assert "2 jobs" in printed
    assert "job 4711" in printed


def test_json_is_never_fancy():
    assert not Output(as_json=True).fancy
