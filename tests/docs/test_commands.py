"""Every `headway` command in a console block of the pages is one that the command line takes."""

import shlex

import click
import pytest

from headway.cli.exits import UsageInvalid
from headway.cli.main import root
from tests.docs.pages import ROOT, blocks, pages


def commands(page):
    for block in blocks(page.read_text(encoding="utf-8")):
        if block.words[0] == "console":
            for line in block.text.splitlines():
                if line.startswith("$ headway "):
                    yield shlex.split(line.removeprefix("$ headway "), comments=True)


def parse(words):
    """As the command line would read it, up to the point where it would begin to do something."""
    # With the root's settings: a command remembers how its help option was called when it was first looked at.
    group, rest, context = root, list(words), click.Context(root, **root.context_settings)
    while isinstance(group, click.Group):
        name, command, rest = group.resolve_command(context, rest)
        assert command is not None
        if isinstance(command, click.Group) and not _is_alone(command, rest):
            context, group = click.Context(command, parent=context, info_name=name), command
        else:
            with command.make_context(name, rest, parent=context):
                return


def _is_alone(group, rest):
    """Whether it is to do what it does without a command."""
    return group.invoke_without_command and all(word.startswith("-") for word in rest[:1])


@pytest.mark.parametrize(
    "page", [pytest.param(page, id=str(page.relative_to(ROOT))) for page in pages() if list(commands(page))]
)
def test_the_commands_of_a_page_can_be_read(page):
    for words in commands(page):
        parse(words)


@pytest.mark.parametrize("wrong", ["jobs lst", "jobs list --stat failed", "worker"])
def test_a_wrong_command_is_seen(wrong):
    with pytest.raises((click.UsageError, UsageInvalid)):
        parse(shlex.split(wrong))
