# Two commands for a new machine: `make demo` and `make test`. Needs Python 3.11+, pip and make.
PYTHON ?= python3
VENV ?= .venv
BIN := $(VENV)/bin

.PHONY: demo site test test-all test-rest test-core lint constraints check-constraints coverage bench bench-data reference study doctor measure clean

# What a command needs is installed before it runs: the package alone for the demo, more for tests and lint.
$(VENV)/bin/python:
	@$(PYTHON) -c 'import sys; sys.exit("sale-inspect needs Python 3.11 or newer, found " + sys.version.split()[0] + ". Try: make PYTHON=python3.11") if sys.version_info < (3, 11) else None'
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --upgrade pip

$(VENV)/.base: pyproject.toml | $(VENV)/bin/python
	$(BIN)/python -m pip install --quiet --editable .
	@touch $@

$(VENV)/.embed: pyproject.toml | $(VENV)/bin/python
	$(BIN)/python -m pip install --quiet --editable '.[embed]'
	@touch $@ $(VENV)/.base

$(VENV)/.test: pyproject.toml | $(VENV)/bin/python
	$(BIN)/python -m pip install --quiet --editable '.[test,embed]'
	@touch $@ $(VENV)/.base $(VENV)/.embed

$(VENV)/.dev: pyproject.toml | $(VENV)/bin/python
	$(BIN)/python -m pip install --quiet --editable '.[dev,embed]'
	@touch $@ $(VENV)/.base $(VENV)/.embed $(VENV)/.test

demo: $(VENV)/.base
	$(BIN)/sale-inspect demo

# Tests run on all cores; a file's tests stay together, because they share what is slow to make.
PYTEST = $(BIN)/python -m pytest -n logical --maxprocesses=8 --dist=loadfile --no-loadscope-reorder

# What needs nothing but this package. The last line says what is left out.
test: $(VENV)/.test
	$(PYTEST) --needing nothing

# What needs Docker, the original data, Chromium, MiniLM, a model server, Ray or minutes; what is missing is skipped.
test-rest: $(VENV)/.test
	$(PYTEST) --needing something

test-all: $(VENV)/.test
	$(PYTEST)

# The decisions and the money, in a minute.
test-core: $(VENV)/.test
	$(PYTEST) --needing nothing tests/auction tests/stats tests/weights tests/routers tests/replay tests/money

lint: $(VENV)/.dev
	$(BIN)/python tools/constraints.py
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy sale_inspect tasks solvers scorers tests benchmarks tools
	$(BIN)/inspect-evals-lint --all

# The exact releases of a study that wants to be repeated, with a SHA-256 of every file: make constraints [ARGS=--upgrade].
# Both ask the package index, through uv.
constraints: $(VENV)/.dev
	$(BIN)/python tools/constraints.py --write $(ARGS)

check-constraints: $(VENV)/.dev
	$(BIN)/python tools/constraints.py --resolve

# Minutes: whether intervals, verdicts and certificates hold as often as they say (docs/statistics.md)
coverage: $(VENV)/.base
	$(BIN)/python benchmarks/coverage.py $(ARGS)

# Minutes, as figures beside their goals; make bench ARGS=--quick only shows that all of it works.
bench: $(VENV)/.base
	$(BIN)/python benchmarks/auction.py $(ARGS)
	$(BIN)/python benchmarks/redecide.py $(ARGS)
	$(BIN)/python benchmarks/concurrency.py --connections 10 $(ARGS)
	$(BIN)/python benchmarks/concurrency.py $(ARGS)
	$(BIN)/python benchmarks/share.py $(ARGS)
	$(BIN)/python benchmarks/routers.py $(ARGS)
	$(BIN)/python benchmarks/replay.py $(ARGS)
	$(BIN)/python benchmarks/tables.py $(ARGS)

DATA ?= data
# Needs the original files and, for scoring, Docker: make bench-data DATA=folder
bench-data: $(VENV)/.base
	$(BIN)/python benchmarks/build.py --data-dir $(DATA) $(ARGS)
	$(BIN)/python benchmarks/scoring.py --data-dir $(DATA) $(ARGS)

reference: $(VENV)/.test
	$(BIN)/python docs/reference.py site/reference

# The docs and the reference as pages with search; to read them: python -m http.server --directory site
site: $(VENV)/.test
	NO_MKDOCS_2_WARNING=1 $(BIN)/mkdocs build --quiet --strict
	$(BIN)/python docs/reference.py site/reference

# Hours with real models; goes on where it stopped: make study [STUDY=file.yaml] [ARGS=--forecast]
STUDY ?= benchmarks/study.yaml
study: $(VENV)/.embed
	$(BIN)/sale-inspect study $(STUDY) $(ARGS)

# The figures of the house: files, lines, arrows, circles. Needs Python alone.
measure:
	$(PYTHON) tools/house.py --measure

doctor: $(VENV)/.base
	$(BIN)/sale-inspect doctor

clean:
	rm -rf $(VENV) dist .pytest_cache .mypy_cache .ruff_cache
