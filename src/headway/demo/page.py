"""The report as a page: one self-contained HTML file, light and dark, to be read and printed.

Every text passes through `html.escape`; the page loads nothing and runs no script.
"""

from collections.abc import Iterable
from html import escape
from importlib.resources import files
from string import Template

from headway.demo.library import Function, Module
from headway.demo.report import Fetched, Report, Sums

TEMPLATE = "report.html"
"""The page's frame and style, beside this file."""


def to_html(report: Report) -> str:
    """Write the report as a page."""
    frame = Template(files("headway.demo").joinpath(TEMPLATE).read_text(encoding="utf-8"))
    return frame.substitute(
        run=escape(report.run),
        library=escape(report.library),
        figures=_figures(report),
        packages=_rows(_package_row(package, report.total.lines) for package in report.packages),
        total=_package_row(report.total, report.total.lines),
        longest=_rows(map(_function_row, report.longest)) or _nothing(3, "No function is long enough to be named."),
        problems=_rows(map(_problem_row, report.problems)) or _nothing(2, "Every module parses."),
        documents=_rows(map(_document_row, report.documents)) or _nothing(3, "No document was fetched."),
    )


def _figures(report: Report) -> str:
    total = report.total
    figures = {
        "packages": len(report.packages),
        "modules": total.modules,
        "lines": total.lines,
        "functions": total.functions,
        "classes": total.classes,
        "syntax nodes": total.nodes,
        "do not parse": total.problems,
        "documents": len(report.documents),
    }
    return _rows(f"<div><dt>{name}</dt><dd>{figure:,}</dd></div>" for name, figure in figures.items())


def _package_row(package: Sums, all_lines: int) -> str:
    share = 100 * package.lines / all_lines if all_lines else 0
    counts = (package.modules, package.lines, package.functions, package.classes, package.nodes, package.problems)
    cells = "".join(f"<td>{count:,}</td>" for count in counts)
    bar = f'<td class="bar" aria-hidden="true"><i style="width:{share:.1f}%"></i></td>'
    return f'<tr><th scope="row">{escape(package.name)}</th>{cells}{bar}</tr>'


def _function_row(function: Function) -> str:
    place = f"{escape(function.path)}:{function.line}"
    name = f'<th scope="row"><code>{escape(function.name)}</code></th>'
    return f'<tr>{name}<td class="text"><code>{place}</code></td><td>{function.lines:,}</td></tr>'


def _problem_row(module: Module) -> str:
    name = f'<th scope="row"><code>{escape(module.path)}</code></th>'
    return f'<tr>{name}<td class="text">{escape(module.problem)}</td></tr>'


def _document_row(document: Fetched) -> str:
    name = f'<th scope="row"><code>{escape(document.name)}</code></th>'
    again = ' class="again"' if document.requests > 1 else ""
    return f"<tr{again}>{name}<td>{document.size:,}</td><td>{document.requests:,}</td></tr>"


def _nothing(columns: int, words: str) -> str:
    return f'<tr><td class="text" colspan="{columns}">{words}</td></tr>'


def _rows(rows: Iterable[str]) -> str:
    return "\n".join(rows)
