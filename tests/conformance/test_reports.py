"""What an attempt says while it runs: progress, status, statistics, checkpoint, log lines."""

from headway.model.outcome import EndKind, LogLine, Report
from tests.conformance.world import World, said

HEAD, TAIL = 50, 950
CAP = HEAD + TAIL


def numbered(first: int, last: int) -> list[str]:
    return [f"line {number}" for number in range(first, last + 1)]


class TestProgress:
    def test_is_shown_in_the_row(self, world: World, node: int) -> None:
        claim = world.running(node)
        world.report(node, claim, fraction=0.25, message="a quarter", status="reading")
        row = world.row(claim.id)
        assert (row.fraction, row.message, row.status) == (0.25, "a quarter", "reading")

    def test_what_is_not_said_stays_as_it_was(self, world: World, node: int) -> None:
        claim = world.running(node)
        world.report(node, claim, fraction=0.25, message="a quarter", status="reading", stats='{"n":1}')
        world.report(node, claim, fraction=0.5)
        row = world.row(claim.id)
        assert (row.fraction, row.message, row.status) == (0.5, "a quarter", "reading")
        assert world.detail(claim.id).stats == '{"n":1}'

    def test_statistics_and_checkpoint_are_replaced_whole(self, world: World, node: int) -> None:
        claim = world.running(node)
        world.report(node, claim, stats='{"n":1,"m":1}', checkpoint='{"at":1}')
        world.report(node, claim, stats='{"n":2}', checkpoint='{"at":2}')
        detail = world.detail(claim.id)
        assert (detail.stats, detail.checkpoint) == ('{"n":2}', '{"at":2}')

    def test_several_of_one_job_in_one_turn_apply_in_order(self, world: World, node: int) -> None:
        claim = world.running(node)
        reports = [Report(id=claim.id, epoch=claim.epoch, fraction=part / 4) for part in (1, 2, 3)]
        world.turn(node, reports=reports)
        assert world.row(claim.id).fraction == 0.75

    def test_the_last_words_of_an_ending_are_kept(self, world: World, node: int) -> None:
        claim = world.running(node)
        words = Report(
            id=claim.id, epoch=claim.epoch, fraction=1.0, status="done", stats='{"n":9}', lines=said(world.clock, "bye")
        )
        world.end(node, claim, report=words)
        row = world.row(claim.id)
        assert (row.fraction, row.status, world.lines(claim.id)) == (1.0, "done", ["bye"])
        assert world.detail(claim.id).stats == '{"n":9}'

    def test_every_accepted_report_survives_the_ending(self, world: World, node: int) -> None:
        claim = world.running(node)
        world.say(node, claim, "one", "two")
        world.end(node, claim, EndKind.RAISED, permanent=True)
        assert world.lines(claim.id) == ["one", "two"]

    def test_does_not_touch_the_other_jobs(self, world: World, node: int) -> None:
        claim, other = world.running(node), world.running(node)
        before = world.detail(other.id)
        world.say(node, claim, "mine", fraction=0.5, checkpoint="{}")
        assert world.detail(other.id) == before


class TestFence:
    def test_an_old_epoch_is_ignored(self, world: World, node: int) -> None:
        old = world.running(node)
        world.end(node, old, EndKind.RELEASED)
        world.take(node, old.id)
        self._ignored(world, node, old.id, old.epoch)

    def test_an_ended_job_takes_no_more_words(self, world: World, node: int) -> None:
        claim = world.running(node)
        world.end(node, claim)
        self._ignored(world, node, claim.id, claim.epoch)

    def test_another_nodes_word_is_ignored(self, world: World, node: int) -> None:
        claim = world.running(node)
        self._ignored(world, world.node("second"), claim.id, claim.epoch)

    def test_words_beside_the_ending_in_the_same_turn_are_kept(self, world: World, node: int) -> None:
        claim = world.running(node)
        last = Report(id=claim.id, epoch=claim.epoch, status="done", lines=said(world.clock, "last"))
        beside = Report(id=claim.id, epoch=claim.epoch, status="on", lines=said(world.clock, "first"))
        world.turn(node, world.settlement(claim, report=last), reports=[beside])
        assert (world.row(claim.id).status, world.lines(claim.id)) == ("done", ["first", "last"])

    def test_a_job_that_never_was_harms_nobody(self, world: World, node: int) -> None:
        claim = world.running(node)
        reports = [
            Report(id=999_999, epoch=1, lines=said(world.clock, "ghost")),
            Report(id=claim.id, epoch=1, lines=said(world.clock, "mine")),
        ]
        world.turn(node, reports=reports)
        assert world.lines(claim.id) == ["mine"]
        assert world.lines(999_999) == []

    @staticmethod
    def _ignored(world: World, node: int, job: int, epoch: int) -> None:
        before = world.everything()
        late = Report(
            id=job, epoch=epoch, fraction=0.9, message="m", status="s", stats="{}", checkpoint='{"bad":1}',
            lines=said(world.clock, "late"), skipped=3,
        )  # fmt: skip
        world.turn(node, reports=[late])
        assert world.everything() == before


class TestLog:
    def test_lines_keep_order_level_time_and_attempt(self, world: World, node: int) -> None:
        claim = world.running(node)
        line = LogLine(at_us=5, level=40, text="bad\nnews ü")
        world.report(node, claim, lines=(line, LogLine(at_us=4, level=10, text="")))
        world.end(node, claim, EndKind.RELEASED)
        again = world.take(node, claim.id)
        world.say(node, again, "second run")
        stored = world.store.reader.call(world.store.reader.lines(claim.id))
        assert [(one.number, one.epoch) for one in stored] == [(1, 1), (2, 1), (3, 2)]
        assert stored[0].line == line

    def test_after_gives_what_came_later(self, world: World, node: int) -> None:
        claim = world.running(node)
        world.say(node, claim, *numbered(1, 20))
        assert world.lines(claim.id, after=15) == numbered(16, 20)
        assert world.lines(claim.id, after=15, limit=2) == numbered(16, 17)
        assert world.lines(claim.id, after=20) == []

    def test_up_to_the_cap_nothing_is_dropped(self, world: World, node: int) -> None:
        claim = world.running(node)
        world.say(node, claim, *numbered(1, CAP))
        assert world.lines(claim.id) == numbered(1, CAP)
        assert world.detail(claim.id).lines_dropped == 0

    def test_over_the_cap_the_head_and_the_newest_stay(self, world: World, node: int) -> None:
        claim = world.running(node)
        world.say(node, claim, *numbered(1, 1500))
        assert world.lines(claim.id) == numbered(1, HEAD) + numbered(1501 - TAIL, 1500)
        assert world.detail(claim.id).lines_dropped == 500

    def test_in_many_small_reports_the_same_stays(self, world: World, node: int) -> None:
        claim = world.running(node)
        for first in range(1, 2501, 100):
            world.say(node, claim, *numbered(first, first + 99))
        assert world.lines(claim.id) == numbered(1, HEAD) + numbered(2501 - TAIL, 2500)
        assert world.detail(claim.id).lines_dropped == 1500

    def test_numbers_only_grow_also_over_a_drop(self, world: World, node: int) -> None:
        claim = world.running(node)
        for first in range(1, 1501, 300):
            world.say(node, claim, *numbered(first, first + 299))
        stored = world.store.reader.call(world.store.reader.lines(claim.id))
        numbers = [one.number for one in stored]
        assert numbers == sorted(set(numbers))
        assert [one.line.text for one in stored] == [f"line {number}" for number in numbers]
        world.say(node, claim, "next")
        (last,) = world.store.reader.call(world.store.reader.lines(claim.id, after=numbers[-1]))
        assert (last.number, last.line.text) == (1501, "next")

    def test_the_cap_is_the_jobs_over_all_attempts(self, world: World, node: int) -> None:
        claim = world.running(node)
        world.say(node, claim, *numbered(1, 800))
        world.end(node, claim, EndKind.RELEASED)
        again = world.take(node, claim.id)
        world.say(node, again, *numbered(801, 1600))
        assert world.lines(claim.id) == numbered(1, HEAD) + numbered(1601 - TAIL, 1600)

    def test_what_the_flood_limit_skipped_is_counted(self, world: World, node: int) -> None:
        claim = world.running(node)
        world.say(node, claim, *numbered(1, 10), skipped=7)
        world.say(node, claim, *numbered(11, 20), skipped=5)
        assert world.detail(claim.id).lines_dropped == 12
        assert world.lines(claim.id) == numbered(1, 20)

    def test_the_last_words_count_against_the_cap(self, world: World, node: int) -> None:
        claim = world.running(node)
        world.say(node, claim, *numbered(1, CAP))
        world.end(
            node,
            claim,
            report=Report(id=claim.id, epoch=claim.epoch, lines=said(world.clock, *numbered(CAP + 1, CAP + 3))),
        )
        assert world.lines(claim.id) == numbered(1, HEAD) + numbered(CAP + 4 - TAIL, CAP + 3)
        assert world.detail(claim.id).lines_dropped == 3
