"""What random lives of jobs stand on: a store of their own, which is drained and found healthy at the end."""

import shutil
import tempfile
from pathlib import Path

from hypothesis.stateful import RuleBasedStateMachine

from tests.conformance.owned_clock import OwnedClock
from tests.conformance.places import Kind
from tests.conformance.world import World


class StoreLives(RuleBasedStateMachine):
    """One store; `drain` lets what is left run, whatever was done."""

    kind: Kind

    def __init__(self) -> None:
        super().__init__()
        self.folder = Path(tempfile.mkdtemp(prefix="headway-lives-"))
        self.clock = OwnedClock()
        self.world = World(store=self.kind.open(self.folder, self.clock), clock=self.clock)
        self.born = 0

    def drain(self) -> None:
        raise NotImplementedError

    def teardown(self) -> None:
        try:
            self.drain()
            self.world.healthy()
        finally:
            self.world.store.close()
            shutil.rmtree(self.folder)

    def register(self) -> tuple[str, int]:
        self.born += 1
        uid = f"node-{self.born}"
        return uid, self.world.node(uid)
