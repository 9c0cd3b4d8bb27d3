"""A worker on a held store starts nothing and says once why, and what to do."""

import logging

import pytest

from headway.store.protocol import Exchange
from headway.worker.hold import HoldNotice


def answer(*, held: bool, alive: bool = True) -> Exchange:
    return Exchange(alive=alive, accepted=(), states=(), claims=(), next_due_us=None, held=held)


def test_a_hold_is_told_once_and_its_end_too(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO, logger="headway.worker")
    notice = HoldNotice("/srv/jobs")
    for held in (False, True, True, False, False):
        notice.hear(answer(held=held), asked=True)
    assert [record.getMessage() for record in caplog.records] == [
        "the store is held (headway hold was run, or it is a copy): no job is started until: headway resume --store /srv/jobs",
        "the store is held no more: jobs are started again",
    ]


def test_an_answer_that_does_not_speak_of_the_hold_is_not_taken_for_its_end(caplog: pytest.LogCaptureFixture) -> None:
    notice = HoldNotice("/srv/jobs")
    notice.hear(answer(held=True), asked=True)
    notice.hear(answer(held=False), asked=False)
    notice.hear(answer(held=False, alive=False), asked=True)
    assert len(caplog.records) == 1
