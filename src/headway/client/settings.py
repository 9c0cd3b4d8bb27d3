"""The settings of a `Jobs`: arguments beat HEADWAY_* variables, which beat the nearest TOML file, which beats the defaults.

The file is `headway.toml`, or the table `[tool.headway]` of `pyproject.toml`: the first of the two that is found going
up from the current directory. An unknown key is an error that names the nearest one, so that no setting is lost to a
misspelling. Variables of the form HEADWAY_WORKER_* and the table `worker` are the worker's, which reads and checks them.
"""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, fields
from datetime import timedelta
from pathlib import Path
from types import MappingProxyType
from typing import Any, Final, Literal, TypedDict

from headway.client import checks
from headway.model.codec import PAYLOAD_MAX_BYTES, RESULT_MAX_BYTES
from headway.model.errors import ConfigInvalid, HeadwayError, OptionInvalid, OptionUnknown
from headway.model.handler import RETRIES_DEFAULT, TIMEOUT_DEFAULT
from headway.model.nearest import nearest
from headway.store.migration import NO_WORDS

PREFIX: Final = "HEADWAY_"
FOREIGN_PREFIXES: Final = ("HEADWAY_WORKER_", "HEADWAY_DEMO_")
"""Variables that other rooms read."""
ALMOST: Final = 0.8
"""A HEADWAY_ variable so much like a setting is taken for a misspelling of it; others belong to somebody else."""
BYTES_MAX: Final = 256 * 1024 * 1024
UNITS: Final[Mapping[str, str]] = MappingProxyType(
    {"us": "microseconds", "ms": "milliseconds", "s": "seconds", "m": "minutes", "h": "hours", "d": "days"}
)
ANSWERS: Final[Mapping[str, bool]] = MappingProxyType(
    {**dict.fromkeys(("yes", "true", "on", "1"), True), **dict.fromkeys(NO_WORDS, False)}
)
SPAN: Final = re.compile(r"\s*(\d+(?:\.\d+)?)\s*(us|ms|s|m|h|d)?\s*")


class JobsSettings(TypedDict, total=False):
    """What `Jobs(...)` takes besides the place and the clock."""

    url: str
    """The store's place, as HEADWAY_URL or a file would give it."""
    app: str
    """Jobs of one app see each other; several apps may share a store."""
    default_queue: str
    default_retries: int
    default_timeout: timedelta | None
    payload_max_bytes: int
    result_max_bytes: int
    durability: Literal["full", "relaxed"]
    """`relaxed` may lose the last moments before a power cut; a crash of the program loses nothing either way."""
    migrate: bool
    """Whether opening the store makes its tables and brings them up to date; False: that is left to `headway migrate`."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """The settings in force."""

    url: str | None = None
    app: str = "default"
    default_queue: str = "default"
    default_retries: int = RETRIES_DEFAULT
    default_timeout: timedelta | None = TIMEOUT_DEFAULT
    payload_max_bytes: int = PAYLOAD_MAX_BYTES
    result_max_bytes: int = RESULT_MAX_BYTES
    durability: Literal["full", "relaxed"] = "full"
    migrate: bool = True
    worker: Mapping[str, Any] = field(default_factory=lambda: MappingProxyType({}))
    """The file's table for the worker, as it stands there."""

    @property
    def job_defaults(self) -> dict[str, Any]:
        """The weakest layer of every job's options."""
        return {"queue": self.default_queue, "retries": self.default_retries, "timeout": self.default_timeout}


def load_settings(given: Mapping[str, Any], environ: Mapping[str, str], start: Path) -> Settings:
    """Merge arguments, environment and file, each checked where it comes from."""
    for name in given:
        if name not in _READ:
            raise OptionUnknown(_unknown("there is no setting", name, tuple(_READ)))
    from_file, folder, worker = _file(start)
    merged = {
        **{name: _read(name, value, where) for name, (value, where) in from_file.items()},
        **{name: _read(name, value, where) for name, (value, where) in _environment(environ).items()},
        **{name: _READ[name](name, value) for name, value in given.items()},
    }
    if "url" in from_file and merged["url"] == from_file["url"][0]:
        merged["url"] = _anchored(merged["url"], folder)
    return Settings(**merged, worker=MappingProxyType(worker))


def project_folder(start: Path) -> Path | None:
    """The nearest folder upward that holds a pyproject.toml."""
    return next((folder for folder in (start, *start.parents) if (folder / "pyproject.toml").is_file()), None)


def span_of(name: str, value: Any) -> timedelta | None:
    """A duration from a file or variable: seconds, or a number with us, ms, s, m, h or d; `none` for no limit."""
    if isinstance(value, timedelta) or value is None:
        return checks.optional_span(name, value)
    text = str(value).strip().lower()
    if text in {"none", "off"}:
        return None
    found = None if isinstance(value, bool) else SPAN.fullmatch(text)
    if found is None:
        raise OptionInvalid(f"{name} must be a duration such as 30s, 10m or 2h, or none, not {value!r}")
    number, unit = found.groups()
    try:
        return checks.span(name, timedelta(**{UNITS[unit or "s"]: float(number)}))
    except OverflowError:
        raise OptionInvalid(f"{name} must be at most {checks.SPAN_MAX.days} days, not {value!r}") from None


def _integer(check: Callable[[str, Any], int]) -> Callable[[str, Any], int]:
    def read(name: str, value: Any) -> int:
        text = value.strip().replace("_", "") if isinstance(value, str) else value
        return check(name, int(text) if isinstance(text, str) and text.isdecimal() else text)

    return read


def _bytes(name: str, value: Any) -> int:
    if isinstance(value, bool) or not isinstance(value, int) or not 0 < value <= BYTES_MAX:
        raise OptionInvalid(f"{name} must be a number of bytes from 1 to {BYTES_MAX:,}, not {value!r}")
    return value


def _answer(name: str, value: Any) -> bool:
    answer = ANSWERS.get(value.strip().lower()) if isinstance(value, str) else value
    if not isinstance(answer, bool):
        raise OptionInvalid(f"{name} must be True or False (as a variable yes or no), not {value!r}")
    return answer


def _url(name: str, value: Any) -> str:
    if not isinstance(value, str) or not value.strip():
        raise OptionInvalid(f"{name} must be a directory or a URL such as sqlite:///jobs.db, not {value!r}")
    return value


_READ: Final[Mapping[str, Callable[[str, Any], Any]]] = MappingProxyType(
    {
        "url": _url,
        "app": checks.name,
        "default_queue": checks.name,
        "default_retries": _integer(checks.retries),
        "default_timeout": span_of,
        "payload_max_bytes": _integer(_bytes),
        "result_max_bytes": _integer(_bytes),
        "durability": checks.word("full", "relaxed"),
        "migrate": _answer,
    }
)
assert {one.name for one in fields(Settings)} == {*_READ, "worker"}


def _read(name: str, value: Any, where: str) -> Any:
    try:
        return _READ[name](name, value)
    except HeadwayError as exc:
        raise ConfigInvalid(f"the setting {name} (from {where}) is wrong: {exc}") from exc


def _environment(environ: Mapping[str, str]) -> dict[str, tuple[str, str]]:
    found: dict[str, tuple[str, str]] = {}
    known = [PREFIX + name.upper() for name in _READ]
    for variable, value in environ.items():
        if not variable.startswith(PREFIX) or variable.startswith(FOREIGN_PREFIXES):
            continue
        if variable in known:
            if value:
                found[variable.removeprefix(PREFIX).lower()] = (value, f"the variable {variable}")
        elif nearest(variable, known, likeness=ALMOST):
            raise ConfigInvalid(_unknown("there is no setting for the variable", variable, known))
    return found


def _file(start: Path) -> tuple[dict[str, tuple[Any, str]], Path, dict[str, Any]]:
    """The nearest file's settings with where they come from, its folder, and the worker's own table."""
    for folder in (start, *start.parents):
        for name in ("headway.toml", "pyproject.toml"):
            file = folder / name
            if file.is_file():
                table = _table(file)
                worker = table.pop("worker", {})
                if not isinstance(worker, dict):
                    raise ConfigInvalid(f"the setting worker (from {file}) must be a table")
                for key in table:
                    if key not in _READ:
                        raise ConfigInvalid(_unknown(f"there is no setting (from {file}) called", key, tuple(_READ)))
                return {key: (value, str(file)) for key, value in table.items()}, folder, worker
    return {}, start, {}


def _table(file: Path) -> dict[str, Any]:
    import tomllib

    try:
        whole = tomllib.loads(file.read_text(encoding="utf-8"))
    except (OSError, ValueError) as exc:
        raise ConfigInvalid(f"{file} cannot be read: {exc}") from exc
    table = whole if file.name == "headway.toml" else whole.get("tool", {}).get("headway", {})
    if not isinstance(table, dict):
        raise ConfigInvalid(f"[tool.headway] (from {file}) must be a table")
    return dict(table)


def _anchored(url: str, folder: Path) -> str:
    """A relative directory in a file is relative to that file, wherever the program is started."""
    scheme, found, rest = url.partition(":///")
    if found and scheme == "sqlite":
        return f"sqlite:///{folder / rest}"
    return url if "://" in url else str(folder / Path(url).expanduser())


def _unknown(what: str, name: str, known: tuple[str, ...] | list[str]) -> str:
    near = nearest(name, known)
    hint = f"; did you mean {near!r}?" if near else "."
    return f"{what} {name!r}{hint} The settings are: {', '.join(known)}"


def environment() -> Mapping[str, str]:
    """The process's variables."""
    return os.environ
