"""The rules of the house that can be checked. Each is also shown a planted breach, so that none can pass by seeing nothing."""

from collections.abc import Callable, Iterator, Sequence

import pytest

import headway
from tests.tidy import calls, shape, twins, wholes
from tests.tidy.source import Breach, Source, checkout

Rule = Callable[[Sequence[Source]], Iterator[Breach]]

# rule, then pairs of path and text that break it.
PLANTED: tuple[tuple[Rule, tuple[tuple[str, str], ...]], ...] = (
    (
        calls.clock_readings,
        (
            ("src/headway/run/a.py", "import time\nnow = time.monotonic()\n"),
            ("src/headway/run/b.py", "import time as t\nnow = t.time_ns()\n"),
            ("src/headway/run/c.py", "from time import perf_counter\n"),
            ("src/headway/run/d.py", "import datetime\nnow = datetime.datetime.now(datetime.UTC)\n"),
            ("src/headway/run/e.py", "from datetime import datetime as moment\nnow = moment.utcnow()\n"),
            ("src/headway/model/clock.py", "no_longer = 'reads the clock'\n"),
        ),
    ),
    (
        calls.sleeps,
        (
            ("src/headway/run/a.py", "import time\ntime.sleep(1)\n"),
            ("src/headway/run/b.py", "import asyncio\nasync def rest() -> None:\n    await asyncio.sleep(1)\n"),
            ("src/headway/run/c.py", "from asyncio import sleep\n"),
        ),
    ),
    (calls.sleeps_in_tests, (("tests/run/test_a.py", "import time\ntime.sleep(1)\n"),)),
    (calls.prints, (("src/headway/cli/a.py", "print('ready')\n"),)),
    (
        calls.unsafe_code,
        (
            ("src/headway/run/a.py", "import pickle\n"),
            ("src/headway/run/b.py", "from shelve import open\n"),
            ("tests/run/test_c.py", "eval('1 + 1')\n"),
            ("src/headway/run/d.py", "exec('x = 1')\n"),
        ),
    ),
    (
        calls.sql_outside_the_store,
        (
            ("src/headway/view/a.py", "text = 'SELECT id FROM job'\n"),
            ("src/headway/worker/b.py", "text = f'explain INSERT OR IGNORE INTO {1}'\n"),
            ("src/headway/cli/c.py", "text = 'PRAGMA data_version'\n"),
        ),
    ),
    (shape.long_files, (("src/headway/run/a.py", "x = 1\n" * 301),)),
    (shape.vague_modules, (("src/headway/run/utils.py", ""), ("tests/run/helpers.py", ""))),
    (
        shape.busy_inits,
        (
            ("src/headway/run/__init__.py", "def work() -> None: ...\n"),
            ("src/headway/view/__init__.py", "LIMIT = 10\n"),
            ("src/headway/view/__init__.py", "if TYPE_CHECKING:\n    from a import A\nelse:\n    A = 1\n"),
        ),
    ),
    (
        shape.module_state,
        (
            ("src/headway/run/a.py", "registry = {}\n"),
            ("src/headway/run/b.py", "NAMES: Final = ['a']\n"),
            ("src/headway/run/c.py", "seen: set[int] = set()\n"),
            ("src/headway/run/d.py", "import collections\nlast = collections.deque(maxlen=3)\n"),
            ("src/headway/run/e.py", "def install() -> None:\n    global current\n    current = 1\n"),
        ),
    ),
    (wholes.dead_modules, (("src/headway/run/forgotten.py", "x = 1\n"),)),
    (wholes.unused_sql, (("src/headway/store/sqlite/sql/forgotten.sql", "SELECT 1;\n"),)),
    (
        wholes.many_statements,
        (
            ("src/headway/store/sqlite/sql/two.sql", "-- two;\nDELETE FROM a; DELETE FROM b;\n"),
            ("src/headway/store/sqlite/sql/none.sql", "-- nothing here\n"),
        ),
    ),
    (wholes.machine_words, (("docs/a.md", "see /wor" + "k/notes"), ("Makefile", "pip install --index" + "-url x"))),
)

# rule, then files that keep it although they look alike.
INNOCENT: tuple[tuple[Rule, tuple[tuple[str, str], ...]], ...] = (
    (
        calls.clock_readings,
        (
            ("src/headway/model/clock.py", "import time\nnow = time.monotonic()\n"),
            ("src/headway/run/a.py", "def rest(clock: Clock) -> None:\n    clock.now()\n"),
            ("src/headway/run/b.py", "from datetime import datetime\nday = datetime.fromisoformat('2026-01-01')\n"),
        ),
    ),
    (calls.unsafe_code, (("src/headway/run/a.py", "import re\nwords = re.compile('a')\n"),)),
    (
        calls.sql_outside_the_store,
        (
            ("src/headway/view/a.py", '"""SELECT something FROM the list."""\n'),
            ("src/headway/cli/b.py", "text = 'select a queue from the list with --queue'\n"),
            ("src/headway/store/c.py", "text = 'BEGIN IMMEDIATE'\n"),
            ("src/headway/web/d.py", "method = 'DELETE'\n"),
        ),
    ),
    (shape.long_files, (("src/headway/run/a.py", "x = 1\n" * 300),)),
    (
        shape.busy_inits,
        (
            ("src/headway/run/__init__.py", '"""Words."""\nfrom headway.run.a import A\n__all__ = ["A"]\n'),
            (
                "src/headway/__init__.py",
                "if TYPE_CHECKING:\n    from a import A\nelse:\n    from b import find as __getattr__\n",
            ),
        ),
    ),
    (
        shape.module_state,
        (
            ("src/headway/run/a.py", "NAMES: Final = ('a',)\n__all__ = ['NAMES']\n"),
            ("src/headway/run/b.py", "WORDS: Final[Mapping[str, str]] = MappingProxyType({'a': 'b'})\n"),
        ),
    ),
    (
        wholes.dead_modules,
        (
            ("src/headway/run/a.py", "from headway.run import b\n"),
            ("src/headway/run/b.py", "from .c import x\n"),
            ("src/headway/run/c.py", "x = 'headway.run.child'\n"),
            ("src/headway/run/child.py", "from headway.run.a import x\n"),
            ("src/headway/run/__init__.py", ""),
            ("src/headway/cli/main.py", ""),
            ("pyproject.toml", 'headway = "headway.cli.main:main"\n'),
        ),
    ),
    (
        wholes.unused_sql,
        (
            ("src/headway/store/sqlite/sql/claim.sql", "SELECT 1;\n"),
            ("src/headway/store/sqlite/migrations/0001.sql", "SELECT 1; SELECT 2;\n"),
            ("src/headway/store/sqlite/store.py", "statement = load('claim')\n"),
        ),
    ),
    (
        wholes.many_statements,
        (("src/headway/store/sqlite/sql/one.sql", "-- one; two\nSELECT ';' AS \"a;b\"; /* ; */\n"),),
    ),
    (wholes.machine_words, (("docs/a.md", "its /network/ and at\nframe/work/a"),)),
)


@pytest.fixture(scope="module")
def project() -> tuple[Source, ...]:
    return checkout()


def broken(rule: Rule, sources: Sequence[Source]) -> str:
    return "\n".join(sorted(str(breach) for breach in rule(sources)))


def name_of(rule: object) -> str:
    return getattr(rule, "__name__", "")


@pytest.mark.parametrize("rule", [rule for rule, _ in PLANTED], ids=name_of)
def test_the_project_keeps_the_rule(rule: Rule, project: tuple[Source, ...]) -> None:
    if found := broken(rule, project):
        pytest.fail(f"{rule.__doc__}\n{found}", pytrace=False)


@pytest.mark.parametrize(("rule", "plants"), PLANTED, ids=name_of)
def test_the_rule_finds_every_planted_breach(rule: Rule, plants: tuple[tuple[str, str], ...]) -> None:
    for path, text in plants:
        assert broken(rule, [Source(path=path, text=text)]).startswith(f"{path}:"), text


@pytest.mark.parametrize(("rule", "files"), INNOCENT, ids=name_of)
def test_the_rule_leaves_the_innocent_alone(rule: Rule, files: tuple[tuple[str, str], ...]) -> None:
    assert not broken(rule, [Source(path=path, text=text) for path, text in files])


def test_the_walk_sees_the_project_and_nothing_installed(project: tuple[Source, ...]) -> None:
    paths = {source.path for source in project}
    assert {
        "Makefile",
        "pyproject.toml",
        ".ci/run",
        ".gitignore",
        "src/headway/__init__.py",
        "tests/test_tidy.py",
    } <= paths
    assert not [path for path in paths if path.startswith((".venv/", ".git/"))]


def test_twins_take_the_same_parameters() -> None:
    public = {name: getattr(headway, name) for name in getattr(headway, "__all__", ())}
    assert list(twins.unlike_twins(public)) == []


def test_the_twin_rule_finds_a_missing_and_an_unlike_twin() -> None:
    class Ref:
        def result(self, timeout: float) -> int:
            raise NotImplementedError

        async def aresult(self, timeout: float = 1.0) -> int:
            raise NotImplementedError

        def cancel(self) -> None:
            raise NotImplementedError

        async def fetch(self) -> None:
            raise NotImplementedError

    found = "\n".join(twins.unlike_twins({"Ref": Ref}))
    assert "Ref.aresult: give it the parameters of result" in found
    assert "Ref.cancel: add its twin acancel" in found
    assert "Ref.fetch: a coroutine method is named" in found


def test_the_twin_rule_accepts_true_twins() -> None:
    class Ref:
        def result(self, timeout: float) -> int:
            raise NotImplementedError

        async def aresult(self, timeout: float) -> int:
            raise NotImplementedError

    assert list(twins.unlike_twins({"Ref": Ref})) == []
