"""A child process that serves as a host: many jobs at once, its loop on the main thread."""

from __future__ import annotations

import asyncio
import os
import threading
import traceback
from collections.abc import Callable, Iterator
from typing import Final, assert_never

from headway.model.failure import TRACEBACK_MAX_CHARS, cut
from headway.run.application import Application
from headway.run.duty import on_duty
from headway.run.eager import new_loop
from headway.run.frames import BeatFrame, CloseNow, Give, ReleaseAll, Spec, StartFailed, StopThese, Tell, ToChild
from headway.run.greeting import hello_and_more
from headway.run.host import Host
from headway.run.line import EXIT_IMPORT, EXIT_ORPHANED, Line, leave
from headway.run.turn import turn, wind_up

STOP_S: Final = 0.3
"""How long the main thread may take to leave its loop."""


def serve(spec: Spec, application: Application, line: Line, messages: Iterator[ToChild]) -> None:
    """Run what is given until told to close. Signals and libraries find the loop where they expect it: on the main thread."""
    loop = new_loop()
    asyncio.set_event_loop(loop)
    host = Host(
        application,
        concurrency=spec.concurrency,
        settings=spec.settings,
        loop=loop,
        owns_loop=True,
        broken=line.break_off,
    )
    _start(host, application, line)
    stopping, stopped = threading.Event(), threading.Event()

    def close(grace_s: float) -> None:
        host.close(grace_s)
        stopping.set()
        loop.call_soon_threadsafe(loop.stop)
        if not stopped.wait(STOP_S):  # a body keeps the main thread
            leave(line)

    def start(name: str, act: Callable[..., None], *args: object) -> None:
        on_duty(act, *args, name=name, broken=line.break_off).start()

    def begin_to_close(grace_s: float) -> None:
        # Beside the reader, which must see the socket close all the while.
        start("headway-close", close, grace_s)

    start("headway-reader", _listen, host, begin_to_close, messages)
    start("headway-beat", _beat, host, line, host.settings.beat_s)
    turn(loop, stopping.is_set)
    wind_up(loop)  # what an application opened on it is closed in order
    stopped.set()


def _start(host: Host, application: Application, line: Line) -> None:
    """Run the application's start-up hooks, then say Hello: claims come only after that."""
    try:
        host.start(line.deliver)
        hello_and_more(application, line, host.settings)
    except BaseException:  # noqa: BLE001 - a hook may even call sys.exit
        line.send(StartFailed(cut(traceback.format_exc(), TRACEBACK_MAX_CHARS)))
        os._exit(EXIT_IMPORT)


def _listen(host: Host, close: Callable[[float], None], messages: Iterator[ToChild]) -> None:
    for message in messages:
        match message:
            case Give(claims):
                host.give(claims)
            case StopThese(stops):
                host.stop(stops)
            case Tell(events):
                host.tell(events)
            case ReleaseAll():
                host.release()
            case CloseNow(grace_s):
                close(grace_s)
            case Spec():
                pass  # said once, at the start
            case _:
                assert_never(message)
    os._exit(EXIT_ORPHANED)


def _beat(host: Host, line: Line, every_s: float) -> None:
    """From a thread of its own: it falls silent only when the GIL is held."""
    pause = threading.Event()
    while not pause.wait(every_s):
        line.send(BeatFrame(host.loop_blocked))
