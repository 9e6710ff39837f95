# Every target sets up what it needs: a virtual environment from a hash-locked requirements file,
# made anew only when the lock or pyproject.toml has changed.

VENV := .venv
VENV_BENCH := .venv-bench
STAMP := $(VENV)/.installed
STAMP_BENCH := $(VENV_BENCH)/.installed
BIN := $(VENV)/bin

SOURCES := $(shell for folder in src tests examples benchmarks scripts docs/notebooks; do \
	find $$folder -name '*.py' 2>/dev/null | grep -q . && echo $$folder; done) conftest.py noxfile.py
WORKERS ?= auto
PARALLEL = --numprocesses=$(WORKERS) --maxprocesses=4
# The edges that need an extra; the rest of the package is held to a stricter gate.
EXTRAS := src/leadflow/frames/*,src/leadflow/learning/*,src/leadflow/reporting/*,src/leadflow/testing/*

export PIP_DISABLE_PIP_VERSION_CHECK := 1
export PIP_NO_INPUT := 1

.DEFAULT_GOAL := help
.PHONY: help demo test test-all check format docs bench lock clean

help: ## list the targets
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "%-10s%s\n", $$1, $$2 }' $(MAKEFILE_LIST)

$(STAMP): requirements/dev.txt pyproject.toml scripts/venv.sh
	@test -x $(BIN)/python && $(BIN)/python -m pip --version >/dev/null 2>&1 || scripts/venv.sh $(VENV)
	$(BIN)/python -m pip install -qq --require-hashes -r requirements/dev.txt
	$(BIN)/python -m pip install -qq --no-deps --no-build-isolation -e .
	@touch $@

$(STAMP_BENCH): requirements/bench.txt pyproject.toml scripts/venv.sh
	@test -x $(VENV_BENCH)/bin/python && $(VENV_BENCH)/bin/python -m pip --version >/dev/null 2>&1 || scripts/venv.sh $(VENV_BENCH)
	$(VENV_BENCH)/bin/python -m pip install -qq --require-hashes -r requirements/bench.txt
	$(VENV_BENCH)/bin/python -m pip install -qq --no-deps --no-build-isolation -e .
	@touch $@

demo: $(STAMP) ## the bundled sample: scores, ratings, the day's work, and whose it is
	$(BIN)/leadflow demo

test: $(STAMP) ## run the tests and hold the branch coverage
	$(BIN)/python -m pytest $(PARALLEL) --ignore=tests/properties --ignore=tests/benchmarks --cov --cov-report=
	@echo "The laws and the benchmarks, which cover nothing more, without measuring the coverage: that takes three times as long."
	$(BIN)/python -m pytest $(PARALLEL) tests/properties tests/benchmarks
	@echo "Branch coverage without the extras (100 % required):"
	$(BIN)/python -m coverage report --omit='$(EXTRAS)' --fail-under=100
	@echo "Branch coverage with the extras (95 % required):"
	$(BIN)/python -m coverage report --fail-under=95 --format=total

test-all: $(STAMP) ## the tests on every Python, on the lowest dependencies, on the wheel, and the slow ones
	$(BIN)/nox

check: $(STAMP) ## lint, formatting, types, layers, and a strict build of the docs
	$(BIN)/ruff check $(SOURCES)
	$(BIN)/ruff format --check $(SOURCES)
	$(BIN)/mypy $(SOURCES)
	$(BIN)/lint-imports --no-logo
	$(MAKE) --no-print-directory docs

format: $(STAMP) ## put the source into its format
	$(BIN)/ruff check --fix $(SOURCES)
	$(BIN)/ruff format $(SOURCES)

docs: $(STAMP) ## build the documentation strictly
	$(BIN)/python scripts/check_nav.py
	NO_COLOR=1 $(BIN)/zensical build --clean --strict --config-file mkdocs.yml

bench: $(STAMP_BENCH) ## compare with peers and queries by hand; write benchmarks/RESULTS.md and docs/how-fast.md
	$(VENV_BENCH)/bin/python -m benchmarks

lock: $(STAMP) ## make requirements/*.txt anew (UPGRADE=1 takes newer versions)
	scripts/lock.sh $(BIN)/uv

clean: ## remove what the other targets made
	rm -rf $(VENV) $(VENV_BENCH) .nox .cache site build dist htmlcov .coverage .coverage.*
	rm -rf .mypy_cache .pytest_cache .ruff_cache .import_linter_cache .hypothesis
	find . -type d -name __pycache__ -prune -exec rm -rf {} +
