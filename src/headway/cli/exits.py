"""Exit codes, and how every error becomes one code, one line of what happened and one line of what to do."""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import IntEnum
from typing import Final

import click

from headway.model import displaced, errors


class Exit(IntEnum):
    """What a command's exit code says. docs/reference/exit-codes.md explains them to people."""

    OK = 0
    """Done; a worker that stopped cleanly."""
    FAILED = 1
    """Nothing was found, something was refused or failed, or a check has findings."""
    USAGE = 2
    """The command line, a filter, a name or an argument is wrong; nothing was done."""
    IMPORT = 3
    """The application could not be imported, or holds no Jobs under that name."""
    STORE = 4
    """The store cannot be used: not there, not reachable, foreign, too new, full or read-only."""
    INTERRUPTED = 5
    """Ctrl-C, or a second signal to a worker: what ran was stopped and given back."""
    INTERNAL = 70
    """A defect of headway; --debug shows the traceback."""


class CommandError(errors.HeadwayError):
    """<what happened>; with the exit code and what to do about it."""

    def __init__(self, what: str, *, advice: str = "", code: Exit = Exit.FAILED) -> None:
        super().__init__(what)
        self.what = what
        self.advice = advice
        self.code = code


class UsageInvalid(CommandError):
    """<what is wrong with the command line>."""

    def __init__(self, what: str, *, advice: str = "") -> None:
        super().__init__(what, advice=advice, code=Exit.USAGE)


class ImportFailed(CommandError):
    """<application> could not be imported: <why>."""

    def __init__(self, what: str, *, advice: str = "") -> None:
        super().__init__(what, advice=advice, code=Exit.IMPORT)


@dataclass(frozen=True, slots=True, kw_only=True)
class Complaint:
    """An error as a person or program is told of it."""

    kind: str
    """A stable word for programs: store_unavailable, filter_invalid, usage, ..."""
    what: str
    advice: str
    code: Exit


USAGE_KINDS: Final = (
    errors.OptionInvalid,
    errors.OptionUnknown,
    errors.ConfigInvalid,
    errors.HandlerUnknown,
    errors.ArgumentsInvalid,
    errors.PayloadTooLarge,
)
USAGE_NAMES: Final = frozenset({"FilterInvalid"})
"""Named and not imported, so that a command that reads no filter does not load the module."""

STORE_ADVICE: Final[tuple[tuple[type[errors.StoreError], str], ...]] = (
    (errors.StorePlaceInvalid, "give the right place with --store or HEADWAY_STORE"),
    (displaced.StoreMoved, "use the new place, or open this one again with headway copy SOURCE --release"),
    (displaced.SchemaTooOld, "run headway migrate"),
    (errors.SchemaTooNew, "use the headway that wrote this store, or a newer one; it was not touched"),
    (errors.StoreForeign, "check the place; a backup can be opened by giving its place with --store"),
    (errors.StoreBusy, "headway check names the process that holds the lock; try again when it is done"),
    (errors.StoreFull, "free some space; workers go on by themselves"),
    (errors.StoreReadOnly, "run as the user who owns the store (its files are private to that user)"),
    (errors.StoreError, "check the place with headway check, or give another with --store"),
)


def complaint(error: BaseException) -> Complaint:
    """Turn any error into what to say and with which code to end."""
    match error:
        case CommandError():
            return Complaint(kind=_kind(error), what=error.what, advice=error.advice, code=error.code)
        case click.ClickException():
            return _from_click(error)
        case KeyboardInterrupt() | click.Abort():
            return Complaint(kind="interrupted", what="interrupted", advice="", code=Exit.INTERRUPTED)
        case errors.StoreError():
            advice = next(text for kind, text in STORE_ADVICE if isinstance(error, kind))
            return _told(error, Exit.STORE, advice)
        case errors.HeadwayError():
            usage = isinstance(error, USAGE_KINDS) or type(error).__name__ in USAGE_NAMES
            return _told(error, Exit.USAGE if usage else Exit.FAILED, "")
        case _:
            what = f"headway itself failed: {type(error).__name__}: {error}"
            return Complaint(
                kind="internal",
                what=what,
                advice="run it again with --debug and report what it prints",
                code=Exit.INTERNAL,
            )


def _from_click(error: click.ClickException) -> Complaint:
    what = _lower(error.format_message())
    if not isinstance(error, click.UsageError):
        return Complaint(kind="failed", what=what, advice="", code=Exit.FAILED)
    where = f"{error.ctx.command_path} --help" if error.ctx is not None else "headway --help"
    return Complaint(kind="usage", what=what, advice=f"see {where}", code=Exit.USAGE)


def _told(error: errors.HeadwayError, code: Exit, advice: str) -> Complaint:
    """Errors say what happened before the first semicolon and what to do after it; one with a caret is shown as it is."""
    if isinstance(error, errors.CronInvalid):
        return Complaint(kind=_kind(error), what=str(error), advice="", code=code)
    what, semicolon, rest = str(error).partition("; ")
    return Complaint(kind=_kind(error), what=what, advice=rest if semicolon else advice, code=code)


def _kind(error: Exception) -> str:
    name = type(error).__name__
    return "failed" if name == "CommandError" else re.sub(r"(?<=[a-z])(?=[A-Z])", "_", name).lower()


def _lower(message: str) -> str:
    """Messages of the command-line library begin with a capital; ours do not."""
    text = " ".join(message.split())
    return text[:1].lower() + text[1:].rstrip(".")
