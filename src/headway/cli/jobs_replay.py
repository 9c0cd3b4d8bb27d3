"""`headway jobs replay`: do what ended jobs did once more, as new jobs."""

from __future__ import annotations

from typing import TYPE_CHECKING, assert_never

import click

from headway.cli import options
from headway.cli.exits import Exit
from headway.cli.output import Output
from headway.cli.selection import job_key
from headway.cli.target import Target
from headway.cli.written import act, do, user
from headway.store.revision import ReplayAnswer, Replayed

if TYPE_CHECKING:
    from headway.cli.target import Opened


def told(replayed: Replayed) -> str:
    """An answer in words."""
    match replayed.answer:
        case ReplayAnswer.REPLAYED:
            return f"is done once more as {_number(replayed)}"
        case ReplayAnswer.REFUSED:
            return "not replayed: it has not ended"
        case ReplayAnswer.NOT_FOUND:
            return "not found"
        case ReplayAnswer.BODY_GONE | ReplayAnswer.RESULT_GONE:
            return f"not replayed: {replayed.why}"
        case ReplayAnswer.KEY_HELD:
            return f"not replayed: its unique key belongs to job {replayed.holder}"
        case _:
            assert_never(replayed.answer)


@click.command("replay", short_help="Do what ended jobs did once more, as new jobs.")
@click.argument("jobs", nargs=-1, required=True, metavar="JOB...")
@options.actor
@options.store
@options.output
def command(*, jobs: tuple[str, ...], by: str | None, target: Target, out: Output) -> int:
    """Do what ended jobs did once more: new jobs with the same arguments and options; the old ones stay as they are.

    JOB is a number or a reference. A new job is due at once, belongs to no batch and waits for no parents.
    """
    results: list[dict[str, object]] = []
    with target.open() as opened:
        for key in dict.fromkeys(job_key(text) for text in jobs):
            replayed = _replay(opened, key, by or user())
            done = replayed.answer is ReplayAnswer.REPLAYED
            number = _number(replayed)
            results.append({"job": key, "outcome": replayed.answer.value, "done": done, "new": number})
            if not out.as_json:
                out.text(f"{key} {told(replayed)}")
    done_count = sum(bool(result["done"]) for result in results)
    if out.as_json:
        out.document({"results": results, "done": done_count, "not_done": len(results) - done_count})
    return Exit.OK if done_count == len(results) else Exit.FAILED


def _replay(opened: Opened, key: int | str, by: str) -> Replayed:
    from headway.model.clock import SystemClock
    from headway.model.ids import RefIds

    row = opened.reader.call(opened.reader.job(key, app=opened.app))
    number, app = (key, opened.app) if row is None else (row.id, row.app)
    return do(
        opened.store,
        opened.store.replay(key, ref_id=RefIds(SystemClock()).new(), by=by, app=opened.app),
        lambda replayed: act("replay", "job", number, app=app, by=by, job=_number(replayed)),
        did=lambda replayed: replayed.answer is ReplayAnswer.REPLAYED,
    )


def _number(replayed: Replayed) -> int | None:
    return None if replayed.enqueued is None else replayed.enqueued.id
