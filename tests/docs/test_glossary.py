"""docs/glossary.md owns the words; the pages keep to it."""

import re

import pytest

from headway.model.job import State
from tests.docs.pages import DOCS, ROOT, pages, prose, rows, section

PAGE = DOCS / "glossary.md"
TEXT = PAGE.read_text(encoding="utf-8")
AVOIDED = re.compile(r"\b(tasks?|brokers?|dead letters?|canceled|visibility timeouts?)\b", re.IGNORECASE)


def test_words_stand_in_order_and_once():
    words = [row[0].strip("*") for row in rows(section(TEXT, "## Words"))]
    assert sorted(set(words), key=str.lower) == words


def test_every_word_has_a_sentence():
    for word, meaning in rows(section(TEXT, "## Words")):
        assert meaning.endswith("."), word


def test_every_state_is_named():
    assert all(f"`{state.value}`" in section(TEXT, "## States") for state in State)


@pytest.mark.parametrize(
    "page", [pytest.param(page, id=str(page.relative_to(ROOT))) for page in pages() if page != PAGE]
)
def test_pages_keep_to_the_words(page):
    # Where asyncio is spoken of, its own words are right.
    paragraphs = [one for one in prose(page.read_text(encoding="utf-8")).split("\n\n") if "asyncio" not in one]
    assert [match[0] for one in paragraphs for match in AVOIDED.finditer(one)] == []
