"""The program of a child process: `python -m headway.run.child <socket> <fault file> <parent>`.

Started by run/process.py and by nobody else. It imports the application, says Hello, and serves as a host of many
jobs or runs one job at a time. It dies with its parent and when the socket closes. Only an explicit Ending counts as an
outcome: exiting in any other way is a crash.
"""

from __future__ import annotations

import faulthandler
import logging
import os
import signal
import socket
import sys
import traceback
from types import FrameType
from typing import Final

from headway.model import schedule_advice
from headway.model.failure import TRACEBACK_MAX_CHARS, cut
from headway.run.application import Application
from headway.run.duty import tell_broken
from headway.run.frames import MODE_HOST, ImportFailed, Spec
from headway.run.line import EXIT_IMPORT, EXIT_ORPHANED, Line, leave
from headway.run.loading import load
from headway.run.logformat import speak

PR_SET_PDEATHSIG: Final = 1


def main(argv: list[str]) -> None:
    """Serve until told to close."""
    channel_fd, fault_fd, parent = int(argv[1]), int(argv[2]), int(argv[3])
    die_with(parent)
    # The supervisor decides when a child ends; a terminal or a service manager may signal all processes. Not SIG_IGN:
    # the programs that jobs start would inherit it and could not be terminated.
    signal.signal(signal.SIGINT, _not_now)
    signal.signal(signal.SIGTERM, _not_now)
    for fd in (channel_fd, fault_fd):
        os.set_inheritable(fd, False)
    faulthandler.enable(file=fault_fd, all_threads=True)
    line = Line(socket.socket(fileno=channel_fd), fault_fd)
    try:
        _serve(line)
    except BaseException as error:  # noqa: BLE001 - an orderly end would wait for the threads of jobs
        tell_broken(f"the main thread of child process {os.getpid()}", error, line.break_off)


def _serve(line: Line) -> None:
    messages = line.messages()
    spec = next(messages, None)
    if not isinstance(spec, Spec):
        os._exit(EXIT_ORPHANED)
    speak(spec.log_format)
    # What an application's schedules may not mean is said by the process that starts this one.
    logging.getLogger(schedule_advice.LOG).setLevel(logging.ERROR)
    application = _import(spec, line)
    if spec.mode == MODE_HOST:
        from headway.run.hosting import serve
    else:
        from headway.run.single import serve
    serve(spec, application, line, messages)
    leave(line)


def die_with(parent: int) -> None:
    """Have the kernel kill this process when the thread that started it is gone (Linux); end now if it is gone already."""
    if sys.platform == "linux":
        import ctypes

        ctypes.CDLL(None, use_errno=True).prctl(PR_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0)
    if os.getppid() != parent:
        os._exit(EXIT_ORPHANED)


def _not_now(signum: int, frame: FrameType | None) -> None:
    """A signal that is not for us to answer."""


def _import(spec: Spec, line: Line) -> Application:
    try:
        return load(spec)
    except BaseException:  # noqa: BLE001 - a module may even call sys.exit
        line.send(ImportFailed(cut(traceback.format_exc(), TRACEBACK_MAX_CHARS)))
        os._exit(EXIT_IMPORT)


if __name__ == "__main__":
    main(sys.argv)
