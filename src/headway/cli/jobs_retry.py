"""`headway jobs retry`: run failed or cancelled jobs again."""

from __future__ import annotations

from typing import Final, assert_never

from headway.cli.acting import Deed, command_of
from headway.client.errand import RETRYABLE, retrying
from headway.store.protocol import RequeueAnswer

REVIVE: Final = "revive"


def told(answer: RequeueAnswer) -> tuple[str, bool]:
    """An answer in words, and whether the job is now as was asked."""
    match answer:
        case RequeueAnswer.REQUEUED:
            return "goes again", True
        case RequeueAnswer.REFUSED:
            return "not retried: only failed and cancelled jobs can be", False
        case RequeueAnswer.KEY_HELD:
            return "not retried: another job has its unique key", False
        case RequeueAnswer.CYCLE:
            return "not retried: it would wait for its own batch for ever", False
        case RequeueAnswer.NOT_FOUND:
            return "not found", False
        case RequeueAnswer.BODY_GONE:
            return "not retried: its arguments are not there any more", False
        case _:
            assert_never(answer)


command = command_of(
    Deed(
        name="retry",
        short_help="Run failed or cancelled jobs again.",
        help="""Run failed or cancelled jobs again, with their whole budget of tries; their history is kept.

        JOB is a number or a reference. A filter that names no state means failed and cancelled jobs.
        """,
        all_help="Every failed or cancelled job.",
        states=RETRYABLE,
        done_word="retried",
        one=lambda store, job, by, app, asked: store.requeue(job, by=by, app=app, revive=REVIVE in asked),
        many=lambda store, by, asked: retrying(store, by, revive=REVIVE in asked),
        tell=told,
        flags=((REVIVE, "Also those that never ran because they depend on it, and those that depend on them."),),
    )
)
