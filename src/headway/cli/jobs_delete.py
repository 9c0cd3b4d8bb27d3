"""`headway jobs delete`: delete jobs for good, by id or filter."""

from __future__ import annotations

from typing import assert_never

from headway.cli.acting import Deed, command_of
from headway.client.errand import DELETABLE, deleting
from headway.store.values import DeleteAnswer


def told(answer: DeleteAnswer) -> tuple[str, bool]:
    """An answer in words, and whether the job is now as was asked."""
    match answer:
        case DeleteAnswer.DELETED:
            return "deleted", True
        case DeleteAnswer.RUNNING:
            return "not deleted: it runs, or its callback has not ended; cancel it first", False
        case DeleteAnswer.NEEDED:
            return "not deleted: jobs that have not ended depend on it", False
        case DeleteAnswer.NOT_FOUND:
            return "not found", False
        case _:
            assert_never(answer)


command = command_of(
    Deed(
        name="delete",
        short_help="Delete jobs for good, by id or filter.",
        help="""Delete jobs for good, with their arguments, results, attempts and logs, also in the archive.

        JOB is a number or a reference. One that has not begun is cancelled first, and with it what waits for its success.
        What runs is refused, and what unfinished jobs depend on. A filter that names no state means jobs that have ended.
        """,
        all_help="Every job that has ended.",
        states=DELETABLE,
        done_word="deleted",
        one=lambda store, job, by, app, _asked: store.delete(job, by=by, app=app),
        many=lambda store, by, _asked: deleting(store, by),
        tell=told,
        warning="delete takes jobs away for good",
    )
)
