# Two commands for a new machine: `make demo` and `make test`. Needs Python 3.11+, pip and make.
PYTHON ?= python3
VENV ?= .venv
BIN := $(VENV)/bin

.PHONY: demo test lint bench doctor clean

$(VENV)/.installed: pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit("sale-inspect needs Python 3.11 or newer, found " + sys.version.split()[0] + ". Try: make PYTHON=python3.11") if sys.version_info < (3, 11) else None'
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --upgrade pip
	$(BIN)/python -m pip install --quiet --editable '.[dev,embed]'
	@touch $@

demo: $(VENV)/.installed
	$(BIN)/sale-inspect demo

test: $(VENV)/.installed
	$(BIN)/python -m pytest

lint: $(VENV)/.installed
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy sale_inspect tasks solvers scorers tests benchmarks

bench: $(VENV)/.installed
	$(BIN)/python benchmarks/auction.py

doctor: $(VENV)/.installed
	$(BIN)/sale-inspect doctor

clean:
	rm -rf $(VENV) dist .pytest_cache .mypy_cache .ruff_cache
