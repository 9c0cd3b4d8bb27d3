"""The history is derived: a job is driven through random lives, and the derived history must be the life it had."""

from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from headway.model.job import State, may_become
from headway.model.outcome import EndKind, ErrorText
from headway.store.protocol import AttemptRow, EventRow
from headway.view.timeline import timeline
from tests.view.rows import NOW_US, SECOND, job_detail, job_row


def attempt(epoch, start, end, kind, **given):
    fields = {"node_uid": "n1", "code": None, "reason": None, "error": None} | given
    return AttemptRow(epoch=epoch, started_us=start, finished_us=end, kind=kind, **fields)


def states(detail):
    return [step.state for step in timeline(detail)]


def test_a_plain_success_is_queued_running_completed():
    row = job_row(
        state=State.COMPLETED, created_us=0, due_us=0, started_us=10, finished_us=20, epoch=1, created_by="ann"
    )
    steps = timeline(job_detail(row, attempts=(attempt(1, 10, 20, EndKind.RETURNED),)))
    assert [(step.at_us, step.was, step.state) for step in steps] == [
        (0, None, State.QUEUED),
        (10, State.QUEUED, State.RUNNING),
        (20, State.RUNNING, State.COMPLETED),
    ]
    assert steps[0].by == "ann"
    assert steps[1].by == "n1"


def test_a_retry_passes_through_scheduled_and_queued():
    error = ErrorText("ValueError", "bad", "Traceback ...")
    row = job_row(state=State.COMPLETED, created_us=0, due_us=50, started_us=60, finished_us=70, epoch=2)
    attempts = (attempt(1, 10, 20, EndKind.RAISED, error=error), attempt(2, 60, 70, EndKind.RETURNED))
    steps = timeline(job_detail(row, attempts=attempts))
    assert [step.state for step in steps] == [
        State.QUEUED, State.RUNNING, State.SCHEDULED, State.QUEUED, State.RUNNING, State.COMPLETED,
    ]  # fmt: skip
    assert steps[2].note == "ValueError: bad"
    assert not steps[3].exact


def test_a_requeue_tells_that_the_attempt_before_it_failed_for_good():
    row = job_row(state=State.QUEUED, created_us=0, due_us=0, started_us=10, epoch=1)
    events = (EventRow(at_us=99, kind="requeue", epoch=1, by="bob", note=None),)
    steps = timeline(job_detail(row, attempts=(attempt(1, 10, 20, EndKind.RAISED),), events=events))
    assert [step.state for step in steps] == [State.QUEUED, State.RUNNING, State.FAILED, State.QUEUED]
    assert steps[-1].by == "bob"


def test_a_cancel_of_a_running_job_is_a_line_of_its_own():
    row = job_row(state=State.CANCELLED, created_us=0, due_us=0, started_us=10, finished_us=30, epoch=1)
    events = (EventRow(at_us=20, kind="cancel", epoch=1, by="bob", note=None),)
    steps = timeline(job_detail(row, attempts=(attempt(1, 10, 30, EndKind.CANCELLED),), events=events))
    assert [(step.kind, step.state) for step in steps[2:]] == [
        ("cancel", State.RUNNING),
        ("cancelled", State.CANCELLED),
    ]


def test_a_delayed_job_begins_as_scheduled_and_a_dependent_one_as_waiting():
    later = job_row(state=State.SCHEDULED, created_us=0, due_us=100)
    assert states(job_detail(later)) == [State.SCHEDULED]
    ran = job_row(state=State.COMPLETED, created_us=0, due_us=100, started_us=101, finished_us=102, epoch=1)
    assert states(job_detail(ran, attempts=(attempt(1, 101, 102, EndKind.RETURNED),)))[:2] == [
        State.SCHEDULED,
        State.QUEUED,
    ]
    waits = job_row(state=State.WAITING, created_us=0, due_us=0, parents_left=1)
    assert states(job_detail(waits, parents=(1,))) == [State.WAITING]


def test_a_job_whose_parent_failed_ends_cancelled_with_the_code():
    row = job_row(state=State.CANCELLED, created_us=0, due_us=0, finished_us=50, code="parent_failed")
    last = timeline(job_detail(row, parents=(1,)))[-1]
    assert (last.was, last.state, last.kind, last.at_us) == (State.WAITING, State.CANCELLED, "parent_failed", 50)


def test_a_running_job_ends_with_its_present_attempt():
    row = job_row(state=State.RUNNING, created_us=0, due_us=0, started_us=40, epoch=2)
    assert states(job_detail(row, attempts=(attempt(1, 10, 20, EndKind.RELEASED),))) == [
        State.QUEUED, State.RUNNING, State.QUEUED, State.RUNNING,
    ]  # fmt: skip


ENDS = {
    EndKind.RETURNED: (State.COMPLETED,),
    EndKind.RAISED: (State.SCHEDULED, State.FAILED),
    EndKind.TIMED_OUT: (State.SCHEDULED, State.FAILED),
    EndKind.CRASHED: (State.SCHEDULED, State.FAILED),
    EndKind.CANCELLED: (State.CANCELLED,),
    EndKind.SNOOZED: (State.SCHEDULED,),
    EndKind.RELEASED: (State.QUEUED,),
    EndKind.SUSPECT: (State.QUEUED,),
}


class Life:
    """A job that is driven through the state diagram and keeps what a store would keep."""

    def __init__(self, first):
        self.now = 0
        self.lived = [first]
        self.attempts = []
        self.events = []
        parents = (1,) if first is State.WAITING else ()
        due = SECOND if first is State.SCHEDULED else 0
        self.detail = job_detail(job_row(state=first, created_us=0, due_us=due), parents=parents)

    def move(self, state, **fields):
        self.lived.append(state)
        self.detail = replace(self.detail, row=replace(self.detail.row, state=state, **fields))

    def step(self, data):
        self.now += data.draw(st.integers(min_value=2, max_value=5)) * SECOND
        row = self.detail.row
        match row.state:
            case State.SCHEDULED | State.WAITING | State.QUEUED if data.draw(st.integers(0, 4)) == 0:
                self.events.append(EventRow(at_us=self.now, kind="cancel", epoch=row.epoch, by="bob", note=None))
                self.move(State.CANCELLED, finished_us=self.now)
            case State.SCHEDULED | State.WAITING:
                self.move(State.QUEUED)
            case State.QUEUED:
                self.move(State.RUNNING, started_us=self.now, epoch=row.epoch + 1)
            case State.RUNNING:
                self.end(data)
            case State.FAILED | State.CANCELLED:
                self.events.append(EventRow(at_us=self.now, kind="requeue", epoch=row.epoch, by="bob", note=None))
                self.move(State.QUEUED, finished_us=None, due_us=self.now)
            case _:
                pass

    def end(self, data):
        row = self.detail.row
        kind = data.draw(st.sampled_from(sorted(ENDS)))
        state = data.draw(st.sampled_from(ENDS[kind]))
        self.attempts.append(attempt(row.epoch, row.started_us, self.now, kind))
        due = {"due_us": self.now + SECOND} if state is State.SCHEDULED else {}
        self.move(state, finished_us=self.now if state.is_final else None, **due)


def without_unseen_stops(lived, *, due_was_set_anew):
    """Two stops are kept nowhere, so no history can tell them.

    Whether a job that was cancelled before it ran had become ready; and, when a later pause or requeue has set
    another due moment, that it was scheduled in the beginning.
    """
    if lived[0] is State.SCHEDULED and due_was_set_anew:
        lived = [State.QUEUED, *lived[1 + (lived[1] is State.QUEUED) :]]
    seen = []
    for state in lived:
        if state is State.CANCELLED and seen[-2:] in ([State.SCHEDULED, State.QUEUED], [State.WAITING, State.QUEUED]):
            seen.pop()
        seen.append(state)
    return seen


@given(st.data(), st.sampled_from([State.QUEUED, State.SCHEDULED, State.WAITING]), st.integers(0, 14))
def test_the_derived_history_is_the_life_the_job_had(data, first, length):
    life = Life(first)
    for _ in range(length):
        life.step(data)
    detail = replace(life.detail, attempts=tuple(life.attempts), events=tuple(life.events))
    steps = timeline(detail)
    moves = [steps[0].state, *(step.state for step in steps[1:] if step.state is not step.was)]
    assert moves == without_unseen_stops(life.lived, due_was_set_anew=detail.row.due_us != SECOND)
    assert [step.at_us for step in steps] == sorted(step.at_us for step in steps)


@given(st.data())
def test_any_rows_give_a_history_that_ends_in_the_present_state(data):
    """Rows that fit no life (an archive in part, a clock set back) still give a history, and no lie about the present."""
    number = st.integers(min_value=0, max_value=100)
    made = [
        attempt(epoch, data.draw(number), data.draw(number), data.draw(st.sampled_from(sorted(EndKind))))
        for epoch in range(1, data.draw(st.integers(0, 4)) + 1)
    ]
    words = st.sampled_from(["cancel", "requeue", "release", "reap", "crash", "late_result", "edit"])
    events = tuple(
        EventRow(at_us=data.draw(number), kind=data.draw(words), epoch=1, by=None, note=None)
        for _ in range(data.draw(st.integers(0, 4)))
    )
    row = job_row(
        state=data.draw(st.sampled_from(sorted(State))),
        created_us=data.draw(number),
        due_us=data.draw(number),
        started_us=data.draw(st.none() | number),
        finished_us=data.draw(st.none() | number),
        epoch=len(made),
        code=data.draw(st.sampled_from([None, "expired", "parent_failed", "timeout"])),
    )
    steps = timeline(job_detail(row, attempts=tuple(made), events=events))
    assert steps[-1].state is row.state
    assert all(before.state is after.was for before, after in pairwise(steps))


def test_every_arrow_of_an_ordinary_history_is_in_the_state_diagram():
    row = job_row(state=State.EXECUTED, created_us=NOW_US, due_us=NOW_US, started_us=NOW_US + 5, epoch=1)
    steps = timeline(job_detail(row, attempts=(attempt(1, NOW_US + 5, NOW_US + 9, EndKind.RETURNED),)))
    assert all(may_become(step.was, step.state) for step in steps[1:])
    assert steps[-1].state is State.EXECUTED


def test_a_job_with_a_callback_is_executed_until_that_has_ended():
    ran = attempt(1, NOW_US + 5, NOW_US + 9, EndKind.RETURNED)
    facts = {"created_us": NOW_US, "due_us": NOW_US, "started_us": NOW_US + 5, "epoch": 1, "has_callback": True}
    row = job_row(state=State.COMPLETED, finished_us=NOW_US + 20, **facts)
    steps = timeline(job_detail(row, attempts=(ran,)))
    assert [(step.state, step.at_us) for step in steps[-2:]] == [
        (State.EXECUTED, NOW_US + 9),
        (State.COMPLETED, NOW_US + 20),
    ]
    assert all(may_become(step.was, step.state) for step in steps[1:])


def test_a_requeue_of_the_callback_alone_leads_back_to_executed():
    ran = attempt(1, NOW_US + 5, NOW_US + 9, EndKind.RETURNED)
    again = EventRow(epoch=1, at_us=NOW_US + 30, kind="requeue", by="ann", note=None)
    facts = {"created_us": NOW_US, "due_us": NOW_US, "started_us": NOW_US + 5, "epoch": 1, "has_callback": True}
    row = job_row(state=State.FAILED, code="callback_failed", finished_us=NOW_US + 40, **facts)
    steps = timeline(job_detail(row, attempts=(ran,), events=(again,)))
    assert [step.state for step in steps[-4:]] == [State.EXECUTED, State.FAILED, State.EXECUTED, State.FAILED]
    assert all(may_become(step.was, step.state) for step in steps[1:])
