"""What a parent knows of an attempt in a child process, and how it ends when the child says nothing."""

from __future__ import annotations

import pytest

from headway.model.outcome import EndKind
from headway.run.frames import FRAME_BYTES_MAX, HEADER, Frames, ImportFailed, StartFailed, frame
from headway.run.given import LOST_GRACE_S, Given
from headway.run.process import Death
from headway.run.runner import StopReason
from headway.run.stops import code_of, kind_of
from headway.run.terms import GRACE_UNKNOWN_S, Terms
from headway.run.unavailable import HostUnstarted, unavailable
from tests.run.stage import Claims
from tests.worker.stage import info


def given(timeout_s: float | None = 5.0) -> Given:
    return Given(Claims()("job"), now=100.0, now_us=1, timeout_s=timeout_s, grace_s=60.0)


@pytest.mark.parametrize(
    ("reason", "kind", "code"),
    [
        (StopReason.CANCEL, EndKind.CANCELLED, None),
        (StopReason.TIMEOUT, EndKind.TIMED_OUT, "timeout"),
        (StopReason.SHUTDOWN, EndKind.RELEASED, "shutdown"),
        (StopReason.LEASE_LOST, EndKind.RELEASED, "lease_lost"),
    ],
)
def test_each_reason_to_stop_has_its_own_end(reason: StopReason, kind: EndKind, code: str | None) -> None:
    assert (kind_of(reason), code_of(reason)) == (kind, code)
    ending = given().stopped(reason, 9)
    assert (ending.kind, ending.code) == (kind, code)
    assert ending.reason == ("it ran longer than 5 s" if reason is StopReason.TIMEOUT else None)


def test_the_first_reason_to_stop_counts() -> None:
    one = given()
    one.ask_stop(StopReason.CANCEL, 101.0)
    one.ask_stop(StopReason.TIMEOUT, 102.0)
    assert (one.stop, one.stopped_at, one.grace_s) == (StopReason.CANCEL, 101.0, 60.0)


def test_a_body_that_belongs_to_another_node_has_little_time_to_react() -> None:
    one = given()
    one.ask_stop(StopReason.LEASE_LOST, 101.0)
    assert one.grace_s == LOST_GRACE_S


def test_time_runs_from_the_announced_start() -> None:
    one = given()
    one.began(started_us=2_000_000, now=110.0, now_us=3_000_000)
    assert (one.deadline, one.since_us) == (114.0, 2_000_000)
    endless = given(None)
    endless.began(started_us=2_000_000, now=110.0, now_us=3_000_000)
    assert endless.deadline is None


def test_terms_come_from_the_call_else_from_the_handler_else_from_nowhere() -> None:
    terms, claim = Terms([info("job")]), Claims()
    assert (terms.timeout_s(claim("job")), terms.grace_s(claim("job"))) == (None, 1.0)
    own = claim("job", options='{"timeout_us":2000000,"grace_us":3000000}')
    assert (terms.timeout_s(own), terms.grace_s(own)) == (2.0, 3.0)
    assert terms.timeout_s(claim("job", options='{"timeout_us":null}')) is None
    unreadable = claim("job", options='{"timeout_us":"of a newer version"}')
    assert (terms.timeout_s(unreadable), terms.grace_s(unreadable)) == (None, 1.0)
    assert terms.grace_s(claim("unknown")) == GRACE_UNKNOWN_S


def test_a_frame_that_cannot_be_one_means_that_the_stream_is_broken() -> None:
    frames = Frames()
    assert list(frames.feed(frame(ImportFailed("why"))[:3])) == []
    with pytest.raises(ValueError, match="stream between processes is broken"):
        list(Frames().feed(HEADER.pack(FRAME_BYTES_MAX + 1)))


def test_an_application_that_did_not_come_up_is_told_with_what_is_known() -> None:
    assert "imported within 60 s" in str(unavailable("shop:jobs", None, 60))
    died = unavailable("shop:jobs", Death(status=-11, fault="Segmentation fault"), 60)
    assert "killed by SIGSEGV" in str(died)
    assert died.traceback == "Segmentation fault"
    assert isinstance(unavailable("shop:jobs", StartFailed("no"), 60), HostUnstarted)


@pytest.mark.parametrize(
    ("status", "words"),
    [(3, "exited with status 3"), (-9, "SIGKILL"), (-250, "signal 250"), (70, "because of a defect")],
)
def test_a_death_says_how_in_words(status: int, words: str) -> None:
    assert words in Death(status=status, fault="").reason
