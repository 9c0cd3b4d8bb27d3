"""A worker's settings from the environment and the settings file: the command line beats both, the environment the file.

The file's table is `[worker]` in headway.toml or `[tool.headway.worker]` in pyproject.toml; its keys are the options'
names with underscores, and so are the variables' after HEADWAY_WORKER_. What is misspelt is an error.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, Final

import click
from click.core import ParameterSource

from headway.model.errors import ConfigInvalid
from headway.model.nearest import nearest

PREFIX: Final = "HEADWAY_WORKER"
QUEUES: Final = "queues"
NOT_SETTINGS: Final = frozenset({"application", "as_json", "debug", "help"})


def merged(ctx: click.Context, given: Mapping[str, Any], table: Mapping[str, Any]) -> dict[str, Any]:
    """The options in force: where neither the command line nor the environment says anything, the file's."""
    parameters = {each.name: each for each in ctx.command.params if each.name and each.name not in NOT_SETTINGS}
    for key in table:
        _refuse_unknown(key, parameters, "there is no setting worker.{}")
    chosen = dict(given)
    for name, value in table.items():
        if ctx.get_parameter_source(name) is ParameterSource.DEFAULT:
            chosen[name] = _read(parameters[name], ctx, name, value)
    return chosen


def refuse_misspelt(ctx: click.Context, environment: Mapping[str, str]) -> None:
    """ConfigInvalid for a HEADWAY_WORKER_ variable that no option reads."""
    known = [f"{PREFIX}_{each.name.upper()}" for each in ctx.command.params if each.name]
    for variable in environment:
        if variable.startswith(f"{PREFIX}_"):
            _refuse_unknown(variable, known, "there is no setting for the variable {}")


def _refuse_unknown(name: str, known: Iterable[str], what: str) -> None:
    names = list(known)
    if name not in names:
        near = nearest(name, names)
        hint = f"did you mean {near}?" if near else f"there are {', '.join(names)}"
        raise ConfigInvalid(f"{what.format(name)}; {hint}")


def _read(parameter: click.Parameter, ctx: click.Context, name: str, value: Any) -> Any:
    """A value of the file as the option itself would read it."""
    if name == QUEUES and isinstance(value, dict):
        value = [f"{queue}={limit}" for queue, limit in value.items()]
    elif not isinstance(value, (bool, list)):
        value = str(value)
    try:
        return parameter.type_cast_value(ctx, value)
    except click.BadParameter as error:
        raise ConfigInvalid(f"the setting worker.{name} (from the settings file) is wrong: {error.message}") from error
