# One spelling for each job; `make help` lists them.
#   PYTHON=python3.12   the interpreter that makes the virtual environment (3.11 or newer)
#   VENV=.venv          where it is made
#   ARGS="..."          options for the command: make load-data ARGS="--customers 1000"

PYTHON ?= python3
VENV ?= .venv
ARGS ?=
SEED ?= 1

.DEFAULT_GOAL := help
.DELETE_ON_ERROR:
.PHONY: help install load-data create-schemas db-connect db-start db-stop db-status test test-slow test-time test-faults test-cluster bench docs captures lint type fmt clean

BIN := $(VENV)/bin
# Names what it fetches, one line each, and keeps pip's own exit code.
PIP_INSTALL = { $(BIN)/python -m pip install --disable-pip-version-check --progress-bar off -e $(1) \
	|| touch $(VENV)/.failed; } | { grep --line-buffered -oE '^(Collecting [A-Za-z0-9._-]+|Installing collected packages)' || true; }; \
	if [ -e $(VENV)/.failed ]; then rm $(VENV)/.failed; exit 1; fi

help: ## list the targets
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-15s %s\n", $$1, $$2 }' $(firstword $(MAKEFILE_LIST))

load-data: $(VENV)/.installed ## fill all seven bronze tables (starts the embedded PostgreSQL)
	@$(BIN)/shardgen load $(ARGS)

create-schemas: $(VENV)/.installed ## create schema and tables, load nothing
	@$(BIN)/shardgen schema --apply $(ARGS)

db-connect: $(VENV)/.installed ## open psql on the embedded server
	@$(BIN)/shardgen db psql $(ARGS)

db-start: $(VENV)/.installed ## start the embedded server
	@$(BIN)/shardgen db start $(ARGS)

db-stop: $(VENV)/.installed ## stop the embedded server (its data stays)
	@$(BIN)/shardgen db stop $(ARGS)

db-status: $(VENV)/.installed ## tell whether the embedded server runs, and where
	@$(BIN)/shardgen db status $(ARGS)

test: $(VENV)/.installed-dev ## run the tests; ARGS="-n 2" two at a time
	@$(BIN)/python -m pytest $(ARGS)

test-slow: $(VENV)/.installed-dev ## run the manual's pages as a reader does, the example packages, and the benchmark on a small world
	@$(BIN)/python -m pytest -m 'slow and not time' $(ARGS)

test-time: $(VENV)/.installed-dev ## run what takes more time than CI has: years of single days, each kind of dirt alone (an hour, 20 GiB)
	@$(BIN)/python -m pytest -m time $(ARGS)

bench: $(VENV)/.installed ## measure a load beside PostgreSQL's own speed (about forty minutes, 25 GiB)
	@$(BIN)/python -m scripts.bench $(ARGS)

test-faults: $(VENV)/.installed-dev ## kill, stop and starve processes and servers; SEED=7 rolls other dice
	@SHARDGEN_FAULT_SEED=$(SEED) $(BIN)/python -m pytest -m faults $(ARGS)

test-cluster: $(VENV)/.installed-dev ## load by Dask clusters, kill their parts, cut a host off (that as root, on Linux)
	@$(BIN)/python -m pytest -m cluster -s $(ARGS)

docs: $(VENV)/.installed ## write the generated parts of the manual and the dbt source
	@$(BIN)/python scripts/manual.py

captures: $(VENV)/.installed ## run the manual's commands and write the outputs that it shows
	@$(BIN)/python scripts/captures.py $(ARGS)

lint: $(VENV)/.installed-dev ## check style with ruff
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check .

type: $(VENV)/.installed-dev ## check types with mypy --strict
	@$(BIN)/mypy

fmt: $(VENV)/.installed-dev ## format the code and fix what ruff can fix
	@$(BIN)/ruff check --fix-only --quiet .
	@$(BIN)/ruff format .

install: $(VENV)/.installed-dev ## make the virtual environment, development tools included

clean: ## remove the virtual environment and all caches (loaded data stays)
	@homes=$$(ps -axww -o args= | sed -n 's|^$(abspath $(VENV))/.*/bin/postgres -D \(.*\)/postgres -c config_file=.*|\1|p'); \
	if [ -n "$$homes" ]; then \
		echo "error: an embedded server runs from $(VENV), which holds its programs: stop it first:" >&2; \
		echo "$$homes" | while IFS= read -r home; do echo "  $(BIN)/shardgen db stop --data-dir '$$home'" >&2; done; \
		exit 2; \
	fi
	@rm -rf $(VENV) build dist *.egg-info .mypy_cache .ruff_cache .pytest_cache .hypothesis
	@find . -name __pycache__ -type d -prune -exec rm -rf {} +

$(VENV)/.python:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null || { \
		echo "error: PYTHON=$(PYTHON) is missing or older than 3.11: name one, as in make PYTHON=/usr/bin/python3.12 ..." >&2; \
		exit 1; }
	@echo "making the virtual environment $(VENV) ..."
	@$(PYTHON) -m venv $(VENV)
	@touch $@

$(VENV)/.installed: pyproject.toml | $(VENV)/.python
	@echo "installing shardgen and the libraries that it needs (once, about a minute) ..."
	@$(call PIP_INSTALL,'.[report]')
	@touch $@

$(VENV)/.installed-dev: pyproject.toml $(VENV)/.installed
	@echo "installing the tools for tests and checks (once) ..."
	@$(call PIP_INSTALL,'.[dev]')
	@touch $@
