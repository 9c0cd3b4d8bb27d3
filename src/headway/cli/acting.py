"""`headway jobs cancel`, `retry` and `delete`: one command that does something to jobs, told apart by a `Deed`.

Jobs are given by id or named by a filter; a filter goes the way of `jobs.cancel_many` and `jobs.retry_many`. There is
one answer for each job, in words and as a record, and one exit code for them all.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final, Generic, TypeAlias

import click

from headway.cli import options
from headway.cli.exits import Exit, UsageInvalid
from headway.cli.output import Output
from headway.cli.selection import chosen, every_row
from headway.cli.written import act, filter_parts, noting, user
from headway.store.values import A
from headway.view import words

if TYPE_CHECKING:
    from headway.cli.target import Opened, Target
    from headway.client.errand import Verb
    from headway.model.job import State
    from headway.store.acting import Act
    from headway.store.protocol import Acted, JobFilter, Operation, Store
    from headway.view.filters import Part


Asked: TypeAlias = Collection[str]
"""The flags that were given."""
YES: Final = "yes"
SURE: Final = "Really do it; without it nothing is done."


@dataclass(frozen=True, slots=True, kw_only=True)
class Deed(Generic[A]):
    """What is done to jobs, and how it is told."""

    name: str
    """The command."""
    short_help: str
    help: str
    all_help: str
    """Which jobs `--all` means."""
    states: tuple[State, ...]
    """What a filter without a state means."""
    done_word: str
    """What a job "would be" that is only asked about."""
    one: Callable[[Store, int | str, str, str | None, Asked], Operation[A]]
    """The operation on one job: store, job, who does it, app, flags."""
    many: Callable[[Store, str, Asked], Verb[A]]
    """The operation on the jobs of a filter: store, who does it, flags."""
    tell: Callable[[A], tuple[str, bool]]
    """An answer in words, and whether the job is now as was asked."""
    flags: tuple[tuple[str, str], ...] = ()
    """Flags of its own, each with its help."""
    warning: str | None = None
    """What is said to whoever does not say `--yes`, which one that cannot be undone asks for."""


def command_of(deed: Deed[A]) -> click.Command:
    """The command that does it."""

    @click.command(deed.name, short_help=deed.short_help, help=deed.help)
    @click.argument("jobs", nargs=-1, metavar="[JOB]...")
    @options.filters
    @click.option("--all", "everything", is_flag=True, help=deed.all_help)
    @click.option("--dry-run", is_flag=True, help="Only say which jobs are meant.")
    @options.actor
    @options.store
    @options.output
    def command(
        *,
        jobs: tuple[str, ...],
        conditions: tuple[Part, ...],
        everything: bool,
        dry_run: bool,
        by: str | None,
        target: Target,
        out: Output,
        **flags: bool,
    ) -> int:
        asked = frozenset(name for name, given in flags.items() if given)
        if deed.warning is not None and not dry_run and YES not in asked:
            raise UsageInvalid(
                deed.warning, advice="add --yes if that is what you want, or --dry-run to see which jobs"
            )
        with target.open() as opened:
            meant = chosen(jobs, conditions, everything=everything, states=deed.states)
            if dry_run:
                ids = meant if isinstance(meant, tuple) else tuple(row.id for row in every_row(opened, meant))
                return _say_which(out, ids, deed.done_word)
            answers = _Answers(deed, out)
            if isinstance(meant, tuple):
                _do_each(opened, deed, meant, by or user(), asked, answers)
            else:
                from headway.client.errand import each, run

                store = opened.store
                verb = _noted(store, deed, deed.many(store, by or user(), asked), by)
                run(each(store, opened.within(meant), verb, answers.hear))
            return answers.end()

    for name, text in deed.flags if deed.warning is None else (*deed.flags, (YES, SURE)):
        command.params.insert(1, click.Option([f"--{name}"], is_flag=True, help=text))
    return command


def _do_each(
    opened: Opened, deed: Deed[A], jobs: Iterable[int | str], by: str, asked: Asked, answers: _Answers[A]
) -> None:
    for job in jobs:
        operation = deed.one(opened.store, job, by, opened.app, asked)
        answers.hear(job, opened.store.call(_noted_one(opened, deed, operation, job, by)))


def _noted_one(opened: Opened, deed: Deed[A], operation: Operation[A], job: int | str, by: str) -> Operation[A]:
    """The same, with an act that says which job it was: it may be gone then."""
    row = opened.reader.call(opened.reader.job(job, app=opened.app))
    if row is None:
        return operation
    number, app = row.id, row.app
    facts = {"was": row.state.value, "name": row.name, "ref_id": row.ref_id}

    def tell(answer: A) -> Act:
        return act(deed.name, "job", number, app=app, by=by, outcome=answer.value, **facts)

    return noting(opened.store, operation, tell, did=lambda answer: deed.tell(answer)[1])


def _noted(store: Store, deed: Deed[A], verb: Verb[A], by: str | None) -> Verb[A]:
    """The same, each transaction with an act that names the jobs it did something to."""

    def done(acted: Acted[A]) -> list[int]:
        return [job for job, answer in acted.answers if deed.tell(answer)[1]]

    def noted(ids: tuple[int, ...], where: JobFilter) -> Operation[Acted[A]]:
        def tell(acted: Acted[A]) -> Act:
            return act(deed.name, "jobs", app=where.app, by=by, jobs=done(acted), filter=filter_parts(where))

        return noting(store, verb(ids, where), tell, did=lambda acted: bool(done(acted)))

    return noted


@dataclass(slots=True)
class _Answers(Generic[A]):
    """What became of each job, told as it is heard; with --json at the end."""

    deed: Deed[A]
    out: Output
    results: list[dict[str, object]] = field(default_factory=list)
    heard: int = 0
    done: int = 0

    def hear(self, job: int | str, answer: A) -> None:
        """One more."""
        told, done = self.deed.tell(answer)
        self.heard += 1
        self.done += done
        if self.out.as_json:
            self.results.append({"job": job, "outcome": answer.value, "done": done})
        else:
            self.out.text(f"{job} {told}")

    def end(self) -> int:
        """The sum, and the exit code of them all."""
        if self.out.as_json:
            self.out.document({"results": self.results, "done": self.done, "not_done": self.heard - self.done})
        elif self.heard != 1:
            said = f"{words.count(self.done, 'job')} of {words.grouped(self.heard)}"
            self.out.text(said if self.heard else "no job matches")
        return Exit.OK if self.heard and self.done == self.heard else Exit.FAILED


def _say_which(out: Output, jobs: Sequence[int | str], done_word: str) -> int:
    if out.as_json:
        out.document({"dry_run": True, "jobs": list(jobs)})
    else:
        for job in jobs:
            out.text(f"{job} would be {done_word}")
        out.text(f"{words.count(len(jobs), 'job')}; nothing was changed")
    return Exit.OK if jobs else Exit.FAILED
