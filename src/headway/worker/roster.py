"""The roster: which schedules this node's code has, and whether the store has been told."""

from __future__ import annotations

import logging
import threading
from collections.abc import Iterator, Sequence
from itertools import chain
from typing import Final

from headway.model.schedule import Definition, Managed
from headway.store.protocol import Store
from headway.store.scheduling import Declared
from headway.worker.node import Node

log = logging.getLogger("headway.worker")

NAMES_SHOWN: Final = 10


class Roster:
    """Tells the store at the start, when more are declared, and after the node had to take a new identity. Thread-safe.

    A schedule that this process once knew stays declared for the node's life: a host that is replaced and has not yet
    come to the line that declares it must not make it fall silent. What this process has told the store before is no
    news when it is told again: code that came after it stays, as long as a node lives that has it.
    """

    def __init__(self, store: Store, node: Node, app: str, definitions: Sequence[Definition] = ()) -> None:
        """Nothing is told yet."""
        self._store = store
        self._node = node
        self._app = app
        self._lock = threading.Lock()
        self._saying = threading.Lock()
        self._known = {one.name: one for one in definitions}
        self._changes = 0
        self._said: tuple[int, int] | None = None
        """As which node, after how many changes."""
        self._told: dict[str, Definition] = {}
        """What the store took note of, from any node that this process was."""
        self._orphans: set[str] = set()
        """Those that people were told of."""

    def learn(self, definitions: Sequence[Definition]) -> None:
        """These are declared too; of two with one name the later one counts."""
        with self._lock:
            merged = self._known | {one.name: one for one in definitions}
            if merged != self._known:
                self._known = merged
                self._changes += 1

    @property
    def is_said(self) -> bool:
        """Whether the store knows of all of them."""
        with self._lock:
            return self._said == (self._node.id, self._changes)

    @property
    def node_id(self) -> int:
        """As whom it speaks."""
        return self._node.id

    @property
    def is_empty(self) -> bool:
        """Whether no schedule is declared."""
        with self._lock:
            return not self._known

    def say(self) -> None:
        """Tell the store, if there is anything it was not told; with none of its own, only where the app has others'."""
        with self._saying:
            with self._lock:
                as_of, known = (self._node.id, self._changes), tuple(self._known.values())
                if self._said == as_of:
                    return
            if known or self._has_others():
                declared = self._declare(known, as_of[0])
                _tell(declared, known, again=bool(self._told))
                self.note_orphans([*self._orphans, *declared.orphaned])
            with self._lock:
                self._said = as_of
                self._told.update((one.name, one) for one in known)

    def forget(self) -> None:
        """All of it is to be said again: some was changed by code that no node has any more."""
        with self._lock:
            self._said = None

    def note_orphans(self, names: Sequence[str], *, silently: bool = False) -> None:
        """These schedules of the app are orphans, all of them: those that were none before are told."""
        fresh = sorted(set(names) - self._orphans)
        self._orphans = set(names)
        if fresh and not silently:
            _warn_of_orphans(fresh)

    def give_up(self) -> None:
        """The store refuses what there is to say: say it again only with what comes next."""
        with self._lock:
            self._said = (self._node.id, self._changes)

    def _declare(self, known: Sequence[Definition], node_id: int) -> Declared:
        """All steps as one; they are many only when thousands are new."""
        again = frozenset(one.name for one in known if self._told.get(one.name) == one)
        operation = self._store.declare(self._app, known, node_id=node_id, again=again)
        steps = [self._store.call(operation)]
        while steps[-1].more:
            steps.append(self._store.call(operation))
        return Declared(
            added=tuple(chain.from_iterable(one.added for one in steps)),
            changed=tuple(chain.from_iterable(one.changed for one in steps)),
            returned=tuple(chain.from_iterable(one.returned for one in steps)),
            orphaned=steps[-1].orphaned,
            kept=steps[-1].kept,
        )

    def _has_others(self) -> bool:
        reader = self._store.reader
        return bool(reader.call(reader.schedules(app=self._app, limit=1)))


def _tell(declared: Declared, definitions: Sequence[Definition], *, again: bool) -> None:
    known = len(definitions)
    changes = tuple(_changes(declared))
    if changes or (known and not again):
        said = f"registered {known} {'schedule' if known == 1 else 'schedules'}"
        log.info("%s", f"{said}: {', '.join(changes)}" if changes else said)
    untaken = [one.name for one in definitions if one.name in declared.kept and one.managed is Managed.CODE]
    if untaken and not again:
        log.warning(
            "what the code says of %s is not taken: the store manages it, or it was removed for good; to let the code "
            "manage it again: headway recurring remove NAME --yes, then restart a worker (or, where it was removed for "
            "good, headway recurring resume NAME)",
            few(untaken),
        )


def _warn_of_orphans(names: Sequence[str]) -> None:
    """Say that these fire no more."""
    log.warning(
        "no worker's code declares %s any more: no run of theirs starts until it does (headway recurring remove "
        "forgets them)",
        few(names),
    )


def _changes(declared: Declared) -> Iterator[str]:
    for names, word in (
        (declared.added, "new"),
        (declared.changed, "changed"),
        (declared.returned, "back"),
        (declared.kept, "kept as the store has them"),
    ):
        if names:
            yield f"{len(names)} {word} ({few(names)})"


def few(names: Sequence[str]) -> str:
    """The first names, and how many more there are."""
    more = len(names) - NAMES_SHOWN
    return ", ".join(names[:NAMES_SHOWN]) + (f" and {more} more" if more > 0 else "")
