"""Acting on several jobs: one answer for each, in words and as records, and the exit code of them all."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from headway.cli.exits import Exit
from headway.cli.output import Output
from headway.view import words


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """What became of one job."""

    job: int | str
    outcome: str
    """A stable word for programs."""
    told: str
    """The same for people."""
    done: bool
    """Whether it is now as was asked."""


def act(
    out: Output, jobs: Sequence[int | str], verb: Callable[[int | str], Answer], *, verb_word: str, dry_run: bool
) -> int:
    """Do it to each job and say so; with `dry_run`, only say which jobs are meant."""
    if dry_run:
        return _say_which(out, jobs, verb_word)
    answers = []
    for job in jobs:
        answer = verb(job)
        answers.append(answer)
        if not out.as_json:
            out.text(f"{answer.job} {answer.told}")
    done = sum(answer.done for answer in answers)
    if out.as_json:
        out.document({
            "results": [{"job": each.job, "outcome": each.outcome, "done": each.done} for each in answers],
            "done": done,
            "not_done": len(answers) - done,
        })  # fmt: skip
    elif len(answers) != 1:
        out.text(f"{words.count(done, 'job')} of {words.grouped(len(answers))}" if answers else "no job matches")
    return Exit.OK if answers and done == len(answers) else Exit.FAILED


def _say_which(out: Output, jobs: Sequence[int | str], verb_word: str) -> int:
    if out.as_json:
        out.document({"dry_run": True, "jobs": list(jobs)})
    else:
        for job in jobs:
            out.text(f"{job} would be {verb_word}")
        out.text(f"{words.count(len(jobs), 'job')}; nothing was changed")
    return Exit.OK if jobs else Exit.FAILED


def user() -> str:
    """Who sits here, for the job's history."""
    import getpass

    try:
        return getpass.getuser()
    except (OSError, KeyError, ImportError):  # a user id without a name, as in some containers
        return "command line"
