"""Pages read as people do: words without tags, tables as rows, forms as they would be sent."""

import re
from html import unescape
from html.parser import HTMLParser

VOID = frozenset({"input", "meta", "link", "br", "img", "hr", "use", "line", "rect", "circle", "path"})


def words(html: str) -> str:
    """What is read, with single spaces."""
    return " ".join(unescape(re.sub(r"<[^>]*>", " ", html)).split())


def part(html: str, name: str) -> str:
    """The element of that id, with all that is in it."""
    cut = _Cut(html, name)
    assert cut.found is not None, f"there is nothing of the id {name!r}"
    return cut.found


def rows(html: str) -> list[dict[str, str]]:
    """The rows of tables: each cell by what it is called on a phone."""
    found = []
    for row in re.findall(r"<tr[ >].*?</tr>", html, re.DOTALL):
        cells = re.findall(r'<td data-label="([^"]*)"[^>]*>(.*?)</td>', row, re.DOTALL)
        if cells:
            found.append({unescape(name): words(cell) for name, cell in cells})
    return found


def forms(html: str) -> list[tuple[str, str]]:
    """Where each form that changes something is sent to, and what its first button says."""
    found = re.findall(r'<form[^>]*method="post"[^>]*action="([^"]*)"[^>]*>(.*?)</form>', html, re.DOTALL)
    return [(unescape(action), words(re.search(r"<button.*?</button>", body, re.DOTALL)[0])) for action, body in found]


def stats(html: str) -> dict[str, str]:
    """The numbers of a page by their names."""
    found = re.findall(r'<span class="label">(.*?)</span> <b class="num">(.*?)</b>', html, re.DOTALL)
    return {words(name): words(number) for name, number in found}


class _Cut(HTMLParser):
    def __init__(self, html: str, name: str) -> None:
        super().__init__(convert_charrefs=False)
        self.name, self.begin, self.depth, self.found = name, -1, 0, None
        self._html = html
        self._lines = [0]
        for line in html.splitlines(keepends=True):
            self._lines.append(self._lines[-1] + len(line))
        self.feed(html)

    def _at(self) -> int:
        line, column = self.getpos()
        return self._lines[line - 1] + column

    def handle_starttag(self, tag, attrs):
        if self.begin < 0 and dict(attrs).get("id") == self.name:
            self.begin, self.tag = self._at(), tag
        if self.begin >= 0 and self.found is None and tag == self.tag:
            self.depth += 1

    def handle_endtag(self, tag):
        if self.begin >= 0 and self.found is None and tag == self.tag:
            self.depth -= 1
            if not self.depth:
                self.found = self._html[self.begin : self._at()]
