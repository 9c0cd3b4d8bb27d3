"""What a worker may be given, and how the rest follows from it."""

from datetime import timedelta
from typing import Any

import pytest

from headway import ConfigInvalid, Jobs, OptionUnknown, Worker
from headway.worker.options import settings_of
from headway.worker.settings import WorkerSettings


@pytest.fixture
def jobs() -> Any:
    made = Jobs("memory://")
    yield made
    made.close()


def test_a_misspelt_option_names_the_nearest_one(jobs: Jobs) -> None:
    with pytest.raises(OptionUnknown, match=r"no option 'concurency'; did you mean 'concurrency'\?"):
        Worker(jobs, concurency=20)  # type: ignore[call-arg]


def test_an_option_like_no_other_is_told_all_of_them(jobs: Jobs) -> None:
    with pytest.raises(OptionUnknown, match="The options are archive_after, beat, children"):
        Worker(jobs, zzz=1)  # type: ignore[call-arg]


def test_hosts_belong_to_the_command(jobs: Jobs) -> None:
    with pytest.raises(ConfigInvalid, match="headway worker"):
        Worker(jobs, hosts=2)  # type: ignore[call-arg]
    with pytest.raises(ConfigInvalid, match="headway worker"):
        Worker(jobs, settings=WorkerSettings(hosts=2))


def test_settings_and_options_are_not_mixed(jobs: Jobs) -> None:
    with pytest.raises(ConfigInvalid, match="not both"):
        Worker(jobs, settings=WorkerSettings(), concurrency=3)


def test_a_lease_given_alone_brings_its_beat_and_margin() -> None:
    plain = WorkerSettings()
    assert settings_of({"lease": plain.lease}) == plain
    short = settings_of({"lease": timedelta(seconds=6)})
    assert (short.beat, short.margin) == (timedelta(seconds=1), timedelta(seconds=1.2))
    own = settings_of({"lease": timedelta(seconds=6), "beat": timedelta(seconds=0.5)})
    assert own.beat == timedelta(seconds=0.5)


def test_a_short_lease_brings_a_sweep_that_is_never_taken_for_silence() -> None:
    assert settings_of({"lease": timedelta(seconds=6)}).sweep == timedelta(seconds=0.6)
    assert settings_of({"lease": timedelta(minutes=5)}).sweep == timedelta(seconds=3)
    assert settings_of({"beat": timedelta(seconds=1)}).sweep == timedelta(seconds=0.6)
    with pytest.raises(ConfigInvalid, match="must be less than two beats"):
        settings_of({"lease": timedelta(seconds=6), "sweep": timedelta(seconds=3)})


@pytest.mark.parametrize("name", ["lease", "beat", "sweep", "watch"])
def test_a_rhythm_of_no_time_is_refused(name: Any) -> None:
    with pytest.raises(ConfigInvalid, match=f"{name} cannot be 0:00:00: give a time above zero"):
        WorkerSettings(**{name: timedelta(0)})


def test_concurrency_follows_from_the_limits_of_queues() -> None:
    assert settings_of({"queues": {"mail": 3, "reports": 2}}).concurrency == 5
    assert settings_of({"queues": {"mail": 3}, "concurrency": 2}).concurrency == 2


HOUR, DAY = timedelta(hours=1), timedelta(days=1)


@pytest.mark.parametrize(
    "ages",
    [
        {},
        {"keep_logs": HOUR},
        {"keep_logs": timedelta(0), "archive_after": timedelta(0)},
        {"keep_logs": DAY, "keep_bodies": DAY},
        {"keep_logs": 90 * DAY, "keep_completed": 30 * DAY},
        {"keep_logs": 90 * DAY, "keep_bodies": 100 * DAY, "keep_completed": 30 * DAY, "keep_failed": 365 * DAY},
        {"keep_completed": timedelta(0), "keep_failed": timedelta(0)},
        {"archive_after": None, "keep_completed": DAY},
    ],
)
def test_ages_that_can_take_effect_are_taken(ages: Any) -> None:
    settings = settings_of(ages)
    assert {name: getattr(settings, name) for name in ages} == ages


@pytest.mark.parametrize(
    ("ages", "says"),
    [
        ({"keep_failed": -DAY}, "keep_failed cannot be -1 day, 0:00:00: give a time from zero"),
        ({"archive_after": -DAY}, "archive_after cannot be"),
        (
            {"keep_logs": HOUR / 2},
            r"keep_logs \(0:30:00\) is taken from the archive, .* after archive_after \(1:00:00\)",
        ),
        ({"keep_bodies": DAY, "archive_after": 2 * DAY}, r"keep_bodies \(1 day, 0:00:00\) is taken from the archive"),
        ({"keep_logs": DAY, "archive_after": None}, r"archive_after \(never\): give that a shorter time"),
        ({"keep_logs": 2 * DAY, "keep_bodies": DAY}, "is longer than keep_bodies .* with which a log goes"),
        ({"keep_logs": 9 * DAY, "keep_completed": DAY, "keep_failed": 8 * DAY}, "with which the whole job goes"),
        ({"keep_bodies": 9 * DAY, "keep_completed": 8 * DAY, "keep_failed": DAY}, "with which the whole job goes"),
    ],
)
def test_an_age_that_could_never_take_effect_is_refused(ages: Any, says: str) -> None:
    with pytest.raises(ConfigInvalid, match=says):
        settings_of(ages)
