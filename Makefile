# Everything a developer or CI runs. Needs python3 (3.11 or later) with its venv module, make and a shell; the rest is installed into .venv.

PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
READY := $(VENV)/.ready
VENDOR := src/headway/web/static/vendor
# `make demo ARGS=--once` hands its words to the program.
ARGS ?=
KILLS ?= 200
INSTANTS ?= 100
SEEDS ?= 20000

# uv never fetches an interpreter, pyright never asks whether a newer pyright exists, and both work in this checkout only.
export UV_PYTHON_DOWNLOADS := never
export PYRIGHT_PYTHON_IGNORE_WARNINGS := 1
export PIP_DISABLE_PIP_VERSION_CHECK := 1
# Nothing of the caller's Python leaks in; and without bytecode every process would compile the tools anew.
unexport VIRTUAL_ENV PYTHONPATH PYTHONHOME PYTHONDONTWRITEBYTECODE

.DEFAULT_GOAL := help
.PHONY: help venv test check format lint types imports pytest test-browser screenshots fix demo bench faults crash firings simulate cover lock clean

help: ## list the targets
	@sed -n 's/^\([a-z-]*\):.*## \(.*\)/  make \1|\2/p' Makefile | while IFS='|' read -r target says; do printf '%-21s%s\n' "$$target" "$$says"; done

venv: $(READY) ## make .venv with the locked development set and an editable install

# uv itself comes through pip, by the hashes of the same lock file; it then installs the rest ten times faster than pip would.
# The editable install fetches the pages' scripts (ui/hatch_build.py), with the machine's npm or that of the development set.
$(READY): requirements-dev.txt pyproject.toml ui/hatch_build.py ui/package.json ui/package-lock.json
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "headway needs Python 3.11 or later, this is " + sys.version)'
	@test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	@sed -n '/^uv==/,/[^\\]$$/p' requirements-dev.txt > $(VENV)/uv.txt
	@$(BIN)/python -m pip install --quiet --require-hashes -r $(VENV)/uv.txt
	@$(BIN)/uv pip install --quiet --no-config --python $(BIN)/python --require-hashes -r requirements-dev.txt
	@$(BIN)/uv pip install --quiet --no-config --python $(BIN)/python --no-deps --no-build-isolation -e .
	@touch $(READY)

test: check pytest ## everything CI needs: check, then all tests

check: format lint types imports ## layout, lint, types and imports, without running a test

format: $(READY) ## is everything laid out as the formatter would? (`make fix` mends it)
	$(BIN)/ruff format --check --quiet .

lint: $(READY) ## ruff with every rule but the exceptions in pyproject.toml
	$(BIN)/ruff check --quiet .

types: $(READY) ## mypy --strict and pyright over src and the typing tests
	$(BIN)/mypy --strict
	$(BIN)/pyright

imports: $(READY) ## the layers contract: imports go down the rooms only
	$(BIN)/lint-imports --no-logo

pytest: $(READY) ## the tests alone: two processes, random order, 20 s at most for one test
	$(BIN)/python -m pytest -n 2 --dist worksteal -q $(ARGS)

test-browser: $(READY) ## the pages in headless Chromium, which is found, or brought where that may be; fails without one
	@$(BIN)/python -m tests.browser.chromium
	$(BIN)/python -m pytest -q --timeout 60 tests/browser $(ARGS)

screenshots: $(READY) ## by hand: the README's pictures into docs/images, from a made-up shop (ARGS="dashboard --to /tmp/x")
	@$(BIN)/python -m tests.browser.chromium
	$(BIN)/python -m tools.screenshots $(ARGS)

fix: $(READY) ## let ruff lay out the code and mend what it safely can
	$(BIN)/ruff check --fix --quiet . || true
	$(BIN)/ruff format --quiet .

demo: $(READY) ## run the demonstration (ARGS=--once ends by itself)
	$(BIN)/python -m headway demo $(ARGS)

bench: $(READY) ## measure enqueue, claim, settle and latency on this machine
	$(BIN)/python -m bench $(ARGS)

faults: $(READY) ## by hand: strace, mounts, wrong clocks, cut networks (needs root and the tools; fails without)
	$(BIN)/python -m faults $(ARGS)

crash: $(READY) ## by hand: 200 and more kills of a whole worker tree (KILLS=500)
	$(BIN)/python -m faults.crash --kills $(KILLS) $(ARGS)

firings: $(READY) ## by hand: schedules that fire every second while workers are killed (INSTANTS=100)
	$(BIN)/python -m faults.firings --instants $(INSTANTS) $(ARGS)

simulate: $(READY) ## by hand: many more simulated worlds than the tests live through (SEEDS=20000)
	$(BIN)/python -m tests.simulator --seeds $(SEEDS) $(ARGS)

# Measured processes are slow: a test may take longer, and the bodies of test_pauses.py end before all of them have begun.
# The planted bugs and the simulator prove the tests, not the code.
UNMEASURED := tests/planted tests/simulator tests/faults/test_pauses.py

cover: $(READY) ## by hand: all processes of the tests under branch coverage; fails under 100 in model/, 95 elsewhere
	$(BIN)/coverage erase
	$(BIN)/coverage run -m pytest -n 2 --dist worksteal -q --timeout 60 $(UNMEASURED:%=--ignore=%) $(ARGS)
	$(BIN)/coverage combine --quiet
	@for room in src/headway/*/__init__.py; do room=$${room%/__init__.py}; \
	    printf '%-24s%s %%\n' $$room $$($(BIN)/coverage report --format=total --include="$$room/*"); done
	$(BIN)/coverage report --fail-under=100 --include='src/headway/model/*'
	$(BIN)/coverage report --fail-under=95 --omit='src/headway/model/*'

lock: $(READY) ## write requirements-dev.txt again from pyproject.toml (UPGRADE=--upgrade takes newer releases)
	$(BIN)/uv pip compile --quiet --no-config --universal --python-version 3.11 --all-extras --group dev --generate-hashes \
	    --no-emit-index-url --no-header $(UPGRADE) pyproject.toml -o requirements-dev.txt

clean: ## remove .venv and everything the tools left
	rm -rf $(VENV) $(VENDOR) build dist .coverage .coverage.* .hypothesis .import_linter_cache .mypy_cache .pytest_cache .ruff_cache
	find src tests -name __pycache__ -type d -prune -exec rm -rf {} +
