"""docs/reference/cli.md: the help of every command, as click prints it. `python -m tests.cli.reference` writes it anew."""

from collections.abc import Iterator
from pathlib import Path

import click

from headway.cli.jobs_list import page_record
from headway.cli.lazy import LazyGroup
from headway.cli.main import root
from headway.model.batch import BatchRow
from headway.model.explain import Explanation, Gate
from headway.model.gate import GateKind
from headway.model.job import State
from headway.model.outcome import EndKind, ErrorText, LogLine
from headway.model.timetable import cron
from headway.store.protocol import AttemptRow, JobPage, NodeRow, QueueCount, StoredLine
from headway.store.scheduling import MissedRange, SchedulerRow
from headway.view import batches, explaining, records, schedule_diff_words, schedule_page, schedule_preview, schedules
from headway.view.schedule_diff import compare
from headway.view.schedule_page import Shown
from headway.view.secrets import Masking, mask
from tests.view.rows import NOW_US, definition, job_detail, job_row, schedule_row, tick

FILE = Path(__file__).resolve().parents[2] / "docs" / "reference" / "cli.md"
WIDTH = 100

HEAD = """# The command line

Generated from the commands' own help: `python -m tests.cli.reference` writes it anew, and a test compares.

`headway` and `python -m headway` are the same. Every command takes `--json` and `--debug`; what their exit codes mean
is told in [exit codes](exit-codes.md).

**Where a command looks.** `--store PLACE` beats `HEADWAY_STORE`, which beats `HEADWAY_URL`, which beats `url` in
`headway.toml` or `[tool.headway]` of `pyproject.toml`, which beats `.headway` beside the nearest `pyproject.toml`.
`--app module:name` takes the store of that application, shows only its app, and masks the arguments that its handlers
declare secret (`redact=`). Without the application's code, arguments are masked whose names sound like secrets. A
command that looks never makes a store.

**Filters.** Words such as `state:failed queue:mail since:1d timeout` and options such as `--state failed` say the
same; all parts must hold. `state`, `name` and `queue` take several values, repeated or with commas, of which one must
hold; `fact` takes several (`fact:customer=17`), repeated, of which all must hold. States: scheduled, waiting, queued, running, executed, completed, failed, cancelled, skipped, and the groups
pending, final, unfinished. Moments: `90s`, `2h30m`, `1d`, `2w` (back from now), `today`, `yesterday`, `2026-11-22`,
`2026-11-22T14:00` (local unless a zone is given). A word without a key is free text; put it in double quotes if it
looks like a key.

**JSON.** One document; `jobs log` and `jobs list --watch` print one JSON object a line. Moments are ISO 8601 in UTC,
durations seconds, `progress` a fraction of 1. Names are stable: more may come, none changes its meaning. An error is
`{"error": {"kind", "message", "advice", "exit_code"}}` with the same exit code as without `--json`.

**Terminals.** On a terminal, with rich installed (`pip install 'headway[cli]'`), lists are tables with colours and bars;
`NO_COLOR` is honoured. Elsewhere the same is plain aligned text without colours.
"""


def text() -> str:
    """The whole page."""
    parts = [HEAD, fields()]
    parts += [f"## {path}\n\n```text\n{help_text}\n```\n" for path, help_text in commands(root, "headway", None)]
    return "\n".join(parts)


def fields() -> str:
    """The names that programs may rely on."""
    masked = mask("{}", Masking())
    attempt = AttemptRow(
        epoch=1, node_uid=None, started_us=1, finished_us=2, kind=EndKind.RAISED, code=None, reason=None,
        error=ErrorText("", "", ""),
    )  # fmt: skip
    line = StoredLine(number=1, epoch=1, line=LogLine(1, 20, ""))
    detail = job_detail(job_row(), attempts=(attempt,))
    queue = QueueCount(queue="", queued=0, scheduled=0, waiting=0, running=0, oldest_due_us=None)
    explanation = Explanation(
        id=1, state=State.SCHEDULED, queue="", now_us=1, gates=(Gate(kind=GateKind.DUE, opens_us=2),)
    )
    node = NodeRow(
        id=1, uid="", app="", host="", pid=1, version="", state="", started_us=1, seen_us=1, queues=None, names=(),
        concurrency=1, running=0,
    )  # fmt: skip
    berlin = cron("30 2 * * *", zone="Europe/Berlin")
    schedule, run = schedule_row(definition(berlin)), tick()
    missed = MissedRange(from_us=1, until_us=1, count=1, is_least=False, noted_us=1)
    stopped = SchedulerRow(app="", paused_us=None, paused_by=None)
    shown_schedule = Shown(row=schedule, scheduler=stopped, next_us=(), ticks=(), missed=())
    previewed = schedule_preview.preview(berlin, name="", from_us=NOW_US, count=1)
    differs = compare([definition(berlin)], [], now_us=NOW_US, days=180, masking=lambda _name: Masking())
    page = JobPage(rows=(), total=0, total_exact=True, next_cursor=None)
    light = records.job(job_row())
    shown = records.detail(detail, Masking())
    groups = [
        ("`jobs list`", page_record(page)),
        ("A job in lists and exports", light),
        ("Added by `jobs show` (and `log` with `--log`)", [name for name in shown if name not in light]),
        ("An attempt", shown["attempts"][0]),
        ("Its error", shown["attempts"][0]["error"]),
        ("A line of the history", shown["history"][0]),
        ("A line of the log", records.line(line, masked)),
        ("`jobs cancel` and `jobs retry`", ("results", "done", "not_done")),
        ("One of their results", ("job", "outcome", "done")),
        ("`jobs counts`", ("counts", "total")),
        ("`jobs explain`", explaining.record(explanation)),
        ("One of its gates", explaining.record(explanation)["gates"][0]),
        ("One of `queues list`", records.queue(queue)),
        ("`queues pause`, `resume`, `resize` and `rate`", ("queue", "changed")),
        ("One of `nodes`", records.node(node)),
        ("`batches list`", ("batches", "next_before")),
        ("`batches show`, and one of `batches list`", batches.record(BatchRow(id=1, app="", name=""))),
        ("One of the results of `batches cancel`", ("batch", "outcome", "jobs", "done")),
        ("`recurring list`", ("schedules", "more", "all_paused")),
        ("One of its schedules", schedules.record(schedule, 0)),
        ("Its last run, and one of the runs of `recurring show`", schedules.tick(run)),
        (
            "Added by `recurring show`",
            [
                name
                for name in schedule_page.record(shown_schedule, Masking(), now_us=0)
                if name not in schedules.record(schedule, 0)
            ],
        ),
        ("One of its missed ranges", schedules.missed(missed)),
        ("`recurring pause` and `resume`", ("results",)),
        ("One of their results", ("schedule", "app", "changed")),
        ("`recurring pause --all` and `resume --all`", ("app", "changed")),
        ("`recurring run`", ("schedule", "job", "ref_id", "state")),
        ("One of the results of `recurring remove`", ("schedule", "app", "outcome")),
        ("`recurring preview`", schedule_preview.record(previewed)),
        ("One of its instants", schedule_preview.record(previewed)["next"][0]),
        ("`recurring diff`", schedule_diff_words.record(differs, "")),
        ("One of its changes", schedule_diff_words.record(differs, "")["changes"][0]),
        ("New and lost instants of it", schedule_diff_words.record(differs, "")["changes"][0]["new"]),
        (
            "One of its days on which clocks are changed",
            schedule_diff_words.record(differs, "")["changes"][0]["clock_days"][0],
        ),
        ("`backup`", ("copied", "target", "bytes", "held")),
        ("`purge`", ("deleted", "logs_removed", "lines_removed", "bodies_removed")),
        ("`hold`", ("store", "held")),
        ("`resume`", ("store", "held", "was_held")),
        ("`check`", ("findings", "problems", "warnings")),
        ("One of its findings", ("level", "topic", "what", "advice")),
        ("`run`", ("name", "end", "seconds", "result", "code", "reason", "error", "children_not_stored", "log")),
    ]
    lines = [f"| {what} | {_names(names)} |" for what, names in groups]
    return "\n".join(["| Document | Fields |", "|---|---|", *lines, ""])


def _names(names: object) -> str:
    return ", ".join(f"`{name}`" for name in names)


def commands(command: click.Command, path: str, parent: click.Context | None) -> Iterator[tuple[str, str]]:
    """Every command with its help, groups first."""
    context = click.Context(
        command, info_name=path.rsplit(maxsplit=1)[-1], parent=parent, terminal_width=WIDTH, max_content_width=WIDTH
    )
    context.help_option_names = ["-h", "--help"]
    yield path, "\n".join(line.rstrip() for line in command.get_help(context).splitlines())
    if isinstance(command, LazyGroup):
        for name in command.list_commands(context):
            inner = command.get_command(context, name)
            assert inner is not None
            yield from commands(inner, f"{path} {name}", context)


if __name__ == "__main__":
    FILE.parent.mkdir(parents=True, exist_ok=True)
    FILE.write_text(text(), encoding="utf-8")
