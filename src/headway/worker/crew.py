"""The crew: the runners of one worker, and which of them gets which claim."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from typing import Protocol

from headway.model.claim import Claim
from headway.model.event import JobEvent
from headway.model.handler import HandlerInfo
from headway.run.runner import Batch, Deliver, Runner
from headway.worker.ledger import Flight


class Alone(Runner, Protocol):
    """The runner for attempts that run alone; its processes outlive what the application registers."""

    lacking: Callable[[frozenset[str]], None]
    """Told of names that none of its processes knows."""

    def learn(self, infos: Iterable[HandlerInfo], modules: Sequence[str] = ()) -> None:
        """These were registered late; its next processes import those modules."""
        ...


class Crew:
    """Hosts (at least one) for many attempts each, and a pool of children for attempts that run alone."""

    def __init__(
        self,
        hosts: Sequence[Runner],
        pool: Alone | None,
        *,
        runs_in_child: Callable[[Claim], bool],
        hosts_near: bool = False,
    ) -> None:
        """`pool` may be missing where no child process could import the application; its jobs then run in a host.

        `hosts_near` says that the hosts are in this process: giving them something waits for nobody.
        """
        self._hosts_near = hosts_near
        self._hosts = tuple(hosts)
        self._pool = pool
        self._runs_in_child = runs_in_child
        self._given: dict[int, int] = dict.fromkeys(range(len(self._hosts)), 0)

    def start(self, deliver: Deliver) -> None:
        """Start all; each tells its news through `deliver`."""
        for index, host in enumerate(self._hosts):
            host.start(self._counting(index, deliver))
        if self._pool is not None:
            self._pool.start(deliver)

    def is_near(self, claims: Sequence[Claim]) -> bool:
        """Whether all of these would be given to hosts in this process."""
        return self._hosts_near and (self._pool is None or not any(map(self._runs_in_child, claims)))

    def assign(self, claims: Sequence[Claim]) -> list[tuple[Runner, list[Flight]]]:
        """Children for those that must be alone; the others evenly over the hosts, in one batch each."""
        alone: list[Flight] = []
        shares: defaultdict[int, list[Flight]] = defaultdict(list)
        able = self._able_hosts()
        for claim in claims:
            if self._pool is not None and self._runs_in_child(claim):
                alone.append(Flight(claim, self._pool, in_child=True))
            else:
                index = able[0] if len(able) == 1 else min(able, key=self._given.__getitem__)
                self._given[index] += 1
                shares[index].append(Flight(claim, self._hosts[index], in_child=False))
        found: list[tuple[Runner, list[Flight]]] = [(self._hosts[index], share) for index, share in shares.items()]
        if alone and self._pool is not None:
            found.append((self._pool, alone))
        return found

    def learn(self, infos: Sequence[HandlerInfo], modules: Sequence[str]) -> None:
        """Handlers came late: children that do not know them make way when a job wants one."""
        if self._pool is not None:
            self._pool.learn(infos, modules)

    def on_lacking(self, lacking: Callable[[frozenset[str]], None]) -> None:
        """Have told which handlers no child knows; before `start`."""
        if self._pool is not None:
            self._pool.lacking = lacking

    def able(self) -> tuple[bool, bool]:
        """Whether hosts, and whether children, can be started at all; what cannot run here is left to others."""
        hosts = any(host.can_start for host in self._hosts)
        return hosts, hosts if self._pool is None else self._pool.can_start

    def tell(self, events: Sequence[JobEvent]) -> None:
        """The first host tells the hooks of all: children come and go with their jobs."""
        self._hosts[0].tell(events)

    def release(self) -> None:
        """Everybody gives back what has not started."""
        for runner in self._everybody():
            runner.release()

    def close(self, grace_s: float) -> None:
        """Everybody stops; the last resort first asks, then cuts off."""
        for runner in self._everybody():
            runner.close(grace_s)

    def _everybody(self) -> tuple[Runner, ...]:
        return self._hosts if self._pool is None else (*self._hosts, self._pool)

    def _able_hosts(self) -> list[int]:
        """Those that can start a body now; all of them if none can."""
        return [index for index, host in enumerate(self._hosts) if host.can_start] or list(self._given)

    def _counting(self, index: int, deliver: Deliver) -> Deliver:
        if len(self._hosts) == 1:
            return deliver

        def counted(batch: Batch) -> None:
            self._given[index] -= len(batch.endings)
            deliver(batch)

        return counted
