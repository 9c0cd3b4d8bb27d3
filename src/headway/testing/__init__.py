"""For tests of an application: record what it enqueues, run its jobs by hand, or run them at once; time is the test's."""

from headway.testing.batch import SentBatch
from headway.testing.clock import FakeClock
from headway.testing.inline import inline
from headway.testing.manual import manual
from headway.testing.outcome import Drained, Outcome
from headway.testing.recording import Sent, recording
from headway.testing.world import World

__all__ = ["Drained", "FakeClock", "Outcome", "Sent", "SentBatch", "World", "inline", "manual", "recording"]
