"""The judge: knows the handlers by their facts, and turns an ending into a settlement."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Final

import msgspec

from headway.model.claim import Claim
from headway.model.clock import MICROSECOND
from headway.model.errors import OptionInvalid
from headway.model.gate import HandlerGate
from headway.model.handler import HandlerInfo, OnInterrupt, Overrides, RunIn, read_overrides
from headway.model.outcome import Budget, Ending, EndKind, Settlement, completed, decide
from headway.model.retry import Backoff, Exponential

_DELAYED: Final = frozenset({EndKind.RAISED, EndKind.TIMED_OUT})

_RETURNED: Final = EndKind.RETURNED


@dataclass(frozen=True, slots=True)
class Names:
    """The names a worker can claim, by where they run."""

    host: frozenset[str]
    child: frozenset[str]

    @property
    def every(self) -> tuple[str, ...]:
        """All of them, in order."""
        return tuple(sorted(self.host | self.child))


class Judge:
    """Decides what an ending makes of a job, without the handler's code."""

    def __init__(self, infos: Iterable[HandlerInfo], *, draw: Callable[[], float] = random.random) -> None:
        """Know these handlers."""
        self._infos: dict[str, HandlerInfo] = {}
        """All that were ever known: what runs is judged by them also when nothing more is claimed for them."""
        self._known = frozenset[str]()
        self._lacking = frozenset[str]()
        self._draw = draw
        self.names = Names(frozenset(), frozenset())
        self.learn(infos)

    def learn(self, infos: Iterable[HandlerInfo]) -> None:
        """Know these too."""
        names = self._enter(infos)
        self._count(self._known | names, self._lacking - names)

    def know(self, infos: Iterable[HandlerInfo]) -> None:
        """Know these, and no others any more."""
        names = self._enter(infos)
        self._count(names, self._lacking - (names - self._known))

    def lack(self, names: frozenset[str]) -> None:
        """No child process can find these: process jobs of that name are not claimed, and suspects run in a host."""
        self._count(self._known, self._lacking | names)

    def runs_in_child(self, claim: Claim) -> bool:
        """Process jobs, and suspects: those that were running in a process that died with several inside."""
        info = self._infos.get(claim.name)
        if claim.suspect > 0 and claim.name not in self._lacking:
            return True
        return info is not None and info.run_in is RunIn.PROCESS

    @property
    def limits(self) -> tuple[HandlerGate, ...]:
        """What bounds jobs of the handlers that can be claimed, over all workers."""
        every = {info.name: info for name, info in self._infos.items() if name in self._known}
        return tuple(gate for info in every.values() if (gate := info.gate) is not None)

    def _enter(self, infos: Iterable[HandlerInfo]) -> frozenset[str]:
        new = {name: info for info in infos for name in (info.name, *info.aliases)}
        self._infos.update(new)
        return frozenset(new)

    def _count(self, known: frozenset[str], lacking: frozenset[str]) -> None:
        self._known, self._lacking = known, lacking
        child = frozenset(name for name in known if self._infos[name].run_in is RunIn.PROCESS)
        self.names = Names(host=known - child, child=child - lacking)

    def settlement(self, claim: Claim, ending: Ending) -> Settlement:
        """What the store shall write."""
        if ending.kind is _RETURNED:
            return completed(ending, claim.tries, claim.crashes)
        info = self._infos.get(claim.name)
        overrides = read_overrides(claim.options)
        if ending.delay_us is None and ending.kind in _DELAYED:
            ending = msgspec.structs.replace(ending, delay_us=self._delay_us(info, overrides, claim.tries + 1))
        return decide(_budget(claim, info, overrides), ending)

    def _delay_us(self, info: HandlerInfo | None, overrides: Overrides, failures: int) -> int:
        text = overrides.backoff if isinstance(overrides.backoff, str) else (info.backoff if info else None)
        try:
            backoff: Backoff = Exponential() if text is None else Backoff.from_json(text)
        except OptionInvalid:  # of a newer writer
            backoff = Exponential()
        return backoff.delay(failures, self._draw()) // MICROSECOND


def _budget(claim: Claim, info: HandlerInfo | None, overrides: Overrides) -> Budget:
    retries_timeouts = overrides.retry_on_timeout
    if retries_timeouts is msgspec.UNSET:
        retries_timeouts = True if info is None else info.retry_on_timeout
    interrupt_fails = claim.interrupt_fails or overrides.on_interrupt is OnInterrupt.FAIL
    return Budget(
        tries=claim.tries,
        crashes=claim.crashes,
        retries=claim.retries,
        interrupt_fails=interrupt_fails,
        timeout_retries=bool(retries_timeouts),
        timeout_cancels=info is not None and info.timeout_cancels,
    )
