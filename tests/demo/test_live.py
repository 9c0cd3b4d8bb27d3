from datetime import timedelta

from rich.console import Console

from headway.demo.display import PLAIN_EVERY, PlainDisplay
from headway.demo.live import (
    RUNNING_SHOWN,
    TROUBLES_SHOWN,
    Pace,
    QueueLine,
    Snapshot,
    Watched,
    plain_lines,
    take_snapshot,
)
from headway.demo.screen import Screen, render
from headway.model.job import State

JOBS = [
    Watched(name="find the modules", queue="default", state=State.COMPLETED),
    Watched(name="count json 1", queue="count", state=State.RUNNING, progress=0.4, message="parsing"),
    Watched(name="count test 1", queue="count", state=State.RUNNING, progress=0.8),
    Watched(name="count xml 1", queue="count", state=State.QUEUED),
    Watched(name="fetch csv.py", queue="fetch", state=State.SCHEDULED, message="the server answered 503"),
    Watched(name="fetch os.py", queue="fetch", state=State.FAILED),
    Watched(name="write the report", queue="report", state=State.WAITING),
]


def snapshot(jobs: list[Watched] = JOBS, *, seconds: float = 4, pace: Pace | None = None) -> Snapshot:
    if pace is None:
        pace = Pace()
        pace.per_second(timedelta(0), 0)
    return take_snapshot(run="0007", watched=jobs, elapsed=timedelta(seconds=seconds), pace=pace)


def drawn(shown: Snapshot) -> str:
    console = Console(width=100, record=True, force_terminal=False, file=None, quiet=True)
    console.quiet = False
    with console.capture() as capture:
        console.print(render(shown))
    return capture.get()


def test_every_job_is_counted_in_its_queue_once():
    assert snapshot().queues == (
        QueueLine(queue="count", pending=1, running=2, completed=0, failed=0),
        QueueLine(queue="default", pending=0, running=0, completed=1, failed=0),
        QueueLine(queue="fetch", pending=1, running=0, completed=0, failed=1),
        QueueLine(queue="report", pending=1, running=0, completed=0, failed=0),
    )


def test_every_state_is_counted():
    shown = snapshot([Watched(name=state, queue="q", state=state) for state in State])

    assert shown.queues[0].total == shown.total == len(State)


def test_plain_lines_tell_queues_running_jobs_and_troubles():
    assert plain_lines(snapshot()) == [
        "[0:04] 2 of 7 jobs, 0.5 a second; count 0/3, default 1/1, fetch 0/2, report 0/1",
        "  count test 1: 80%",
        "  count json 1: 40% parsing",
        "  fetch csv.py will be retried: the server answered 503",
        "  fetch os.py failed",
    ]


def test_what_had_ended_before_the_start_does_not_count_as_speed():
    pace = Pace()
    assert pace.per_second(timedelta(seconds=3), 80) == 0
    assert pace.per_second(timedelta(seconds=4), 82) == 2


def test_the_speed_is_that_of_the_last_seconds():
    pace = Pace()
    for second in range(60):
        assert pace.per_second(timedelta(seconds=second), 0) == 0
    assert pace.per_second(timedelta(seconds=60), 10) == 2
    assert pace.per_second(timedelta(seconds=65), 20) == 2
    assert pace.per_second(timedelta(seconds=70), 20) == 0
    assert pace.per_second(timedelta(seconds=170), 30) == 0.1


def test_long_lists_are_cut():
    many = [
        Watched(name=f"{state} {n}", queue="q", state=state)
        for state in (State.RUNNING, State.FAILED)
        for n in range(50)
    ]

    shown = snapshot(many)

    assert (len(shown.running), len(shown.troubles), shown.total) == (RUNNING_SHOWN, TROUBLES_SHOWN, 100)


def test_a_run_without_a_job_can_be_shown():
    assert plain_lines(snapshot([])) == ["[0:04] 0 of 0 jobs, 0.0 a second; "]
    assert "run 0007" in drawn(snapshot([]))


def test_the_screen_tells_the_same():
    text = drawn(snapshot())

    for words in ("run 0007", "2 of 7 jobs", "0.5/s", "count test 1", "80%", "parsing", "will be retried", "0:04"):
        assert words in text


def test_names_and_messages_are_shown_as_they_are_and_not_taken_for_markup():
    text = drawn(snapshot([Watched(name="[red]x[/red]", queue="[q]", state=State.RUNNING, message="[/]")]))

    assert "[red]x[/red]" in text
    assert "[/]" in text
    assert "[q]" in text


def test_plain_lines_come_every_few_seconds_and_at_the_end():
    written: list[str] = []
    ended = [Watched(name="a", queue="q", state=State.COMPLETED)]
    soon = PLAIN_EVERY.total_seconds() / 2
    with PlainDisplay(written.append) as display:
        display.show(snapshot(seconds=0))
        display.show(snapshot(seconds=soon))
        display.show(snapshot(seconds=2 * soon))
        display.show(snapshot(ended, seconds=2 * soon + 0.1))

    assert [text.split("]")[0] for text in written] == ["[0:00", "[0:01", "[0:01"]


def test_the_screen_leaves_the_last_snapshot_in_the_terminal():
    console = Console(width=100, force_terminal=True, _environ={"TERM": "xterm"})
    with console.capture() as capture, Screen(console) as screen:
        screen.show(snapshot([]))
        screen.show(snapshot())

    assert capture.get().rindex("2 of 7 jobs") > capture.get().index("0 of 0 jobs")
