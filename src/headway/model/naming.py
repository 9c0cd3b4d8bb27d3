"""Names: of handlers, taken from the code and the same in every process, and the check that every given name passes."""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import PurePath
from types import ModuleType
from typing import Any, Final

from headway.model.errors import HandlerRefused, NameInvalid

NAME_MAX_CHARS: Final = 200
"""Handlers, queues, tags, named workers, created_by, user ids."""
SHOWN_MAX_CHARS: Final = 60
"""How much of a wrong name an error repeats."""
MAIN_MODULES: Final = ("__main__", "__mp_main__")
"""The program's own file, as it is called in the first process and in one that multiprocessing spawned."""


def handler_name(fn: Callable[..., Any], owner: type | None = None) -> str:
    """`module:qualname`, stable over processes and restarts; what has no stable name is refused with HandlerRefused.

    A method that a class inherits is named for that class: `owner`.

    A function of the program's own file takes the module's real name (`python -m shop.jobs`: `shop.jobs`) or the
    file's stem (`python jobs.py`: `jobs`), so that the same file imported by a worker gives the same name.
    """
    module = getattr(owner or fn, "__module__", None)
    qualname = getattr(fn, "__qualname__", None) if owner is None else f"{owner.__qualname__}.{fn.__name__}"
    if not isinstance(module, str) or not isinstance(qualname, str):
        msg = f"{fn!r} cannot be a handler without a name: it is no function; give name=..."
        raise HandlerRefused(msg)
    refuse_unstable(fn if owner is None else owner)
    if module in MAIN_MODULES:
        module = main_name(sys.modules.get(module), qualname)
    return check_name("handler name", f"{module}:{qualname}")


def refuse_unstable(fn: Callable[..., Any]) -> None:
    """Refuse a lambda or a nested function: its qualname does not say which one it is."""
    qualname = str(getattr(fn, "__qualname__", ""))
    what = "a lambda" if "<lambda>" in qualname else "defined inside a function" if "<locals>" in qualname else None
    if what is not None:
        msg = f"{qualname} cannot be a handler without a name: it is {what}; move it to its module's top, or give name=..."
        raise HandlerRefused(msg)


def main_name(main: ModuleType | None, qualname: str) -> str:
    """What the program's own module is called when somebody imports it."""
    spec = getattr(main, "__spec__", None)
    if spec is not None and spec.name not in MAIN_MODULES:
        return str(spec.name)
    file = getattr(main, "__file__", None)
    stem = PurePath(file).stem if file else ""
    if not stem or stem in MAIN_MODULES:
        msg = (
            f"{qualname} cannot be a handler without a name: its module is no file that can be imported; give name=..."
        )
        raise HandlerRefused(msg)
    return stem


def check_name(kind: str, text: str, max_chars: int = NAME_MAX_CHARS) -> str:
    """Return `text` if it is 1 to `max_chars` printable characters without spaces around; else NameInvalid, which says the nearest fix."""
    if not isinstance(text, str):
        msg = f"the {kind} must be a str, not {type(text).__name__}"  # type: ignore[unreachable] # callers may be untyped
        raise NameInvalid(msg)
    if text and len(text) <= max_chars and text.isprintable() and text == text.strip():
        return text
    fixed = "".join(char if char.isprintable() else " " for char in text[: max_chars * 2]).strip()[:max_chars].strip()
    shown = ascii(text if len(text) <= SHOWN_MAX_CHARS else text[:SHOWN_MAX_CHARS] + "...")
    if not fixed:
        msg = f"the {kind} {shown} is empty; write 1 to {max_chars} printable characters"
    elif len(text) > max_chars:
        msg = f"the {kind} {shown} has {len(text)} characters, the limit is {max_chars}"
    elif not text.isprintable():
        msg = f"the {kind} {shown} has characters that cannot be printed; write {fixed!r}"
    else:
        msg = f"the {kind} {shown} has spaces around it; write {fixed!r}"
    raise NameInvalid(msg)
