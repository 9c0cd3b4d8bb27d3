"""What passes between a runner and its child processes: length-prefixed MessagePack frames over a socket pair."""

from __future__ import annotations

import struct
from collections.abc import Iterator
from typing import Final

import msgspec

from headway.model.claim import Claim
from headway.model.event import EventKind, JobEvent
from headway.model.handler import HandlerInfo
from headway.model.schedule import Definition
from headway.run.runner import Batch, StopAttempt
from headway.run.settings import HostSettings

HEADER: Final = struct.Struct(">I")
FRAME_BYTES_MAX: Final = 512 * 1024 * 1024
"""A larger frame means that the stream is broken."""
CLAIMS_MAX: Final = 256
"""A give is cut into frames of so many claims, so that no frame grows without bound."""

EXIT_BROKEN: Final = 70
"""Exit status of a child in which one of our own threads broke because of a defect: without it no job there could end."""

MODE_HOST: Final = "host"
MODE_SINGLE: Final = "single"


class Spec(msgspec.Struct, frozen=True, tag="spec"):
    """To a child, first: what to be."""

    application: str
    """`module:attribute`; chosen by whoever starts the worker, never read from a store."""
    mode: str = MODE_HOST
    concurrency: int = 8
    paths: tuple[str, ...] = ()
    """Entries for the front of sys.path, where they are missing."""
    cwd: str | None = None
    main: str | None = None
    """Path of the script that is the application's module, when it runs as __main__ in the parent."""
    imports: tuple[str, ...] = ()
    """Modules to import besides the application's: handlers may be registered from any."""
    late: tuple[str, ...] = ()
    """Modules from which handlers came later in another process; one that cannot be imported is only logged."""
    settings: HostSettings | None = None
    """None: as the application wants it."""
    log_format: str | None = None
    """The format of the worker's log, for what the application's own logging does not take."""


class Give(msgspec.Struct, frozen=True, tag="give"):
    """To a child: run these."""

    claims: tuple[Claim, ...]


class StopThese(msgspec.Struct, frozen=True, tag="stop"):
    """To a child: ask these to stop."""

    stops: tuple[StopAttempt, ...]


class Tell(msgspec.Struct, frozen=True, tag="tell"):
    """To a host process: tell the application's hooks."""

    events: tuple[JobEvent, ...]


class ReleaseAll(msgspec.Struct, frozen=True, tag="release"):
    """To a child: give back what has not started."""


class CloseNow(msgspec.Struct, frozen=True, tag="close"):
    """To a child: stop everything within the grace, then exit."""

    grace_s: float


class Hello(msgspec.Struct, frozen=True, tag="hello"):
    """From a child: the application is imported and claims are welcome."""

    pid: int
    place: str
    """Where the application's store is."""
    settings: str
    """The application's settings for a worker, as it writes them."""
    handlers: tuple[HandlerInfo, ...]
    hooks: tuple[EventKind, ...] = ()
    """The kinds of events that the application wants to be told of."""
    host_settings: HostSettings = HostSettings()
    """The settings in force there."""
    schedules: tuple[Definition, ...] = ()
    """What its code declares to run again and again."""


class Learned(msgspec.Struct, frozen=True, tag="learned"):
    """From a host process, later: these handlers were registered after its Hello."""

    handlers: tuple[HandlerInfo, ...]
    modules: tuple[str, ...] = ()
    """Where their functions come from."""
    schedules: tuple[Definition, ...] = ()
    """Schedules that were declared after it."""


class StartFailed(msgspec.Struct, frozen=True, tag="start_failed"):
    """From a host process, before it exits: an on_startup hook raised."""

    traceback: str


class ImportFailed(msgspec.Struct, frozen=True, tag="import_failed"):
    """From a child, before it exits: the application could not be imported."""

    traceback: str


class Said(msgspec.Struct, frozen=True, tag="said"):
    """From a child: what its runner delivers."""

    batch: Batch


class BeatFrame(msgspec.Struct, frozen=True, tag="beat"):
    """From a host process, regularly: it lives. From a child with one job: it has its claim, and is about to begin."""

    loop_blocked: bool = False


class Bye(msgspec.Struct, frozen=True, tag="bye"):
    """From a child, last: everything is said."""


ToChild = Spec | Give | StopThese | Tell | ReleaseAll | CloseNow
FromChild = Hello | Learned | StartFailed | ImportFailed | Said | BeatFrame | Bye

_ENCODER: Final = msgspec.msgpack.Encoder()
TO_CHILD: Final[msgspec.msgpack.Decoder[ToChild]] = msgspec.msgpack.Decoder(ToChild)
FROM_CHILD: Final[msgspec.msgpack.Decoder[FromChild]] = msgspec.msgpack.Decoder(FromChild)


def frame(message: ToChild | FromChild) -> bytes:
    """The bytes of one message, with its length in front."""
    body = _ENCODER.encode(message)
    return HEADER.pack(len(body)) + body


class Frames:
    """Cuts a stream of bytes into the bodies of its frames."""

    __slots__ = ("_buffer",)

    def __init__(self) -> None:
        self._buffer = bytearray()

    def feed(self, data: bytes) -> Iterator[bytes]:
        """The bodies that are complete now."""
        buffer = self._buffer
        buffer += data
        start, size = 0, HEADER.size
        while len(buffer) - start >= size:
            (length,) = HEADER.unpack_from(buffer, start)
            if length > FRAME_BYTES_MAX:
                raise ValueError(f"a frame of {length} bytes: the stream between processes is broken")
            if len(buffer) - start - size < length:
                break
            yield bytes(buffer[start + size : start + size + length])
            start += size + length
        del buffer[:start]
