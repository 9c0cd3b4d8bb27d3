"""What a child process says of its application: once at the start, and when more handlers are registered later."""

from __future__ import annotations

import os

from headway.model.handler import Handler
from headway.run.application import Application
from headway.run.frames import Hello, Learned
from headway.run.line import Line
from headway.run.settings import HostSettings


def hello(application: Application, line: Line, settings: HostSettings) -> None:
    """Say that claims are welcome."""
    registry = application.registry
    handlers = tuple(handler.info() for handler in registry)
    line.send(
        Hello(
            os.getpid(),
            application.place,
            application.worker_settings,
            handlers,
            hooks=tuple(registry.listens()),
            host_settings=settings,
        )
    )


def hello_and_more(application: Application, line: Line, settings: HostSettings) -> None:
    """The same; whatever is registered from now on is told too."""
    told = {handler.name for handler in application.registry}
    hello(application, line, settings)

    def learned(handler: Handler) -> None:
        line.send(_learned((handler,)))

    application.registry.on_add(learned)
    # What another thread registered between the two.
    late = tuple(handler for handler in application.registry if handler.name not in told)
    if late:
        line.send(_learned(late))


def _learned(handlers: tuple[Handler, ...]) -> Learned:
    modules = dict.fromkeys(handler.target.__module__ for handler in handlers)
    return Learned(tuple(handler.info() for handler in handlers), tuple(modules))
