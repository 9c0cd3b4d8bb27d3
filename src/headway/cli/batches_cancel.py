"""`headway batches cancel`: cancel batches with all their jobs."""

from __future__ import annotations

import click

from headway.cli import options
from headway.cli.batches_show import find
from headway.cli.exits import Exit
from headway.cli.output import Output
from headway.cli.target import Opened, Target
from headway.cli.written import act, noting, user
from headway.store.protocol import CancelAnswer
from headway.view import words


@click.command("cancel", short_help="Cancel batches with all their jobs.")
@click.argument("names", nargs=-1, required=True, metavar="BATCH...")
@options.actor
@options.store
@options.output
def command(*, names: tuple[str, ...], by: str | None, target: Target, out: Output) -> int:
    """Cancel batches with all their jobs and the batches in them.

    What has not started never will; what runs is asked to stop. Nothing can be added afterwards.
    """
    results: list[dict[str, object]] = []
    with target.open() as opened:
        for name in names:
            answer, jobs = _cancel(opened, name, by or user())
            done = answer is not CancelAnswer.FINAL
            results.append({"batch": name, "outcome": answer.value, "jobs": jobs, "done": done})
            if not out.as_json:
                told = (
                    f"cancelled, {words.count(jobs, 'job')} with it" if done else "not cancelled: it had ended before"
                )
                out.text(f"{name} {told}")
    if out.as_json:
        out.document({"results": results})
    return Exit.OK if all(one["done"] for one in results) else Exit.FAILED


def _cancel(opened: Opened, name: str, by: str) -> tuple[CancelAnswer, int]:
    batch, store = find(opened, name), opened.store
    noted = noting(
        store,
        store.cancel_batch(batch.id, by=by),
        lambda _: act("cancel", "batch", batch.name, app=batch.app, by=by, id=batch.id),
        did=lambda step: step.answer is not CancelAnswer.FINAL,
    )
    first = step = store.call(noted)
    jobs = step.jobs
    while step.more:
        step = opened.store.call(opened.store.cancel_batch(batch.id, by=by))
        jobs += step.jobs
    return first.answer, jobs
