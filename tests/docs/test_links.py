"""What the pages point at is there."""

import re

import pytest

from tests.docs.pages import CODE, DOCS, ROOT, links, pages

SOURCE = ROOT / "src" / "headway"
PATH = re.compile(r"[\w.-]+(?:/[\w.-]+)+/?|[\w-]+\.(?:md|py|toml)|\w+/")


def paths(text):
    return [word for word in CODE.findall(text) if PATH.fullmatch(word)]


def test_every_path_that_the_architecture_names_exists():
    found = paths((DOCS / "architecture.md").read_text(encoding="utf-8"))
    missing = [path for path in found if not ((SOURCE / path).exists() or (ROOT / path).exists())]
    assert len(found) > 50
    assert missing == []


@pytest.mark.parametrize("page", [pytest.param(page, id=str(page.relative_to(ROOT))) for page in pages()])
def test_every_link_of_a_page_leads_somewhere(page):
    broken = []
    for link in links(page.read_text(encoding="utf-8")):
        if "://" in link or link.startswith("mailto:"):
            continue
        file, _, anchor = link.partition("#")
        target = page if not file else (page.parent / file).resolve()
        if not target.exists() or (anchor and anchor not in anchors(target)):
            broken.append(link)
    assert broken == []


def anchors(page):
    """As GitHub makes them of headings."""
    headings = re.findall(r"^#+ (.+)$", page.read_text(encoding="utf-8"), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}
