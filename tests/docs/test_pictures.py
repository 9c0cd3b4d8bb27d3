"""The pictures in the pages: each is there, light and told in words, and none lies about that no page shows."""

import re

import pytest

from tests.docs.pages import DOCS, FENCE, ROOT, links, pages

IMAGES = DOCS / "images"
BYTES_MAX = 200_000
IN_MARKDOWN = re.compile(r"!\[([^\]]*)\]\(([^)\s]+)\)")
IN_HTML = re.compile(r"<img\b[^>]*>")
FOR_A_THEME = re.compile(r'\bsrcset="([^"]*)"')
FILES = sorted(IMAGES.iterdir())


def pictures(page):
    """Of each picture that a page shows: where it is, and its words."""
    text = FENCE.sub("", page.read_text(encoding="utf-8"))
    yield from ((file, told) for told, file in IN_MARKDOWN.findall(text))
    for tag in IN_HTML.findall(text):
        yield attribute(tag, "src"), attribute(tag, "alt")


def attribute(tag, name):
    found = re.search(rf'\b{name}="([^"]*)"', tag)
    return found[1] if found else ""


def test_every_picture_of_a_page_is_there_and_told_in_words():
    shown = [(page.parent / file, told) for page in pages() for file, told in pictures(page)]

    assert len(shown) >= 7
    assert [file for file, told in shown if not file.is_file() or len(told.split()) < 5] == []


@pytest.mark.parametrize("file", [pytest.param(file, id=file.name) for file in FILES])
def test_a_picture_is_light_and_some_page_leads_to_it(file):
    text = "".join(page.read_text(encoding="utf-8") for page in pages())
    named = {name for page in pages() for name, _ in pictures(page)} | set(FOR_A_THEME.findall(text))
    named |= {link for page in pages() for link in links(page.read_text(encoding="utf-8"))}

    assert file.stat().st_size < BYTES_MAX
    assert file.name in {name.rpartition("/")[2] for name in named}


def test_packages_carry_no_pictures_of_the_pages():
    included = re.search(r"^include = \[(.*)\]$", (ROOT / "pyproject.toml").read_text(encoding="utf-8"), re.MULTILINE)
    assert included is not None
    assert "/docs" not in included[1]
