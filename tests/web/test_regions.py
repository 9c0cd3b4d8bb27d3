"""The live parts of a page are cut out of its text."""

from hypothesis import given
from hypothesis import strategies as st
from markupsafe import escape

from headway.web.regions import regions


def test_each_live_element_is_found_with_all_within() -> None:
    page = (
        '<main data-live-from="?live=1"><div id="a" class="x" data-live><div><div>1</div></div></div><p id="no">2</p>'
        '<section data-live id="b">3</section><ul\n id="c" data-live="yes"><li>4</li></ul></main>'
    )
    assert regions(page) == {
        "a": '<div id="a" class="x" data-live><div><div>1</div></div></div>',
        "b": '<section data-live id="b">3</section>',
        "c": '<ul\n id="c" data-live="yes"><li>4</li></ul>',
    }


def test_one_within_another_is_part_of_it() -> None:
    inner = '<div id="b" data-live>x</div>'
    assert regions(f'<div id="a" data-live>{inner}</div>') == {"a": f'<div id="a" data-live>{inner}</div>'}


def test_one_that_is_not_closed_goes_to_the_end() -> None:
    assert regions('<p id="a" data-live>x') == {"a": '<p id="a" data-live>x'}


def test_words_that_only_begin_so_are_others() -> None:
    assert regions('<div id="a" data-lively>x</div><div id="b" xdata-live>x</div>') == {}


@given(st.text())
def test_escaped_text_is_never_taken_for_a_tag(text: str) -> None:
    part = f'<div id="a" data-live title="{escape(text)}">{escape(text)}</div>'
    assert regions(f"<main>{part}<div>{escape(text)}</div></main>") == {"a": part}
