"""docs/lifecycle.md says what model/job.py does."""

import re

from headway.model.job import FINAL, TRANSITIONS, State
from tests.docs.pages import DOCS, blocks, named, rows, section

PAGE = (DOCS / "lifecycle.md").read_text(encoding="utf-8")
ARROWS = {(old.value, new.value) for old, news in TRANSITIONS.items() for new in news}


def test_the_table_lists_every_transition_once_and_no_other():
    table = [(named(row[0]), named(row[1])) for row in rows(section(PAGE, "## The arrows"))]
    assert sorted(ARROWS) == sorted(table)


def test_the_diagram_has_every_transition_and_no_other():
    (diagram,) = (block.text for block in blocks(PAGE) if block.words == ("mermaid",))
    drawn = re.findall(r"^ +(\w+) --> (\w+)", diagram, re.MULTILINE)
    assert sorted(ARROWS) == sorted(drawn)


def test_the_diagram_ends_where_nothing_leads_on():
    (diagram,) = (block.text for block in blocks(PAGE) if block.words == ("mermaid",))
    ends = set(re.findall(r"^ +(\w+) --> \[\*\]", diagram, re.MULTILINE))
    assert ends == {state.value for state in FINAL if not TRANSITIONS[state]}


def test_every_state_has_a_paragraph():
    told = re.findall(r"^### (\w+)$", section(PAGE, "## The states"), re.MULTILINE)
    assert [state.value for state in State] == told
