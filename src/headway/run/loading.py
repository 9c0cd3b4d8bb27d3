"""Finding the application that a child process serves: `module:attribute`, as whoever started the worker wrote it."""

from __future__ import annotations

import importlib
import importlib.util
import logging
import os
import sys
from pathlib import Path
from types import ModuleType
from typing import Any

from headway.model.errors import HeadwayError
from headway.run.application import Application
from headway.run.frames import Spec


class ApplicationInvalid(HeadwayError, ValueError):
    """<module:attribute> is not an application: <why>."""


def load(spec: Spec) -> Application:
    """Import the application; whatever its modules raise is raised here."""
    _settle_in(spec)
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
    for name in spec.late:
        _try_module(name, spec.main)
    if not isinstance(found, Application):
        raise ApplicationInvalid(
            f"{spec.application!r} is not an application: it is a {type(found).__name__}, not a Jobs"
        )
    if not found.place:  # asked here, so that a place that cannot be is told like a failed import
        raise ApplicationInvalid(f"{spec.application!r} is not an application: it has no place for its store")
    return found


def _settle_in(spec: Spec) -> None:
    if spec.cwd is not None:
        os.chdir(spec.cwd)
    for path in reversed(spec.paths):
        if path not in sys.path:
            sys.path.insert(0, path)


def _try_module(name: str, main: str | None) -> None:
    """Of a handler that came at run time nobody promised that its module can be imported again."""
    try:
        _module(name, main)
    except Exception:
        logging.getLogger(__name__).warning(
            "%s, from which a handler came late, cannot be imported", name, exc_info=True
        )


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
