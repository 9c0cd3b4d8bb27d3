"""What people do to schedules. Repeated, as everything, where no answer came."""

from __future__ import annotations

from random import Random
from typing import TYPE_CHECKING, Final

from tests.simulator.flow import SECOND_US
from tests.simulator.recurring import APP, revised

if TYPE_CHECKING:
    from headway.model.schedule import Definition
    from tests.simulator.user import User

BY: Final = "ann"
FORCE_RATE: Final = 0.3
FOR_GOOD_RATE: Final = 0.2
BACK_RATE: Final = 0.7
SILENT_US: Final = (300_000, 12 * SECOND_US)
PUT_US: Final = 4 * SECOND_US


class Operating:
    """The part of a user that knows schedules by their names."""

    def __init__(self, user: User) -> None:
        self._user = user
        self._world = user.world

    def begin(self) -> None:
        """Keep in the store what is to be kept there."""
        for name, one in self._world.agenda.put.items():
            draw = Random(f"{self._world.script.seed} puts {name}")
            self._world.after(draw.randrange(PUT_US), None, lambda one=one, draw=draw: self.put(one, draw))

    def put(self, definition: Definition, draw: Random) -> None:
        """Create it, or change it."""
        operation = self._user.store.put_schedule(definition, by=BY)
        self._user.ask(f"put {definition}", lambda: operation, _nothing, draw)

    def change(self, name: str, draw: Random) -> None:
        """Of one that people keep there, say something else."""
        changed = revised(self._world.agenda.put[name], draw)
        self._world.agenda.put[name] = changed
        self.put(changed, draw)

    def trigger(self, draw: Random) -> None:
        """Run one by hand."""
        name, force = draw.choice(self._world.agenda.names), draw.random() < FORCE_RATE
        words = f"trigger {name}{' by force' if force else ''}"
        store = self._user.store
        self._user.ask(words, lambda: store.trigger(APP, name, by=BY, force=force), _nothing, draw)

    def silence(self, draw: Random) -> None:
        """Pause one, and resume it later."""
        name = draw.choice(self._world.agenda.names)
        store = self._user.store
        self._user.ask(f"pause {name}", lambda: store.pause_schedule(APP, name, by=BY), _nothing, draw)
        self._world.after(draw.randrange(*SILENT_US), None, lambda: self.resume(name, draw))

    def resume(self, name: str, draw: Random) -> None:
        store = self._user.store
        self._user.ask(f"resume {name}", lambda: store.resume_schedule(APP, name), _nothing, draw)

    def silence_all(self, draw: Random) -> None:
        """Pause all, and resume them later."""
        self.pause_all(draw)
        self._world.after(draw.randrange(*SILENT_US), None, lambda: self.resume_all(draw))

    def pause_all(self, draw: Random) -> None:
        store = self._user.store
        self._user.ask("pause all schedules", lambda: store.pause_scheduler(APP, by=BY), _nothing, draw)

    def resume_all(self, draw: Random) -> None:
        store = self._user.store
        self._user.ask("resume all schedules", lambda: store.resume_scheduler(APP), _nothing, draw)

    def remove(self, draw: Random) -> None:
        """What is in the code comes back with a node that starts, if it was not removed for good; the other is put again."""
        name, for_good = draw.choice(self._world.agenda.names), draw.random() < FOR_GOOD_RATE
        words = f"remove {name}{' for good' if for_good else ''}"
        store = self._user.store
        self._user.ask(words, lambda: store.remove_schedule(APP, name, by=BY, for_good=for_good), _nothing, draw)
        if name in self._world.agenda.put and draw.random() < BACK_RATE:
            again = self._world.agenda.put[name]
            self._world.after(draw.randrange(*SILENT_US), None, lambda: self.put(again, draw))

    def mend(self, names: list[str], *, scheduler: bool) -> None:
        """In the end: let these fire again, and all of them."""
        if scheduler:
            self.resume_all(Random(0))
        for name in names:
            self.resume(name, Random(0))


def _nothing(_answer: object) -> None:
    """Nobody needs it."""
