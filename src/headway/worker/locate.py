"""Where a child process finds the application: the module and attribute of a `Jobs`, looked up in this process."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterable
from types import ModuleType
from typing import TYPE_CHECKING

from headway.model.errors import HandlerRefused
from headway.model.naming import MAIN_MODULES, main_name
from headway.run import logformat
from headway.run.frames import Spec

if TYPE_CHECKING:
    from headway.worker.worker import Application


def locate(jobs: Application) -> Spec | None:
    """How a child imports this application; None when it is no module's attribute (it was made inside a function).

    The modules of all handlers are imported there too, since a handler may be registered from any module.
    """
    modules = list(dict.fromkeys(handler.module for handler in jobs.registry))
    for name in (*modules, *MAIN_MODULES[:1], *sys.modules):
        module = sys.modules.get(name)
        attribute = None if module is None else _attribute(module, jobs)
        if module is not None and attribute is not None:
            try:
                return _spec(module, attribute, modules)
            except HandlerRefused:  # an interactive session: its module is no file that a child could import
                return None
    return None


def _attribute(module: ModuleType, jobs: Application) -> str | None:
    for key, value in tuple(vars(module).items()):
        if value is jobs:
            return key
    return None


def _spec(module: ModuleType, attribute: str, handlers: Iterable[str]) -> Spec:
    main = sys.modules.get("__main__")
    script = None if getattr(main, "__spec__", None) else getattr(main, "__file__", None)
    imports = tuple(dict.fromkeys(real_name(name) for name in handlers))
    return Spec(
        application=f"{real_name(module.__name__)}:{attribute}",
        paths=tuple(path or os.getcwd() for path in sys.path),  # noqa: PTH109 - text, as sys.path holds it
        cwd=os.getcwd(),  # noqa: PTH109
        main=None if script is None else os.path.abspath(script),  # noqa: PTH100
        imports=imports,
        log_format=logformat.in_use(),
    )


def real_name(name: str) -> str:
    """What a module is called when somebody else imports it."""
    return main_name(sys.modules.get(name), name) if name in MAIN_MODULES else name
