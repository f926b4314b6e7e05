# make demo    build the book of the mitochondrial chromosome and read it at http://127.0.0.1:8501
# make test    style, types and all tests, in a real browser too
# Needs make and Python 3.11 or newer. Everything is installed into .venv.

SHELL := /bin/bash
PYTHON ?=
PORT ?= 8501
# no: `make demo` only builds the book.
SERVE ?= yes
# More processes than this gain little: a few long tests decide the time.
WORKERS ?= 4

# Per cent of the library's lines that the tests run, at least.
COVERED ?= 94

VENV := .venv
BIN := $(VENV)/bin
PIP := $(BIN)/python -m pip install -qq --disable-pip-version-check --no-input -c constraints.txt
# A name on PATH may be a launcher without a Python behind it, so each candidate is run, not only looked up.
USABLE := -c 'import sys; sys.exit(sys.version_info < (3, 11))'
CANDIDATES := $(or $(PYTHON),python3.11 python3.12 python3.13 python3.14 python3)

.DEFAULT_GOAL := help
.PHONY: help demo demo-chr21 test lint docs bench clean

help:
	@echo 'make demo [PORT=8501]  build and read the book of the human mitochondrial chromosome (SERVE=no: build only)'
	@echo 'make demo-chr21        the same of chromosome 21: downloads it and its annotation first'
	@echo 'make test              ruff, mypy and pytest'
	@echo 'make lint              ruff and mypy only'
	@echo 'make docs              the documentation as a site, in site/'
	@echo 'make bench             the benchmarks, side by side with their peers'
	@echo 'make clean             remove .venv and everything that tools left behind'

demo: $(VENV)/.base
	@exec $(BIN)/genomebook demo --port $(PORT) $(if $(filter no,$(SERVE)),--no-serve)

demo-chr21: $(VENV)/.base
	@mkdir -p books
	@$(BIN)/genomebook make GRCh38 --chromosomes chr21 -o books/chr21.book
	@$(if $(filter no,$(SERVE)),,exec $(BIN)/genomebook serve books/chr21.book --port $(PORT))

test: lint
	@tests/ensure_chromium.sh
	@$(BIN)/python -m pytest -n auto --maxprocesses $(WORKERS) --dist loadfile --durations 20 \
	  --cov --cov-report=term --cov-fail-under=$(COVERED)

lint: $(VENV)/.dev
	@$(BIN)/ruff check
	@$(BIN)/ruff format --check
	@$(BIN)/mypy

docs: $(VENV)/.dev
	@$(BIN)/mkdocs build --strict --quiet

bench: $(VENV)/.dev
	@$(BIN)/python -m benchmarks

clean:
	rm -rf $(VENV) dist build site .coverage .coverage.* .pytest_cache .mypy_cache .ruff_cache .hypothesis *.egg-info
	find . -name __pycache__ -type d -prune -exec rm -rf {} +

# A virtual environment that works is kept, whoever made it; one left half made is made anew.
$(VENV)/.made:
	@if $(BIN)/python $(USABLE) 2>/dev/null && $(BIN)/python -m pip --version >/dev/null 2>&1; then \
	  touch $@; exit 0; \
	fi; \
	for name in $(CANDIDATES); do \
	  $$name $(USABLE) 2>/dev/null || continue; \
	  $$name -c 'import ensurepip, venv' 2>/dev/null \
	    || { missing=$$name; continue; }; \
	  echo "Making $(VENV) with $$($$name --version)"; \
	  $$name -m venv --clear $(VENV) && touch $@ && exit 0; \
	  exit 1; \
	done; \
	if [ -n "$$missing" ]; then \
	  echo "make: $$missing has no venv module; install it (Debian, Ubuntu: apt-get install python3-venv)" >&2; \
	else \
	  echo "make: no Python 3.11 or newer among: $(CANDIDATES); install one or say make PYTHON=/path/to/python3" >&2; \
	fi; \
	exit 1

$(VENV)/.base: pyproject.toml constraints.txt $(VENV)/.made
	@echo 'Installing genomebook into $(VENV); the first time takes about a minute'
	@$(PIP) -e .
	@touch $@

$(VENV)/.dev: pyproject.toml constraints.txt $(VENV)/.made
	@echo 'Installing genomebook and its tests into $(VENV); the first time takes about a minute'
	@$(PIP) -e '.[dev]'
	@touch $(VENV)/.base $@
