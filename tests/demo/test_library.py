import sysconfig
from pathlib import Path

import pytest

from headway.demo.direct import count_directly
from headway.demo.library import (
    LONG_FUNCTION_LINES,
    LONGEST_PER_MODULE,
    MODULES_PER_PART,
    TOP_LEVEL,
    Function,
    Part,
    count_file,
    count_source,
    documentation,
    find_parts,
    library_name,
    library_root,
    longest_functions,
)

NESTED = b'''"""Nested things."""

class Outer:
    class Inner:
        def method(self):
            def local():
                class Deep: ...
            return local

async def main():
    async def step(): ...
    try:
        def tried(): ...
    except* ValueError:
        def rescued(): ...
    else:
        def fine(): ...
    finally:
        def always(): ...

if True:
    def when(): ...
else:
    def otherwise(): ...

match 1:
    case 1:
        def matched(): ...

square = lambda x: x * x
'''


def write(root: Path, path: str, source: bytes) -> None:
    file = root / path
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_bytes(source)


def long_function(name: str, lines: int) -> bytes:
    return f"def {name}():\n".encode() + b"    pass\n" * (lines - 1)


def test_nested_functions_classes_and_coroutines_are_counted_and_lambdas_are_not():
    module = count_source("nested.py", NESTED)

    assert (module.classes, module.functions) == (3, 11)
    assert module.lines == NESTED.count(b"\n")
    assert module.problem == ""


def test_an_empty_file_is_a_module_with_nothing_in_it():
    module = count_source("empty.py", b"")

    assert (module.lines, module.functions, module.classes, module.nodes) == (0, 0, 0, 1)
    assert module.problem == ""


def test_a_last_line_without_an_end_is_a_line():
    assert count_source("m.py", b"a = 1\nb = 2").lines == 2
    assert count_source("m.py", b"a = 1\r\nb = 2\r\n").lines == 2


@pytest.mark.parametrize(
    ("source", "words"),
    [
        (b"x = 1\ndef broken(:\n    pass\n", "line 2: "),
        ("x = 'caf\u00e9'\n".encode("latin-1"), "utf-8"),
        (b"# -*- coding: no-such-code -*-\n", "no-such-code"),
        (b"x = 1\0\n", "null byte"),
        (b"(" * 100_000, ""),
    ],
    ids=["syntax", "not UTF-8", "unknown encoding", "null byte", "too deep"],
)
def test_a_file_that_does_not_parse_has_lines_and_a_problem_and_no_counts(source: bytes, words: str):
    module = count_source("bad.py", source)

    assert words in module.problem
    assert module.problem
    assert module.lines == len(source.splitlines())
    assert (module.functions, module.classes, module.nodes, module.longest) == (0, 0, 0, ())


def test_a_declared_encoding_other_than_utf_8_parses():
    source = "# coding: latin-1\nname = 'caf\u00e9'\ndef f(): ...\n".encode("latin-1")

    module = count_source("latin.py", source)

    assert (module.functions, module.problem) == (1, "")


def test_a_doubtful_escape_is_no_problem_although_warnings_are_errors():
    assert count_source("escape.py", b"x = '\\d'\n").problem == ""


def test_a_file_that_cannot_be_read_is_a_finding(tmp_path: Path):
    module = count_file(tmp_path, "gone.py")

    assert module.problem.startswith("cannot be read: ")


def test_long_functions_carry_their_full_names_and_places():
    body = b"class Outer:\n    def method(self):\n" + b"        pass\n" * LONG_FUNCTION_LINES

    module = count_source("long.py", body)

    assert module.longest == (Function(path="long.py", name="Outer.method", line=2, lines=LONG_FUNCTION_LINES + 1),)


def test_a_module_names_only_its_longest_functions_and_no_short_ones():
    lengths = [LONG_FUNCTION_LINES - 1, *(LONG_FUNCTION_LINES + extra for extra in range(LONGEST_PER_MODULE + 2))]
    source = b"".join(long_function(f"f{lines}", lines) for lines in lengths)

    longest = [function.lines for function in count_source("m.py", source).longest]

    assert longest == sorted(lengths, reverse=True)[:LONGEST_PER_MODULE]


def test_equally_long_functions_stand_in_the_order_of_their_place():
    functions = [
        Function(path=path, name="f", line=line, lines=LONG_FUNCTION_LINES)
        for path, line in (("b.py", 1), ("a.py", 9), ("a.py", 2))
    ]

    assert [(f.path, f.line) for f in longest_functions(functions, 3)] == [("a.py", 2), ("a.py", 9), ("b.py", 1)]


def test_parts_hold_every_module_once_in_a_fixed_order_without_installed_packages(tmp_path: Path):
    for path in ("z.py", "a.py", "pkg/__init__.py", "pkg/sub/deep.py", "pkg/data.txt"):
        write(tmp_path, path, b"")
    for path in ("site-packages/theirs.py", "dist-packages/theirs.py", "pkg/site-packages/theirs.py"):
        write(tmp_path, path, b"")

    assert find_parts(tmp_path) == [
        Part(package="pkg", number=1, paths=("pkg/__init__.py", "pkg/sub/deep.py")),
        Part(package=TOP_LEVEL, number=1, paths=("a.py", "z.py")),
    ]


def test_a_big_package_is_several_parts(tmp_path: Path):
    for number in range(MODULES_PER_PART + 1):
        write(tmp_path, f"big/m{number:03}.py", b"")

    parts = find_parts(tmp_path)

    assert [(part.number, len(part.paths)) for part in parts] == [(1, MODULES_PER_PART), (2, 1)]


def test_the_direct_count_of_a_made_up_tree_equals_the_sum_of_its_parts(tmp_path: Path):
    write(tmp_path, "nested.py", NESTED)
    write(tmp_path, "pkg/__init__.py", b"")
    write(tmp_path, "pkg/bad.py", b"def (")
    told: list[tuple[int, int]] = []

    modules = count_directly(tmp_path, lambda done, total: told.append((done, total)))

    parts = find_parts(tmp_path)
    assert modules == [count_file(tmp_path, path) for part in parts for path in part.paths]
    assert sum(module.functions for module in modules) == 11
    assert told == [(2, 3), (3, 3)]


def test_the_direct_count_equals_the_sum_of_the_parts_for_a_package_of_the_real_library():
    root = Path(sysconfig.get_path("stdlib")) / "json"

    modules = count_directly(root, lambda _done, _total: None)

    parts = find_parts(root)
    for count in ("lines", "functions", "classes", "nodes"):
        by_parts = sum(sum(getattr(count_file(root, path), count) for path in part.paths) for part in parts)
        assert sum(getattr(module, count) for module in modules) == by_parts > 0


def test_the_library_is_the_interpreters_unless_the_environment_names_a_folder(tmp_path: Path):
    elsewhere = {"HEADWAY_DEMO_LIBRARY": str(tmp_path)}

    assert (library_root({}) / "os.py").is_file()
    assert library_name({}).startswith("The standard library of ")
    assert library_root(elsewhere) == tmp_path
    assert str(tmp_path) in library_name(elsewhere)


def test_documentation_is_the_docstring_or_nothing(tmp_path: Path):
    write(tmp_path, "good.py", NESTED)
    write(tmp_path, "bad.py", b"def (")

    assert documentation(tmp_path, "good.py") == "Nested things."
    assert documentation(tmp_path, "bad.py") == ""
    assert documentation(tmp_path, "gone.py") == ""
