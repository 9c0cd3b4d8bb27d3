"""Groups: which of the operations that wait may share a transaction, and those among them that are inserted at once."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Final

from headway.model.claim import NewJob
from headway.store.thread import Ticket
from headway.store.verbs.enqueue import enqueue

if TYPE_CHECKING:
    from headway.store.verbs.transaction import Transaction

TOGETHER_MAX: Final = 500
"""Jobs of several operations inserted at once: about as many as fit into some milliseconds."""


def group_of(tickets: Sequence[Ticket]) -> Sequence[Ticket]:
    """The first of them, as far as none wants a transaction to itself."""
    if tickets[0].operation.alone:
        return tickets[:1]
    for index, ticket in enumerate(tickets):
        if ticket.operation.alone:
            return tickets[:index]
    return tickets


def run_one(tx: Transaction, ticket: Ticket) -> int:
    """Run an operation as a part of the transaction; it is one."""
    ticket.value = ticket.operation.run(tx)
    return 1


def insert_together(tx: Transaction, group: Sequence[Ticket], start: int) -> int:
    """Insert what the next operations bring, if that is all they do, with few statements; answers how many operations."""
    jobs: list[NewJob] = []
    counts: list[int] = []
    for ticket in group[start:]:
        brought = ticket.operation.jobs
        if brought is None or len(jobs) + len(brought) > TOGETHER_MAX:
            break
        jobs += brought
        counts.append(len(brought))
    if len(counts) > 1:
        answers = enqueue(tx, jobs)
        at = 0
        for ticket, count in zip(group[start:], counts, strict=False):
            ticket.value = answers[at : at + count]
            at += count
        return len(counts)
    return 0
