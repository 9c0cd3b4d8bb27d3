import pytest
from msgspec.structs import replace

from headway.store.protocol import NodeRow
from headway.view import alive
from tests.view.rows import NOW_US, SECOND

NODE = NodeRow(
    id=1, uid="u", app="default", host="here", pid=7, version="1", state="active", started_us=NOW_US - SECOND,
    seen_us=NOW_US - SECOND, queues=None, names=(), concurrency=8, running=0,
)  # fmt: skip
LONG_US = alive.SILENT_US + SECOND


@pytest.mark.parametrize(
    ("changes", "gone", "said"),
    [
        ({}, (), "active"),
        ({}, ("v",), "active"),
        ({}, ("u",), "gone"),
        ({"state": "draining"}, ("u",), "gone"),
        ({"state": "left"}, ("u",), "left"),
        ({"state": "dead"}, ("u",), "dead"),
        ({"seen_us": NOW_US - LONG_US}, (), "active"),
        ({"host": "there"}, (), "active"),
        ({"host": "there", "seen_us": NOW_US - LONG_US}, (), "gone"),
    ],
    ids=str,
)
def test_a_node_at_work_whose_process_is_gone_or_that_is_silent_elsewhere_is_gone(changes, gone, said):
    (seen,) = alive.as_seen((replace(NODE, **changes),), gone=gone, host="here", now_us=NOW_US)
    assert seen.state == said
    assert seen == replace(NODE, **changes | {"state": said})
