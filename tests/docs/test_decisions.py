"""docs/decisions: numbered without a gap, each with its three parts, all in the list."""

import re

from tests.docs.pages import DOCS, links

FOLDER = DOCS / "decisions"
FILES = sorted(FOLDER.glob("[0-9]*.md"))


def test_decisions_are_numbered_without_a_gap():
    assert [f"{number:04}" for number in range(1, len(FILES) + 1)] == [file.name[:4] for file in FILES]


def test_each_decision_has_a_title_with_its_number_and_three_parts_in_order():
    for file in FILES:
        text = file.read_text(encoding="utf-8")
        assert text.startswith(f"# {int(file.name[:4])}. "), file.name
        parts = re.findall(r"^\*\*(\w+)\.\*\*", text, re.MULTILINE)
        assert parts == ["Context", "Choice", "Consequences"], file.name


def test_the_list_names_every_decision():
    assert [file.name for file in FILES] == links((FOLDER / "README.md").read_text(encoding="utf-8"))
