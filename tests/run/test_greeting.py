"""What a child process says of its application."""

import socket
from collections.abc import Iterator
from datetime import timedelta

import pytest

from headway import Every, Jobs
from headway.run.frames import FROM_CHILD, Frames, FromChild, Hello, Learned
from headway.run.greeting import hello, hello_and_more
from headway.run.line import Line
from headway.run.settings import HostSettings


class Heard:
    """A line to a child, and what came over it."""

    def __init__(self) -> None:
        self.end, other = socket.socketpair()
        self.line = Line(other, -1)
        self._other = other
        self._frames = Frames()

    def messages(self) -> list[FromChild]:
        return [FROM_CHILD.decode(body) for body in self._frames.feed(self.end.recv(1 << 20))]

    def close(self) -> None:
        self.end.close()
        self._other.close()


@pytest.fixture
def heard() -> Iterator[Heard]:
    made = Heard()
    yield made
    made.close()


@pytest.fixture
def jobs() -> Jobs:
    made = Jobs("memory://")
    made.recurring("nightly", Every.day, made.register(lambda: None, name="job"))
    return made


def test_a_host_tells_which_schedules_its_code_declares_at_its_start_and_later(heard: Heard, jobs: Jobs) -> None:
    hello_and_more(jobs, heard.line, HostSettings())
    (first,) = heard.messages()
    assert isinstance(first, Hello)
    assert first.schedules == jobs.registry.schedules
    late = jobs.register(lambda: None, name="late")
    jobs.recurring("late", timedelta(minutes=5), late)
    one, two = heard.messages()
    assert isinstance(one, Learned)
    assert isinstance(two, Learned)
    assert ([info.name for info in one.handlers], one.schedules) == (["late"], ())
    assert (two.handlers, two.schedules) == ((), jobs.registry.schedules[1:])


def test_a_child_for_one_job_says_nothing_of_schedules(heard: Heard, jobs: Jobs) -> None:
    hello(jobs, heard.line, HostSettings())
    (first,) = heard.messages()
    assert isinstance(first, Hello)
    assert first.schedules == ()
