"""The tools for users' tests keep a job's types: its calls, its outcome and its result. Only type-checked, never run."""

from typing import Any, assert_type

from headway import Call, Jobs, Ref
from headway.model.clock import Clock
from headway.testing import Drained, FakeClock, Outcome, Sent, World, inline, manual, recording

jobs = Jobs("memory://")


@jobs.job
def send_email(to: str, subject: str) -> int:
    return len(to) + len(subject)


clock: Clock = FakeClock()

with recording(jobs) as sent:
    assert_type(sent, Sent)
    assert_type(sent.of(send_email), list[Call[int]])
    assert_type(sent.all, tuple[Call[Any], ...])

with manual(jobs, clock=FakeClock()) as world:
    assert_type(world, World)
    assert_type(world.drain(), Drained)
    assert_type(world.run_one(), Outcome[Any] | None)
    outcome = world.perform(send_email.call("ann", subject="Hello"))
    assert_type(outcome, Outcome[int])
    assert_type(outcome.ref, Ref[int])
    assert_type(outcome.result, int)

with inline(jobs) as world:
    assert_type(send_email.enqueue("ann", "Hello").result(), int)
