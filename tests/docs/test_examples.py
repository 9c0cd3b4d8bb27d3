"""Every example of README and docs/ that is marked runnable runs, with a real store, and prints what the page says."""

import pytest

from tests.docs.pages import ROOT, Block, blocks, pages
from tests.docs.program import Folder, Step, matches, steps

APART = "<!-- on its own -->\n"


def parts():
    """Every part of a page that runs on its own, with something in it to run."""
    for page in pages():
        text = page.read_text(encoding="utf-8")
        for number, part in enumerate(text.split(APART), 1):
            found = steps(blocks(part))
            if found:
                yield pytest.param(found, id=f"{page.relative_to(ROOT)}-{number}")


@pytest.mark.parametrize("shown", list(parts()))
def test_what_a_page_shows_runs_as_it_says(shown, tmp_path):
    folder = Folder(tmp_path)
    for step in shown:
        folder.take(step)


def test_an_example_that_fails_is_seen(tmp_path):
    with pytest.raises(AssertionError, match="ZeroDivisionError"):
        Folder(tmp_path).take(Step(line=1, command=["python", "a.py"], source="1 / 0\n"))


def test_an_example_that_prints_something_else_is_seen(tmp_path):
    step = Step(line=1, command=["python", "a.py"], source="print('one')\n", expected=["two"])
    with pytest.raises(AssertionError, match="one"):
        Folder(tmp_path).take(step)


def test_an_example_cannot_reach_a_network(tmp_path):
    source = "import socket\nsocket.create_connection(('127.0.0.1', 9))\n"
    with pytest.raises(AssertionError, match="may not connect"):
        Folder(tmp_path).take(Step(line=1, command=["python", "a.py"], source=source))


def test_blocks_that_go_on_make_one_program_and_its_output_is_put_together():
    shown = (
        Block(words=("python", "runnable"), text="# shop.py\na = 1\n", line=1),
        Block(words=("text", "output"), text="one\n", line=5),
        Block(words=("python", "runnable", "more"), text="b = 2\n", line=9),
        Block(words=("text", "output"), text="two\n", line=12),
    )
    source = "# shop.py\na = 1\n\n\nb = 2\n"
    expected = [Step(line=1, command=["python", "shop.py"], source=source, expected=["one", "two"])]
    assert expected == steps(shown)


def test_output_that_no_program_prints_is_refused():
    with pytest.raises(AssertionError, match="line 3"):
        steps((Block(words=("text", "output"), text="one\n", line=3),))


def test_dots_stand_for_anything_in_a_line_or_for_lines():
    assert matches(["id ... took", "...", "end"], "id  name  took\na\nb\nend\n")
    assert not matches(["id ... took"], "id name took\nmore\n")
