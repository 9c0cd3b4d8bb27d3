"""What a child process says of its application: once at the start, and when more handlers are registered later."""

from __future__ import annotations

import os

from headway.model.handler import Handler
from headway.model.schedule import Definition
from headway.run.application import Application
from headway.run.frames import Hello, Learned
from headway.run.line import Line
from headway.run.settings import HostSettings


def hello(application: Application, line: Line, settings: HostSettings, schedules: tuple[Definition, ...] = ()) -> None:
    """Say that claims are welcome."""
    registry = application.registry
    handlers = tuple(handler.info() for handler in registry)
    line.send(
        Hello(
            os.getpid(),
            application.url,
            application.worker_settings,
            handlers,
            hooks=tuple(registry.listens()),
            host_settings=settings,
            schedules=schedules,
        )
    )


def hello_and_more(application: Application, line: Line, settings: HostSettings) -> None:
    """The same, and which schedules its code declares; whatever comes from now on is told too."""
    registry = application.registry
    told = {handler.name for handler in registry}
    schedules = registry.schedules
    told_schedules = {one.name for one in schedules}
    hello(application, line, settings, schedules)

    def learned(handler: Handler) -> None:
        line.send(_learned((handler,)))

    def declared(schedule: Definition) -> None:
        line.send(Learned((), schedules=(schedule,)))

    registry.on_add(learned)
    registry.on_schedule(declared)
    # What another thread registered between the two.
    late = tuple(handler for handler in registry if handler.name not in told)
    if late:
        line.send(_learned(late))
    late_schedules = tuple(one for one in registry.schedules if one.name not in told_schedules)
    if late_schedules:
        line.send(Learned((), schedules=late_schedules))


def _learned(handlers: tuple[Handler, ...]) -> Learned:
    modules = dict.fromkeys(handler.target.__module__ for handler in handlers)
    return Learned(tuple(handler.info() for handler in handlers), tuple(modules))
