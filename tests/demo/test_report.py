from collections.abc import Iterable
from html.parser import HTMLParser

import pytest

from headway.demo.library import LONG_FUNCTION_LINES, TOP_LEVEL, Function, Module
from headway.demo.page import to_html
from headway.demo.report import Fetched, Report, build_report, from_csv, to_csv
from headway.demo.verdict import MAX_DIFFERENCES, differences

LONG = Function(path="pkg/a.py", name="Outer.<method>", line=17, lines=LONG_FUNCTION_LINES + 1234)
MODULES = (
    Module(path="pkg/a.py", lines=1111, functions=222, classes=33, nodes=44444, longest=(LONG,)),
    Module(path="pkg/bad.py", lines=5, problem='line 2: <b>"not" valid</b> & so on'),
    Module(path="os.py", lines=70, functions=8, classes=9, nodes=600),
)
DOCUMENTS = (Fetched(name="os.py", size=4321, requests=1), Fetched(name="<csv>.py", size=98765, requests=4))
REPORT = build_report(run="0007", library="The <standard> library", modules=MODULES, documents=DOCUMENTS)


def report(modules: Iterable[Module] = MODULES, documents: Iterable[Fetched] = DOCUMENTS) -> Report:
    return build_report(run="0007", library="The <standard> library", modules=modules, documents=documents)


class Page(HTMLParser):
    """The page's rows of cells, the elements it uses and the addresses it names."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.rows: list[list[str]] = []
        self.in_cell = False
        self.tags: list[str] = []
        self.addresses: list[str | None] = []
        self.text = ""
        self.feed(html)

    def handle_starttag(self, tag, attrs):
        self.tags.append(tag)
        self.addresses += [value for name, value in attrs if name in {"href", "src", "action"}]
        if tag == "tr":
            self.rows.append([])
        elif tag in {"td", "th"}:
            self.rows[-1].append("")
            self.in_cell = True

    def handle_endtag(self, tag):
        if tag in {"td", "th"}:
            self.in_cell = False

    def handle_data(self, data):
        self.text += data
        if self.in_cell:
            self.rows[-1][-1] += data


def test_equal_findings_make_equal_reports_in_whatever_order_they_came():
    assert report(reversed(MODULES), reversed(DOCUMENTS)) == REPORT


def test_packages_are_summed_the_biggest_first():
    packages = [(p.name, p.modules, p.lines, p.functions, p.classes, p.nodes, p.problems) for p in REPORT.packages]

    assert packages == [("pkg", 2, 1116, 222, 33, 44444, 1), (TOP_LEVEL, 1, 70, 8, 9, 600, 0)]
    assert REPORT.total.lines == 1186


def test_the_page_holds_every_number():
    rows = Page(to_html(REPORT)).rows

    assert ["pkg", "2", "1,116", "222", "33", "44,444", "1", ""] in rows
    assert [TOP_LEVEL, "1", "70", "8", "9", "600", "0", ""] in rows
    assert ["All packages", "3", "1,186", "230", "42", "45,044", "1", ""] in rows
    assert ["Outer.<method>", "pkg/a.py:17", f"{LONG.lines:,}"] in rows
    assert ["pkg/bad.py", 'line 2: <b>"not" valid</b> & so on'] in rows
    assert ["os.py", "4,321", "1"] in rows
    assert ["<csv>.py", "98,765", "4"] in rows


def test_the_page_escapes_every_text():
    html = to_html(REPORT)

    for raw in ("<method>", "<b>", "<csv>", "<standard>", '"not"'):
        assert raw not in html
    for escaped in ("&lt;method&gt;", "&lt;b&gt;&quot;not&quot;", "&lt;csv&gt;", "&lt;standard&gt;", "&amp; so on"):
        assert escaped in html


def test_the_page_loads_nothing_and_runs_nothing():
    page = Page(to_html(REPORT))

    assert page.addresses == ["modules.csv"]
    assert not {"script", "img", "link", "iframe", "object"} & set(page.tags)
    assert "url(" not in to_html(REPORT)


def test_the_page_is_made_for_light_and_dark():
    assert "prefers-color-scheme: dark" in to_html(REPORT)


def test_every_element_that_is_opened_is_closed():
    class Balance(HTMLParser):
        def __init__(self) -> None:
            super().__init__()
            self.open: list[str] = []

        def handle_starttag(self, tag, attrs):
            if tag not in {"meta", "br"}:
                self.open.append(tag)

        def handle_endtag(self, tag):
            assert self.open.pop() == tag

    balance = Balance()
    balance.feed(to_html(REPORT))

    assert balance.open == []


def test_a_report_without_findings_says_so():
    text = Page(to_html(report([], []))).text

    for words in ("No function is long enough", "Every module parses.", "No document was fetched."):
        assert words in text


def test_csv_comes_back_as_it_was():
    awkward = Module(path='a,"b"\r\n.py', lines=1, problem="first line\nsecond, line")

    back = from_csv(to_csv(report([*MODULES, awkward])))

    assert {module.path: module.problem for module in back} == {
        module.path: module.problem for module in (*MODULES, awkward)
    }
    assert [(m.path, m.lines, m.functions, m.classes, m.nodes) for m in from_csv(to_csv(REPORT))] == [
        (m.path, m.lines, m.functions, m.classes, m.nodes) for m in REPORT.modules
    ]


@pytest.mark.parametrize("text", ["", "a,b\n1,2\n", "path,lines,functions,classes,nodes,problem\nos.py,x,1,1,1,\n"])
def test_a_text_that_is_no_csv_of_ours_is_an_error(text: str):
    with pytest.raises(ValueError):
        from_csv(text)


def test_a_right_report_has_no_differences():
    assert differences(html=to_html(REPORT), csv=to_csv(REPORT), expected=REPORT) == []


@pytest.mark.parametrize("column", ["lines", "functions", "classes", "nodes"])
def test_one_wrong_count_is_found_in_both_files(column: str):
    counts = {"lines": 70, "functions": 8, "classes": 9, "nodes": 600}
    wrong = report([*MODULES[:2], Module(path="os.py", **{**counts, column: 71})])

    found = differences(html=to_html(wrong), csv=to_csv(wrong), expected=REPORT)

    assert f"os.py: {column} is 71, not {counts[column]}" in found
    assert any(difference.startswith("report.html, line ") for difference in found)


def test_a_missing_module_and_an_extra_one_are_found():
    wrong = report([*MODULES[1:], Module(path="extra.py")])

    found = differences(html=to_html(REPORT), csv=to_csv(wrong), expected=REPORT)

    assert found == ["extra.py is in modules.csv, but not in the library", "pkg/a.py is missing in modules.csv"]


def test_a_wrong_number_of_requests_and_a_wrong_longest_function_are_found():
    fewer = report(documents=[DOCUMENTS[0], Fetched(name="<csv>.py", size=98765, requests=3)])
    shorter = report([Module(path="pkg/a.py", lines=1111, functions=222, classes=33, nodes=44444), *MODULES[1:]])

    assert len(differences(html=to_html(fewer), csv=to_csv(REPORT), expected=REPORT)) == 1
    assert differences(html=to_html(shorter), csv=to_csv(REPORT), expected=REPORT)


def test_files_that_were_cut_off_are_found():
    assert differences(html=to_html(REPORT)[:-20], csv=to_csv(REPORT), expected=REPORT)
    assert differences(html=to_html(REPORT), csv=to_csv(REPORT)[:-4], expected=REPORT)
    assert "modules.csv cannot be read" in differences(html=to_html(REPORT), csv="", expected=REPORT)[0]


def test_only_the_first_differences_are_told():
    many = report(Module(path=f"m{number}.py") for number in range(MAX_DIFFERENCES * 2))

    assert len(differences(html="", csv=to_csv(many), expected=REPORT)) == MAX_DIFFERENCES
