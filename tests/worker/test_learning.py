"""Handlers that hosts register while they work."""

from headway.model.handler import HandlerInfo
from headway.run.frames import Spec
from headway.run.pipe import PipeRunner
from headway.worker.learning import Learning
from tests.worker.stage import info


def runners(count: int) -> list[PipeRunner]:
    """Never started: the test says what their hosts would."""
    return [PipeRunner(Spec("shop:jobs")) for _ in range(count)]


def test_a_handler_counts_when_every_host_has_announced_it_and_is_learnt_once() -> None:
    learnt: list[HandlerInfo] = []
    one, two = hosts = runners(2)
    Learning(hosts).attend(learnt.extend)
    one.learned((info("late"), info("other")))
    assert learnt == []
    two.learned((info("late"),))
    one.learned((info("late"),))
    assert learnt == [info("late")]
    two.learned((info("other"),))
    assert learnt == [info("late"), info("other")]


def test_what_was_announced_before_the_worker_attends_is_not_lost() -> None:
    learnt: list[HandlerInfo] = []
    (one,) = hosts = runners(1)
    learning = Learning(hosts)
    one.learned((info("early"),))
    learning.attend(learnt.extend)
    assert learnt == [info("early")]
