"""What every test shares: one event loop kind, one Hypothesis profile, and no skips where CI counts on us."""

import os
from collections.abc import Generator
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

import pytest
from hypothesis import HealthCheck, settings

if TYPE_CHECKING:
    from tests.postgres.server import Server

# No deadline: two processes share two cores, and a slow moment is not a wrong answer. Examples are few because every run
# of the suite adds more; in CI they are the same each time, so a red run can be repeated.
EXAMPLES_MAX = 60

BROWSER = Path(__file__).with_name("browser")

R = TypeVar("R", pytest.TestReport, pytest.CollectReport)

settings.register_profile(
    "here", deadline=None, max_examples=EXAMPLES_MAX, suppress_health_check=[HealthCheck.too_slow]
)
settings.register_profile("ci", parent=settings.get_profile("here"), derandomize=True, database=None, print_blob=True)
settings.load_profile("ci" if os.environ.get("CI") else "here")


@pytest.fixture(scope="session")
def anyio_backend() -> str:
    """headway is written for asyncio: anyio's plugin runs every `async def` test on it."""
    return "asyncio"


@pytest.fixture(scope="session")
def postgres() -> "Server":
    """A running PostgreSQL: this process's own, or the one that HEADWAY_TEST_POSTGRES names."""
    from tests.postgres.databases import DATABASES  # not above: many a run needs no server

    return DATABASES.server


def pytest_ignore_collect(collection_path: Path, config: pytest.Config) -> bool | None:
    """The ring in a browser runs only where its folder is named, as `make test-browser` does."""
    is_named = any(
        (config.invocation_params.dir / arg.partition("::")[0]).is_relative_to(BROWSER) for arg in config.args
    )
    return True if collection_path == BROWSER and not is_named else None


@pytest.hookimpl(wrapper=True, tryfirst=True)
def pytest_runtest_makereport() -> Generator[None, pytest.TestReport, pytest.TestReport]:
    report = yield
    return _fail_if_skipped(report)


@pytest.hookimpl(wrapper=True, tryfirst=True)
def pytest_make_collect_report() -> Generator[None, pytest.CollectReport, pytest.CollectReport]:
    report = yield
    return _fail_if_skipped(report)


def _fail_if_skipped(report: R) -> R:
    """In CI a skipped test is a failed one: a missing tool must not look like a proof."""
    if os.environ.get("CI") and report.outcome == "skipped":
        report.outcome = "failed"
        report.longrepr = f"skipped, and with CI set nothing may be skipped: {report.longrepr}"
    return report
