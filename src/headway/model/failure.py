"""An exception as text: cut, cleaned and ready to store. Local variables are never in it."""

from __future__ import annotations

import linecache
import traceback
from collections.abc import Iterator
from types import TracebackType
from typing import Final

from headway.model.outcome import ErrorText

MESSAGE_MAX_CHARS: Final = 4096
TRACEBACK_MAX_CHARS: Final = 65536
"""Head and tail are kept, the middle is left out."""
TYPE_MAX_CHARS: Final = 200
CHAIN_MAX: Final = 20
"""Of a chain of causes, the latest."""
FRAMES_HEAD_MAX: Final = 20
FRAMES_TAIL_MAX: Final = 80
GROUP_MAX: Final = 10
"""Shown members of an exception group."""
GROUP_DEPTH_MAX: Final = 3
NOTES_MAX: Final = 10

ENGINE: Final = ("headway.run", "headway.worker", "headway.client", "headway.model")
"""Modules whose frames are left out where a traceback begins in them: they are the same for every job."""

ErrorRecord = ErrorText
"""type, message and traceback: the value that travels with an Ending."""


def describe(exc: BaseException) -> ErrorRecord:
    """The record of an exception. Never raises, whatever the exception's own code does; bounded in size by the constants above."""
    return ErrorRecord(type=_type_name(exc), message=cut(_text(exc), MESSAGE_MAX_CHARS), traceback=_traceback(exc))


def clean(text: str) -> str:
    """The text with NUL and lone surrogates escaped, so that every store takes it."""
    if "\0" in text:
        text = text.replace("\0", "\\x00")
    return text.encode("utf-8", "backslashreplace").decode()


def cut(text: str, max_chars: int) -> str:
    """The cleaned text, at most `max_chars` long, head and tail kept."""
    if len(text) > max_chars:
        # The gap's own words are counted generously; cleaning comes after, on the short text.
        head = (max_chars - 60) // 2
        text = f"{text[:head]}\n... {len(text) - 2 * head} characters left out ...\n{text[-head:]}"
    text = clean(text)
    return text if len(text) <= max_chars else text[:max_chars]


def _type_name(exc: BaseException) -> str:
    try:
        kind = type(exc)
        name = kind.__qualname__ if kind.__module__ == "builtins" else f"{kind.__module__}.{kind.__qualname__}"
        return cut(str(name), TYPE_MAX_CHARS)
    except BaseException:  # noqa: BLE001 - a metaclass may raise anything
        return "Exception"


def _text(exc: BaseException) -> str:
    try:
        return str(exc)
    except BaseException as other:  # noqa: BLE001 - the user's __str__ may raise anything
        return f"<no text: __str__ of {_type_name(exc)} raised {_type_name(other)}>"


def _traceback(exc: BaseException) -> str:
    try:
        return cut("".join(_chain(exc, 0)), TRACEBACK_MAX_CHARS)
    except BaseException as other:  # noqa: BLE001 - a property of the exception, or a loader of source, may raise anything
        return f"<no traceback: reading it raised {_type_name(other)}>"


def _chain(exc: BaseException, depth: int) -> Iterator[str]:
    """Oldest cause first, as Python prints it."""
    links: list[tuple[BaseException, str]] = []
    seen: set[int] = set()
    one: BaseException | None = exc
    joint = ""
    while one is not None and id(one) not in seen and len(links) <= CHAIN_MAX:
        seen.add(id(one))
        links.append((one, joint))
        if one.__cause__ is not None:
            one, joint = one.__cause__, "\nThe above exception was the direct cause of the following exception:\n\n"
        elif one.__suppress_context__:
            one = None
        else:
            one, joint = one.__context__, "\nDuring handling of the above exception, another exception occurred:\n\n"
    if len(links) > CHAIN_MAX:
        yield "... earlier causes left out ...\n\n"
        links.pop()
    for link, joint_below in reversed(links):
        yield from _one(link, depth)
        yield joint_below


def _one(exc: BaseException, depth: int) -> Iterator[str]:
    tb = _without_engine(exc.__traceback__)
    if tb is not None:
        yield "Traceback (most recent call last):\n"
        yield from _frames(tb)
    text = cut(_text(exc), MESSAGE_MAX_CHARS)
    yield f"{_type_name(exc)}: {text}\n" if text else f"{_type_name(exc)}\n"
    notes = getattr(exc, "__notes__", ())
    for note in notes[:NOTES_MAX] if isinstance(notes, list | tuple) else ():
        yield cut(note if isinstance(note, str) else type(note).__name__, MESSAGE_MAX_CHARS) + "\n"
    if isinstance(exc, BaseExceptionGroup) and depth < GROUP_DEPTH_MAX:
        members = exc.exceptions
        for number, member in enumerate(members[:GROUP_MAX], 1):
            yield f"  +-- {number} of {len(members)}\n"
            for part in _chain(member, depth + 1):
                yield "".join(f"  | {line}\n" for line in part.splitlines())


def _without_engine(tb: TracebackType | None) -> TracebackType | None:
    """Leave out leading frames of the engine; all of them stay if there is nothing else."""
    inner = tb
    while inner is not None and _is_engine(str(inner.tb_frame.f_globals.get("__name__", ""))):
        inner = inner.tb_next
    return inner or tb


def _is_engine(module: str) -> bool:
    return any(module == room or module.startswith(room + ".") for room in ENGINE)


def _frames(tb: TracebackType) -> Iterator[str]:
    entries: list[tuple[str, int, str]] = []
    tail: list[tuple[str, int, str]] = []
    dropped = 0
    one: TracebackType | None = tb
    while one is not None:
        code = one.tb_frame.f_code
        entry = (code.co_filename, one.tb_lineno, code.co_qualname)
        if len(entries) < FRAMES_HEAD_MAX:
            entries.append(entry)
        else:
            tail.append(entry)
            if len(tail) > FRAMES_TAIL_MAX:
                tail.pop(0)
                dropped += 1
        one = one.tb_next
    yield from traceback.format_list([_summary(entry) for entry in entries])
    if dropped:
        yield f"  ... {dropped} frames left out ...\n"
    yield from traceback.format_list([_summary(entry) for entry in tail])


def _summary(entry: tuple[str, int, str]) -> traceback.FrameSummary:
    file, line, name = entry
    return traceback.FrameSummary(file, line, name, lookup_line=False, line=linecache.getline(file, line).strip())
