"""What PostgreSQL says to the statements: it takes each, and for the hot ones it goes by the index that is there for them."""

import json
import re
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any, Final

import psycopg
import pytest

from headway.store.postgres.connect import Connection, connect
from headway.store.postgres.place import parse_postgres
from headway.store.postgres.prepared import HOT as PREPARED
from headway.store.postgres.prepared import SETTINGS, texts
from headway.store.postgres.statements import TEXTS, statements
from headway.store.sqlite.statements import SQL
from headway.store.verbs.statements import SHARED
from tests.postgres.databases import database_of, drop_databases

SCHEMA: Final = "headway"
FILES_ONLY: Final = frozenset(
    {
        "claim_jobs",
        "insert_next_job",
        "claimed_jobs",
        "main_file",
        "forget_purged",
        "purged_jobs",
        "remember_purged",
        "seal_month",
        "sealed_months",
        "strays",
        "unseal_month",
    }
)
"""Of an archive that is in files: which are sealed, and what in them is deleted. Which file a connection of a caller's has open. And the
two halves of what is one statement on a server."""

IDS: Final = "[1, 2, 3]"
TEXT_LIST: Final = '["a", "b\\"c"]'
PAIRS: Final = '[["default", "a"], ["other", "b"]]'
CELLS: Final = '[[60, 0, "default", "a", "default", "completed"]]'

LISTS: Final = {
    "ids": IDS,
    "instants": IDS,
    "parents": IDS,
    "dead": TEXT_LIST,
    "gone": TEXT_LIST,
    "names": TEXT_LIST,
    "keys": PAIRS,
    "lanes": PAIRS,
    "refs": PAIRS,
}
SPECIAL: Final = {
    ("figures_at", "keys"): CELLS,
    ("batch_outcomes", "names"): PAIRS,
    ("insert_node", "limits"): '[[["a"], 3, [2, 1000000]]]',
    ("ticks_at", "instants"): "[[1, 1000, 0], [2, 2000, 1]]",
    ("change_schedule", "digest"): b"1",
    ("insert_schedule", "digest"): b"1",
    ("name_node", "limits"): '[[["a"], 3, [2, 1000000]]]',
    ("needs_batch", "jobs"): IDS,
    ("payloads_of", "longest"): 100,
}
WORDS: Final = frozenset(
    {
        *(
            "actor",
            "after_app",
            "after_name",
            "app",
            "apps",
            "blocked",
            "boot_id",
            "by",
            "cancel_by",
            "code",
            "created_by",
        ),
        *(
            "definition",
            "digest",
            "error",
            "first_app",
            "gate",
            "host",
            "key",
            "kind",
            "lane",
            "last_app",
            "limits",
            "links",
        ),
        *(
            "managed",
            "message",
            "month",
            "name",
            "old_links",
            "old_payload",
            "on_finish",
            "on_success",
            "outcome",
            "password",
        ),
        *("payload", "permissions", "queue", "queues", "reason", "ref_id", "result", "run", "state", "stats", "status"),
        *("new_server", "old_server", "schema"),
        *("subject", "subject_id", "tenant", "uid", "unique_key", "user", "value", "version", "wait", "was"),
    }
)
BYTES: Final = frozenset({"timing"})
FLAGS: Final = frozenset(
    {"active", "is_batch", "keeps_look", "keeps_pause", "shielded", "take_lapsed", "telling", "unread"}
)
ORDERED: Final = {
    "store_results": ["bigint", "text"],
    "note_success": ["bigint"] * 2,
    "move_schedule": ["bigint"] * 9,
    "insert_whole_job": [*["text"] * 5, *["bigint"] * 4, "text"],
}
"""What stands for the question marks of those that do not simply insert or set one column after the other."""
MAYBE: Final = frozenset(
    {
        *(
            "app",
            "batch",
            "by",
            "cancel_at",
            "cancel_by",
            "code",
            "created_by",
            "due_at",
            "error",
            "expected",
            "finish_job",
        ),
        *(
            "finished_at",
            "key",
            "lane",
            "limits",
            "links",
            "message",
            "name",
            "next",
            "next_at",
            "old_links",
            "on_finish",
        ),
        *("on_success", "opens_at", "outcome", "parent", "password", "queue", "queues", "reason", "run", "run_longest"),
        *(
            "span",
            "starts",
            "stats",
            "status",
            "success_job",
            "tenant",
            "unique_key",
            "wait",
            "wait_longest",
            "fraction",
            "actor",
        ),
    }
)
"""Parameters that are NULL where somebody did not say: so they have no type of their own."""

_COMMENT: Final = re.compile(r"^\s*--.*$", re.MULTILINE)
_NAMED: Final = re.compile(r"(?<![:\w]):([a-z_][a-z0-9_]*)")
_INSERTED: Final = re.compile(r"INSERT INTO (\w+)\s*\(([^()]*)\)\s*VALUES\s*\(([^()]*)\)")
_CHANGED: Final = re.compile(r"(\w+) = \?")


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    folder = tmp_path_factory.mktemp("statements")
    yield folder
    drop_databases(folder)


@pytest.fixture(scope="module")
def connection(folder: Path) -> Iterator[Connection]:
    with closing(connect(parse_postgres(database_of(folder)), what="tests")) as opened:
        yield opened


@pytest.fixture(scope="module")
def types(connection: Connection) -> dict[tuple[str, str], str]:
    """Of every column of every table."""
    found = connection.execute(
        "SELECT table_name, column_name, data_type FROM information_schema.columns WHERE table_schema = %s", [SCHEMA]
    )
    return {(table, column): kind for table, column, kind in found}


def bare(name: str) -> str:
    return _COMMENT.sub("", TEXTS[name])


def named(name: str, *, nulls: bool) -> dict[str, Any]:
    """A value for each parameter of the statement."""
    values: dict[str, Any] = {}
    for one in _NAMED.findall(bare(name)):
        if nulls and one in MAYBE:
            values[one] = None
        elif (name, one) in SPECIAL:
            values[one] = SPECIAL[name, one]
        elif one in LISTS:
            values[one] = LISTS[one]
        elif one in WORDS:
            values[one] = "completed" if one in {"state", "outcome"} else "a"
        elif one in BYTES:
            values[one] = b"1"
        elif one in FLAGS:
            values[one] = True
        elif one == "fraction":
            values[one] = 0.5
        else:
            values[one] = 7
    return values


def in_order(name: str, types: dict[tuple[str, str], str]) -> list[Any]:
    """A value for each question mark, as the column has it that it goes to."""
    samples = {"bigint": 7, "smallint": 1, "bytea": b"1", "double precision": 0.5, "text": "[]"}
    text = bare(name)
    kinds: list[str] = []
    if name in ORDERED:
        kinds = ORDERED[name]
    elif found := _INSERTED.search(text):
        columns = [column.strip() for column in found[2].split(",")]
        marks = [mark.strip() for mark in found[3].split(",")]
        kinds = [types[found[1], column] for column, mark in zip(columns, marks, strict=True) if mark == "?"]
    else:
        table = text.split()[1]
        kinds = [types[table, column] for column in _CHANGED.findall(text)]
    assert len(kinds) == text.count("?"), name
    return [samples[kind] for kind in kinds]


@pytest.mark.parametrize("nulls", [False, True], ids=["given", "left out"])
@pytest.mark.parametrize("name", sorted(TEXTS))
def test_the_server_takes_every_statement(
    connection: Connection, types: dict[tuple[str, str], str], name: str, nulls: bool
) -> None:
    values = in_order(name, types) if "?" in bare(name) else named(name, nulls=nulls)
    text = statements(SCHEMA)[name]
    with connection.transaction(force_rollback=True):
        if nulls:  # a row that has to have them would be refused; that is not what is asked
            text = f"EXPLAIN {text}"
        elif name == "put_record":
            connection.execute(f"CREATE TABLE {SCHEMA}.part PARTITION OF {SCHEMA}.headway_record DEFAULT".encode())
        connection.execute(text.encode(), values)


def test_every_statement_of_the_verbs_is_there_in_both_stores() -> None:
    assert set(SQL) - set(TEXTS) == FILES_ONLY
    assert set(SHARED) <= set(TEXTS)


NODES: Final = 20
SEED_NODES: Final = f"""
INSERT INTO headway.headway_node
    (uid, app, host, pid, version, state, started_at, seen_at, boot_id, lease_boot, names, concurrency, shielded)
SELECT 'n' || n, 'default', 'h', n, '1', 'active', 1, 1, 'b', 1000000, '["name-0"]', 10, 0 FROM generate_series(1, {NODES}) AS n
"""
SEED_JOBS: Final = f"""
INSERT INTO headway.headway_job (app, ref_id, name, queue, state, priority, due_at, created_at, retries, finished_at, expires_at,
    node_id, started_at)
SELECT 'default', 'r' || n, 'name-' || n % 3, 'queue-' || n % 4, s.state, n % 5, n, n, 3,
    CASE WHEN s.state = 'completed' THEN n END, CASE WHEN n % 50 = 7 THEN n END,
    CASE WHEN s.state = 'running' THEN n / 100 % {NODES} + 1 END,
    CASE WHEN s.state IN ('running', 'completed') THEN n END
FROM generate_series(1, 20000) AS n CROSS JOIN LATERAL (SELECT CASE
    WHEN n % 100 < 60 THEN 'completed' WHEN n % 100 < 89 THEN 'queued' WHEN n % 100 < 99 THEN 'scheduled' ELSE 'running'
END AS state) AS s
WHERE (s.state = 'completed') = :ended
"""
SEED_BODIES: Final = "INSERT INTO headway.headway_body (job_id, payload) SELECT id, '{}' FROM headway.headway_job"
GROUPS: Final = 12
"""Queues, times names."""
RUNNING: Final = 200


@pytest.fixture(scope="module", params=["as it is", "as it was when nothing was to do", "not at all"])
def filled(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Connection]:
    """A store with 20 000 jobs in it; the server knows how they are spread, or only how they were, or does not."""
    folder = tmp_path_factory.mktemp("filled")
    with closing(connect(parse_postgres(database_of(folder)), what="tests")) as opened:
        for table in ("headway_job", "headway_body", "headway_node"):
            opened.execute(f"ALTER TABLE {SCHEMA}.{table} SET (autovacuum_enabled = false)".encode())
        opened.execute(SEED_NODES.encode())
        opened.execute(SEED_JOBS.replace(":ended", "true").encode())
        if request.param.startswith("as it was"):
            opened.execute("ANALYZE")
        opened.execute(SEED_JOBS.replace(":ended", "false").encode())
        opened.execute(SEED_BODIES.encode())
        if request.param == "as it is":
            opened.execute("ANALYZE")
        yield opened
    drop_databases(folder)


class Looked:
    """What a statement read of one table."""

    def __init__(self) -> None:
        self.by: set[str] = set()
        """The indexes, or the way without one."""
        self.rows = 0.0
        """Read, those that were then passed over too."""


def look(
    connection: Connection, name: str, values: dict[str, Any], table: str = "headway_job", *, ready: bool = False
) -> Looked:
    """Run it, to no effect, and see what it read. `ready`: as the server keeps it, planned for no values in particular."""
    cursor = psycopg.ClientCursor(connection)
    text = cursor.mogrify(statements(SCHEMA)[name].encode(), values)
    with connection.transaction(force_rollback=True):
        if ready:
            prepare, execute = texts(name, SCHEMA)
            connection.execute(f"{SETTINGS}; DEALLOCATE ALL; {prepare}".encode())
            text = cursor.mogrify(execute, values)
        answer = connection.execute(f"EXPLAIN (ANALYZE, FORMAT JSON) {text}".encode()).fetchall()[0][0]
    plan = answer if isinstance(answer, list) else json.loads(answer)
    looked = Looked()
    _walk(plan[0]["Plan"], table, looked)
    return looked


def _walk(node: dict[str, Any], table: str, looked: Looked) -> None:
    if "Scan" in node["Node Type"] and node.get("Relation Name") == table and node["Actual Loops"]:
        looked.by.add(node.get("Index Name", node["Node Type"]))
        passed_over = node.get("Rows Removed by Filter", 0) + node.get("Rows Removed by Index Recheck", 0)
        looked.rows += (node["Actual Rows"] + passed_over) * node["Actual Loops"]
    for below in node.get("Plans", ()):
        if node["Node Type"] == "Bitmap Heap Scan" and node.get("Relation Name") == table:
            looked.by.discard("Bitmap Heap Scan")
            looked.by.update({below["Index Name"]} if "Index Name" in below else ())
        _walk(below, table, looked)


CLAIM: Final = {"app": "default", "queue": "queue-1", "name": "name-2", "since": 0, "now": 0, "limit": 10, "skip": 0}
FIRST_OPEN: Final = 12_001
"""The first 12 000 jobs have completed."""
SOME: Final = json.dumps([FIRST_OPEN + 40 * n + 39 for n in range(10)])
"""Ten that run: of those that have not ended, each fortieth does."""
SETTLED: Final = {
    **dict.fromkeys(("due_at", "code", "reason", "cancel_at", "cancel_by"), None),
    "state": "failed",
    "finished_at": 9,
    "tries": 0,
    "crashes": 0,
    "suspect": 0,
    "epoch": 0,
}

HOT: Final[dict[str, tuple[dict[str, Any], set[str], float]]] = {
    "ready_groups": ({"app": "default", "since": 0}, {"headway_job_ready", "headway_job_pkey"}, 4 * GROUPS),
    "ready_jobs": (CLAIM, {"headway_job_ready"}, 12),
    "ready_level": ({**CLAIM, "priority": 3}, {"headway_job_ready"}, 11),
    "ready_levels": ({**CLAIM, "below": 9}, {"headway_job_ready", "headway_job_pkey"}, 12),
    "grant_jobs": ({"ids": SOME, "node_id": 1, "now": 1, "floor": 0}, {"headway_job_pkey"}, 10),
    "complete_jobs": ({"ids": SOME, "now": 1}, {"headway_job_pkey"}, 10),
    "held_jobs": ({"ids": SOME}, {"headway_job_pkey"}, 10),
    "fenced_jobs": ({"ids": SOME, "node_id": 1}, {"headway_job_pkey"}, 10),
    "tied_jobs": ({"ids": SOME}, {"headway_job_pkey"}, 10),
    "verdict": ({"id": 99}, {"headway_job_pkey"}, 1),
    "next_due": ({}, {"headway_job_due"}, 1),
    "turn_facts": (
        {"id": 1, "now": 0},
        {"headway_job_due", "headway_job_expiry", "headway_job_running"},
        RUNNING / NODES + 1,
    ),
    "expired_jobs": ({"now": 1_000, "limit": 10}, {"headway_job_expiry"}, 20),
    "stage_jobs": ({"now": 15_000, "limit": 10}, {"headway_job_due", "headway_job_pkey"}, 20),
    "running_of_node": ({"node_id": 3}, {"headway_job_running"}, RUNNING / NODES),
    "beat": (
        {"id": 3, "now": 1, "boot_id": "b", "boot_now": 1, "lease_boot": 9, "silence": 1},
        {"headway_job_running"},
        RUNNING / NODES,
    ),
    "glance": (
        {
            **dict.fromkeys(("lag", "kept", "silence", "step_back"), 1),
            "app": "default",
            "now": 0,
            "boot_now": 0,
            "boot_id": "b",
        },
        {
            *(
                "headway_job_ready",
                "headway_job_due",
                "headway_job_blocked",
                "headway_job_expiry",
                "headway_job_window",
            ),
            *(
                "headway_job_ended",
                "headway_job_unique",
            ),  # no key is held: the index of windows and that of keys are alike
        },
        3,
    ),
    "stops": ({"node_id": 3}, {"headway_job_running"}, RUNNING / NODES),
    "jobs_by_ref": ({"refs": json.dumps([["default", f"r{n}"] for n in range(1, 11)])}, {"headway_job_ref"}, 10),
    "archivable": ({"before": 1_000_000, "limit": 10}, {"headway_job_ended"}, 10),
    "settle_job": ({**SETTLED, "id": FIRST_OPEN + 39}, {"headway_job_pkey"}, 1),
    "close_line": ({"ids": SOME}, {"headway_job_pkey"}, 10),
    "touched_jobs": ({"ids": SOME}, {"headway_job_pkey"}, 10),
    "any_blocked": ({}, {"headway_job_blocked"}, 0),
}


@pytest.mark.parametrize("name", HOT)
def test_a_hot_statement_is_served_by_its_index_and_reads_little_more_than_it_answers(
    filled: Connection, name: str
) -> None:
    values, indexes, rows = HOT[name]
    looked = look(filled, name, values)
    assert looked.by <= indexes
    assert looked.by
    assert looked.rows <= rows


@pytest.mark.parametrize("name", sorted(PREPARED))
def test_what_is_kept_ready_is_served_by_the_same_index_without_knowing_the_values(
    filled: Connection, name: str
) -> None:
    values, indexes, rows = HOT[name]
    looked = look(filled, name, values, ready=True)
    assert looked.by <= indexes
    assert looked.by
    assert looked.rows <= rows


@pytest.fixture(scope="module")
def never_expiring(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Connection]:
    """A store in which much waits and nothing ever expires, which the server knows."""
    folder = tmp_path_factory.mktemp("never")
    with closing(connect(parse_postgres(database_of(folder)), what="tests")) as opened:
        opened.execute(SEED_NODES.encode())
        opened.execute(SEED_JOBS.replace(":ended", "true").encode())
        opened.execute(SEED_JOBS.replace(":ended", "false").encode())
        opened.execute(SEED_BODIES.encode())
        opened.execute(f"UPDATE {SCHEMA}.headway_job SET expires_at = NULL".encode())
        opened.execute("VACUUM ANALYZE")
        yield opened
    drop_databases(folder)


@pytest.mark.parametrize("name", sorted(PREPARED))
def test_what_is_kept_ready_is_not_thought_to_read_a_part_of_the_whole_table(
    never_expiring: Connection, name: str
) -> None:
    """Of a comparison with a value that it does not know the server thinks that it holds for a third of all rows, be the index
    for it empty: among ten million it then reads them all.
    """
    cursor = psycopg.ClientCursor(never_expiring)
    prepare, execute = texts(name, SCHEMA)
    with never_expiring.transaction(force_rollback=True):
        known = _thought(never_expiring, cursor.mogrify(statements(SCHEMA)[name].encode(), HOT[name][0]))
        never_expiring.execute(f"{SETTINGS}; DEALLOCATE ALL; {prepare}".encode())
        unknown = _thought(never_expiring, cursor.mogrify(execute, HOT[name][0]))
    assert unknown <= known * THOUGHT_MORE_MAX + A_FEW_PAGES


THOUGHT_MORE_MAX: Final = 3.0
A_FEW_PAGES: Final = 100.0


def _thought(connection: Connection, text: str) -> float:
    """What the server thinks that it costs."""
    answer = connection.execute(f"EXPLAIN (FORMAT JSON) {text}".encode()).fetchall()[0][0]
    plan = answer if isinstance(answer, list) else json.loads(answer)
    cost: float = plan[0]["Plan"]["Total Cost"]
    return cost


def test_a_job_is_found_by_its_reference_among_many(filled: Connection) -> None:
    looked = look(filled, "jobs_by_ref", {"refs": '[["default", "r4711"], ["default", "nobody"]]'})
    assert looked.by == {"headway_job_ref"}
    assert looked.rows <= 1


@pytest.fixture(scope="module")
def empty(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Connection]:
    """A store with nothing in it, which the server knows."""
    folder = tmp_path_factory.mktemp("empty")
    with closing(connect(parse_postgres(database_of(folder)), what="tests")) as opened:
        opened.execute("VACUUM ANALYZE")
        yield opened
    drop_databases(folder)


@pytest.mark.parametrize("name", sorted(PREPARED))
def test_what_is_made_ready_while_nothing_is_there_will_do_for_much(empty: Connection, name: str) -> None:
    """The plan is kept, and a minute may pass before the server gathers statistics of what has come."""
    prepare, execute = texts(name, SCHEMA)
    text = psycopg.ClientCursor(empty).mogrify(execute, HOT[name][0])
    with empty.transaction(force_rollback=True):
        empty.execute(f"{SETTINGS}; DEALLOCATE ALL; {prepare}".encode())
        plan = "".join(line for (line,) in empty.execute(f"EXPLAIN (COSTS OFF) {text}".encode()).fetchall())
    assert "Index" in plan
    assert not [way for way in ("Seq Scan", "Hash Join", "Merge Join", "Bitmap") if way in plan]
