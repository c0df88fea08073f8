# Set-up, tests, and shortcuts for the command line `cdp`.
.DEFAULT_GOAL := help
SHELL := /bin/sh
PYTHON ?= python3
VENV := .venv
CDP := $(VENV)/bin/cdp
UV := $(VENV)/bin/uv
POSTGRES_15 := /usr/lib/postgresql/15/bin/postgres
STAMP := $(VENV)/.set-up
FAST_TESTS := -m "not pages and not long" -n auto --dist loadgroup --no-loadscope-reorder

.PHONY: help setup demo test test-long test-pages mutation lint check up down status diff doctor bench wheel clean

help: ## Show this list.
	@grep -hE '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:[^#]*## /\t/' | expand -t 14

setup: $(STAMP) ## Create the environment (uv, hashed lock, bytecode) and the dbt manifest.

$(STAMP): requirements.lock pyproject.toml
	@$(PYTHON) -c 'import sys; v = sys.version_info; sys.exit(0 if (3, 11) <= v < (3, 14) else "Python %d.%d is not supported: install 3.11, 3.12 or 3.13 and run make PYTHON=python3.12 setup" % v[:2])'
	@test -x $(VENV)/bin/python || { echo "creating $(VENV)"; $(PYTHON) -m venv $(VENV); }
	@test -x $(UV) || { echo "installing uv"; $(VENV)/bin/python -m pip install --quiet uv; }
	@echo "installing the locked packages"
	@UV_COMPILE_BYTECODE=1 VIRTUAL_ENV=$(CURDIR)/$(VENV) $(UV) pip sync --quiet --system-certs --require-hashes requirements.lock
	@VIRTUAL_ENV=$(CURDIR)/$(VENV) $(UV) pip install --quiet --no-deps --no-build-isolation --offline --editable .
	@$(CDP) manifest
	@touch $(STAMP)

demo: setup ## Build checked tables from simulated sources, then print a summary; run again to update.
	@$(CDP) demo

test: setup ## All tests except long and page tests, then the coverage check; root: installs Postgres 15.
	@test -x $(POSTGRES_15) || test "$$(id -u)" != 0 || ! command -v apt-get >/dev/null || { \
		echo "installing Postgres 15, to test the migrations on it too"; \
		mkdir -p /etc/postgresql-common; conf=/etc/postgresql-common/createcluster.conf; \
		test -e $$conf || echo "create_main_cluster = false" > $$conf; \
		apt-get update -qq && DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends postgresql-15 >/dev/null || \
		echo "Postgres 15 cannot be installed here: the tests that need it are skipped"; }
	@$(CDP) manifest
	@rm -f .coverage.json
	@PYTHONDONTWRITEBYTECODE= $(VENV)/bin/python -m slipcover -m pytest $(FAST_TESTS); \
		ended=$$?; $(VENV)/bin/python -m tests.coverage_figures && exit $$ended

mutation: setup ## Change the engine of commissions place by place: a test must fail; branches covered.
	@VIRTUAL_ENV=$(CURDIR)/$(VENV) $(UV) pip install --quiet --system-certs --require-hashes -r tests/mutation/requirements.lock
	@$(VENV)/bin/python -m tests.mutation

test-long: setup ## Tests of a minute or more each: a small bench, a source that changes over many ticks.
	@$(VENV)/bin/python -m pytest -m long

test-pages: setup ## Tests in a real browser; installs Debian's chromium if it is missing (root).
	@command -v chromedriver >/dev/null || { apt-get update -qq && apt-get install -y -qq chromium chromium-driver; }
	@$(VENV)/bin/python -m pytest -m pages

lint: setup ## Format, lint and types.
	@$(VENV)/bin/ruff format --check . && $(VENV)/bin/ruff check . && $(VENV)/bin/mypy

check: lint ## Run lint and the quick tests.
	@$(VENV)/bin/python -m pytest tests/unit tests/graph

up: setup ## Start the Dagster UI, the daemon, the code server and the query layer on loopback.
	@$(CDP) up

down: setup ## Stop all processes that up or demo started; data stays.
	@$(CDP) down

status: setup ## Show processes, newest partitions, sources and alerts.
	@$(CDP) status

diff: setup ## Compare a fresh demo of 4,000 deals with the expected tables, by column.
	@$(CDP) diff

doctor: setup ## Check Python, disk, memory, rights, ports and databases.
	@$(CDP) doctor

bench: setup ## Measure speed and memory against DuckDB and plain SQL; takes about an hour.
	@VIRTUAL_ENV=$(CURDIR)/$(VENV) $(UV) pip install --quiet --system-certs --require-hashes -r bench/requirements.lock
	@$(VENV)/bin/python -m bench

wheel: setup ## Build a wheel with all files needed at run time into dist/.
	@$(CDP) manifest
	@rm -rf build
	@$(UV) build --wheel --quiet --offline --no-build-isolation --python $(VENV)/bin/python --out-dir dist .
	@rm -rf build

clean: setup ## Delete the state folder and its data: make clean CONFIRM=yes.
	@$(CDP) clean --confirm "$(CONFIRM)"
