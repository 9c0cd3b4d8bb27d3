"""A handler: the function or command class that does the work, with the defaults its jobs start from."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import timedelta
from enum import StrEnum
from typing import TYPE_CHECKING, Any, Final

import msgspec

from headway.model.errors import HandlerRefused
from headway.model.gate import HandlerGate
from headway.model.rate import Window

if TYPE_CHECKING:
    from headway.model.codec import Codec
    from headway.model.rate import Rate
    from headway.model.retry import Backoff
    from headway.model.signature import Signature

RETRIES_DEFAULT: Final = 2
TIMEOUT_DEFAULT: Final = timedelta(minutes=10)
GRACE_DEFAULT: Final = timedelta(seconds=5)
"""How long a body may take to react to its stop before it is killed or written off."""


class RunIn(StrEnum):
    """Where a handler's body runs."""

    LOOP = "loop"
    """On the host's event loop: the default for `async def`."""
    THREAD = "thread"
    """On one of the host's threads: the default for `def`."""
    PROCESS = "process"
    """Alone in a child process that can be killed."""


class OnInterrupt(StrEnum):
    """What becomes of a job whose process died."""

    RETRY = "retry"
    FAIL = "fail"


class Overrides(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True, forbid_unknown_fields=False):
    """The options of a call that execution needs and that differ from the handler's: stored as JSON with the job."""

    timeout_us: int | msgspec.UnsetType | None = msgspec.UNSET
    """None switches the time-out off."""
    backoff: str | msgspec.UnsetType = msgspec.UNSET
    """JSON of a Backoff (model/retry.py)."""
    grace_us: int | msgspec.UnsetType = msgspec.UNSET
    on_interrupt: OnInterrupt | msgspec.UnsetType = msgspec.UNSET
    retry_on_timeout: bool | msgspec.UnsetType = msgspec.UNSET
    store_result: bool | msgspec.UnsetType = msgspec.UNSET
    strict_result: bool | msgspec.UnsetType = msgspec.UNSET


NO_OVERRIDES: Final = Overrides()
_OVERRIDES: Final = msgspec.json.Decoder(Overrides)


def read_overrides(text: str | None) -> Overrides:
    """The call's own options; what cannot be read counts as none, so that a newer writer does not stop an older worker."""
    if text is None:
        return NO_OVERRIDES
    try:
        return _OVERRIDES.decode(text)
    except msgspec.MsgspecError:
        return NO_OVERRIDES


class HandlerInfo(msgspec.Struct, frozen=True, array_like=True):
    """What the worker's engine must know of a handler, without its code: reported by a host over its pipe."""

    name: str
    aliases: tuple[str, ...]
    run_in: RunIn
    queue: str
    timeout_us: int | None
    grace_us: int
    backoff: str
    """JSON of a Backoff; the default exponential one where the handler computes its own."""
    on_interrupt: OnInterrupt
    retry_on_timeout: bool
    timeout_cancels: bool
    max_concurrency: int | None = None
    rate: Window | None = None

    @property
    def gate(self) -> HandlerGate | None:
        """What bounds its jobs over all workers, if anything does."""
        if self.max_concurrency is None and self.rate is None:
            return None
        return HandlerGate((self.name, *self.aliases), self.max_concurrency, self.rate)


class Owner:
    """The class whose method a handler is. While the body of that class is being run, it is not there yet."""

    __slots__ = ("cls", "takes_class")

    def __init__(self, cls: type | None, *, takes_class: bool = False) -> None:
        self.cls = cls
        self.takes_class = takes_class
        """A class method: it is called on the class, and no instance is made."""

    def found(self, method: str) -> type:
        """The class; HandlerRefused if it never came to be."""
        if self.cls is None:
            raise HandlerRefused(
                f"{method} is a method, and its class is not there: decorate it with @jobs.job in its class, "
                "or register it with of=<the class>"
            )
        return self.cls


@dataclass(frozen=True, slots=True, kw_only=True)
class Handler:
    """One registered handler."""

    name: str
    """Stable, unique within its `Jobs`; what the store holds."""
    aliases: tuple[str, ...] = ()
    """Older names under which stored jobs still find it."""
    target: Callable[..., Any]
    """The function, or the command class."""
    is_async: bool
    is_command: bool = False
    """Not called as it is: `target` is a class, whose `run` (or `execute`) is called on a new instance per attempt, or a method."""
    owner: Owner | None = None
    """`target` is a method: a new instance of this class per attempt, on which it is called."""
    takes_context: bool = False
    """The first parameter is the Context."""
    signature: Signature
    codec: Codec
    run_in: RunIn
    queue: str = "default"
    priority: int = 0
    retries: int = RETRIES_DEFAULT
    backoff: Backoff
    backoff_call: Callable[[int], timedelta] | None = None
    """A handler's own computation; wins over `backoff`; called where user code runs."""
    timeout: timedelta | None = TIMEOUT_DEFAULT
    grace: timedelta = GRACE_DEFAULT
    retry_on_timeout: bool = True
    timeout_cancels: bool = False
    on_interrupt: OnInterrupt = OnInterrupt.RETRY
    retry_on: tuple[type[BaseException], ...] = ()
    """If given, only these (and subclasses) are retried."""
    no_retry_on: tuple[type[BaseException], ...] = ()
    """Never retried."""
    should_retry: Callable[..., bool] | None = None
    """`should_retry(ctx, exception) -> bool`; asked last."""
    store_result: bool = True
    strict_result: bool = False
    """A result that cannot be stored fails the job."""
    result_type: Any = Any
    tags: tuple[str, ...] = ()
    worker: str | None = None
    """The named worker on which all its jobs run."""
    concurrency_key: str | None = None
    concurrency_limit: int | None = None
    key_rate: Rate | None = None
    unique_key: str | None = None
    unique_for: timedelta | None = None
    on_duplicate: str = "return"
    redact: tuple[str, ...] = field(default=())
    """Argument names that pages, logs and errors mask."""
    max_concurrency: int | None = None
    """How many of its jobs may run at once, over all workers."""
    rate_limit: Rate | None = None
    """How many of its jobs may start in a span, over all workers."""

    @property
    def module(self) -> str:
        """Where it is registered, as far as its code tells."""
        cls = None if self.owner is None else self.owner.cls
        return str((self.target if cls is None else cls).__module__)

    def info(self) -> HandlerInfo:
        """The part that needs no code."""
        return HandlerInfo(
            name=self.name,
            aliases=self.aliases,
            run_in=self.run_in,
            queue=self.queue,
            timeout_us=None if self.timeout is None else self.timeout // timedelta(microseconds=1),
            grace_us=self.grace // timedelta(microseconds=1),
            backoff=self.backoff.to_json(),
            on_interrupt=self.on_interrupt,
            retry_on_timeout=self.retry_on_timeout,
            timeout_cancels=self.timeout_cancels,
            max_concurrency=self.max_concurrency,
            rate=None if self.rate_limit is None else self.rate_limit.window,
        )
