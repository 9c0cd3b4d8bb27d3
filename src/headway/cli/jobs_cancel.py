"""`headway jobs cancel`: cancel jobs by id or filter."""

from __future__ import annotations

from typing import assert_never

from headway.cli.acting import Deed, command_of
from headway.client.errand import CANCELLABLE, cancelling
from headway.store.protocol import CancelAnswer


def told(answer: CancelAnswer) -> tuple[str, bool]:
    """An answer in words, and whether the job is now as was asked."""
    match answer:
        case CancelAnswer.CANCELLED:
            return "cancelled", True
        case CancelAnswer.REQUESTED:
            return "asked to stop (it is running)", True
        case CancelAnswer.ALREADY_REQUESTED:
            return "was asked to stop before and is still running", True
        case CancelAnswer.FINAL:
            return "not cancelled: it had ended before", False
        case CancelAnswer.NOT_FOUND:
            return "not found", False
        case _:
            assert_never(answer)


command = command_of(
    Deed(
        name="cancel",
        short_help="Cancel jobs by id or filter.",
        help="""Cancel jobs: what has not started never will; what runs is asked to stop.

        JOB is a number or a reference. A filter that names no state means pending and running jobs.
        """,
        all_help="Every job that has not ended.",
        states=CANCELLABLE,
        done_word="cancelled",
        one=lambda store, job, by, app, _asked: store.cancel(job, by=by, app=app),
        many=lambda store, by, _asked: cancelling(store, by),
        tell=told,
    )
)
