"""An application as a user would write it: a job of every kind, and functions that enqueue them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from pathlib import Path
from typing import Any

from headway import Context, Fixed, Job, Jobs


class Mailer:
    """Given to command classes by the container."""

    def __init__(self) -> None:
        self.sent: list[str] = []


@dataclass
class Shop:
    """The jobs, and a diary of what their bodies did."""

    jobs: Jobs
    diary: list[Any]
    mailer: Mailer
    plain: Job[[str], int]
    coroutine: Job[[str], int]
    command: Job[[str], None]
    spoken: Job[[int], int]
    failing: Job[[], None]
    flaky: Job[[int], str]
    heavy: Job[[int], int]
    typed: Job[..., Any]
    failures: int = field(default=0)


def spoken(ctx: Context, steps: int) -> int:
    for _ in ctx.track(range(steps), "stepping"):
        ctx.log.info("one more")
    return ctx.attempt


def failing() -> None:
    raise KeyError("no such thing")


def heavy(number: int) -> int:
    return number * number


def shop(place: Path) -> Shop:
    """A new one; its real store is at that place."""
    jobs = Jobs(place)
    diary: list[Any] = []
    mailer = Mailer()
    jobs.provide(Mailer, lambda: mailer)

    @jobs.job(name="plain")
    def plain(text: str) -> int:
        diary.append(("plain", text))
        return len(text)

    @jobs.job(name="coroutine")
    async def coroutine(text: str) -> int:
        diary.append(("coroutine", text))
        return len(text)

    @jobs.job(name="command")
    class SendMail:
        def __init__(self, given: Mailer) -> None:
            self.mailer = given

        def run(self, to: str) -> None:
            self.mailer.sent.append(to)

    tries: list[int] = []

    @jobs.job(name="flaky", retries=5, backoff=Fixed(timedelta(hours=4)))
    async def flaky(times: int) -> str:
        tries.append(times)
        if len(tries) <= times:
            raise ConnectionError(f"try {len(tries)}")
        return "up"

    @jobs.job(name="typed")
    def typed(pair: tuple[int, str], day: date, names: Sequence[str] = ()) -> str:
        diary.append((pair, day, names))
        return str(day)

    return Shop(
        jobs=jobs,
        diary=diary,
        mailer=mailer,
        plain=plain,
        coroutine=coroutine,
        command=SendMail,
        spoken=jobs.register(spoken, name="spoken", takes_context=True),
        failing=jobs.register(failing, name="failing", retries=3, backoff=Fixed(timedelta(hours=1))),
        flaky=flaky,
        heavy=jobs.register(heavy, name="heavy", run_in="process"),
        typed=typed,
    )
