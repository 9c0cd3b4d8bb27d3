"""The options that a worker may be given, and the settings that follow from them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import timedelta
from typing import Final, TypedDict

from headway.model.errors import ConfigInvalid, OptionUnknown
from headway.model.nearest import nearest
from headway.worker.settings import BEAT_SHARE, MARGIN_SHARE, SWEEP_DEFAULT, SWEEP_SHARE, WorkerSettings

NO_HOSTS: Final = (
    "a Worker has no hosts: give --processes to headway worker, or run several programs with a Worker in each"
)


class WorkerOptions(TypedDict, total=False):
    """The settings a worker may be given; see `WorkerSettings`."""

    queues: Mapping[str, int] | None
    concurrency: int
    children: int
    lease: timedelta
    beat: timedelta
    margin: timedelta
    sweep: timedelta
    watch: timedelta
    shutdown_timeout: timedelta
    shutdown_grace: timedelta
    archive_after: timedelta | None
    keep_completed: timedelta | None
    keep_failed: timedelta | None
    keep_logs: timedelta | None
    keep_bodies: timedelta | None
    exit_when_idle: bool


def settings_of(options: WorkerOptions, *, hosts: int = 0) -> WorkerSettings:
    """The settings. What is not given follows from what is: `concurrency` from the queues' limits, beat and margin from the lease, the sweep from the beat.

    Raises OptionUnknown for a name that is no option, ConfigInvalid for settings that cannot work.
    """
    _refuse_unknown(options)
    queues, lease = options.get("queues"), options.get("lease")
    if queues:
        options = {"concurrency": sum(queues.values()), **options}
    if lease is not None:
        options = {"beat": lease / BEAT_SHARE, "margin": lease / MARGIN_SHARE, **options}
    if "beat" in options:
        options = {"sweep": min(SWEEP_DEFAULT, options["beat"] * SWEEP_SHARE), **options}
    return WorkerSettings(**options, hosts=hosts)


def _refuse_unknown(names: Iterable[str]) -> None:
    known = sorted(WorkerOptions.__optional_keys__)
    for name in names:
        if name == "hosts":
            raise ConfigInvalid(NO_HOSTS)
        if name not in known:
            near = nearest(name, known)
            hint = f"did you mean {near!r}? " if near else ""
            msg = f"a worker has no option {name!r}; {hint}The options are {', '.join(known)}"
            raise OptionUnknown(msg)
