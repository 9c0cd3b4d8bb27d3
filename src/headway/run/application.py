"""The application that a child process serves, as far as the run room needs to know it."""

from __future__ import annotations

import importlib
import importlib.util
import os
import sys
from collections.abc import Callable
from pathlib import Path
from types import ModuleType
from typing import Any, Protocol, runtime_checkable

from headway.model.context import CallEncoder
from headway.model.errors import HeadwayError
from headway.model.registry import Registry
from headway.run.container import Container
from headway.run.frames import Spec


class ApplicationInvalid(HeadwayError, ValueError):
    """<module:attribute> is not an application: <why>."""


@runtime_checkable
class Application(Protocol):
    """What `module:attribute` must name; `Jobs` is one.

    It may also have `build` (a Container, or a function from a command class to an instance), `encode_call` (makes
    the NewJob of a call) and `worker_settings` (text that the supervisor is handed as it is).
    """

    @property
    def registry(self) -> Registry:
        """The handlers and hooks."""
        ...

    @property
    def place(self) -> str:
        """Where its store is."""
        ...


def load(spec: Spec) -> Application:
    """Import the application; whatever its modules raise is raised here."""
    if spec.cwd is not None:
        os.chdir(spec.cwd)
    for path in reversed(spec.paths):
        if path not in sys.path:
            sys.path.insert(0, path)
    module_name, _, attribute = spec.application.partition(":")
    if not module_name or not attribute:
        raise ApplicationInvalid(
            f"{spec.application!r} is not an application: write module:attribute, such as shop.tasks:jobs"
        )
    found: Any = _module(module_name, spec.main)
    for part in attribute.split("."):
        if not hasattr(found, part):
            raise ApplicationInvalid(f"{spec.application!r} is not an application: {module_name} has no {part}")
        found = getattr(found, part)
    for name in spec.imports:
        _module(name, spec.main)
    if not isinstance(found, Application):
        raise ApplicationInvalid(
            f"{spec.application!r} is not an application: it is a {type(found).__name__}, not a Jobs"
        )
    return found


def build_of(application: Application) -> Container | Callable[[type], object] | None:
    """How it wants command classes to be built."""
    return getattr(application, "build", None)


def encoder_of(application: Application) -> CallEncoder | None:
    """How it makes a NewJob of a call."""
    return getattr(application, "encode_call", None)


def settings_of(application: Application) -> str:
    """What it wants the supervisor to know."""
    return str(getattr(application, "worker_settings", "") or "")


def _module(name: str, main: str | None) -> ModuleType:
    """Import by name; the script of the parent's __main__ by its path, under the name its handlers were given."""
    if main is None or Path(main).stem != name or name in sys.modules:
        return importlib.import_module(name)
    found = importlib.util.spec_from_file_location(name, main)
    if found is None or found.loader is None:
        raise ApplicationInvalid(f"{main} cannot be imported as {name}")
    module = importlib.util.module_from_spec(found)
    sys.modules[name] = module
    found.loader.exec_module(module)
    return module
