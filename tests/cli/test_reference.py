"""The reference pages say what the commands do."""

import re

import click

from headway.cli.exits import Exit
from headway.cli.lazy import LazyGroup
from headway.cli.main import root
from tests.cli import reference


def test_the_command_line_s_page_is_what_the_commands_say():
    expected = reference.text()
    assert reference.FILE.read_text(encoding="utf-8") == expected, "run: python -m tests.cli.reference"


def test_every_exit_code_is_documented_under_its_name():
    page = (reference.FILE.parent / "exit-codes.md").read_text(encoding="utf-8")
    rows = {int(number): name for number, name in re.findall(r"^\| (\d+) \| (\w+) \|", page, re.MULTILINE)}
    assert set(rows) == {code.value for code in Exit}
    assert {number: name for number, name in rows.items() if number} == {
        code.value: code.name.lower() for code in Exit if code is not Exit.OK
    }


def each(group: LazyGroup, context: click.Context):
    for name in group.list_commands(context):
        command = group.get_command(context, name)
        yield group.entries[name], command
        if isinstance(command, LazyGroup):
            yield from each(command, context)


def test_the_list_of_commands_says_what_each_command_says_of_itself():
    for entry, command in each(root, click.Context(root)):
        assert entry.help == (command.short_help or command.help)


def test_every_command_takes_json_and_debug():
    for _, command in each(root, click.Context(root)):
        if not isinstance(command, LazyGroup):
            options = {name for parameter in command.params for name in parameter.opts}
            assert {"--json", "--debug"} <= options, command.name
