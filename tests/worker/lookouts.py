"""What the parts of a worker look through, for tests of one part."""

from headway.worker.lookout import Lookout
from tests.conformance.world import World


def lookout(world: World) -> Lookout:
    """Over a store of conformance tests."""
    return Lookout(world.store, "default", world.clock, lease_us=30_000_000)
