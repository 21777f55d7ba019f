# Two commands matter to a newcomer: `make demo` and `make test`. Each sets up .venv by itself.

PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
STAMP := $(VENV)/.locked
PEERS := .venv-peers

.PHONY: setup demo test soak check proto bench quality docs-check format lock clean

setup: $(STAMP)

$(STAMP): requirements.lock pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { echo "Strongroom needs Python 3.11 or newer: $$($(PYTHON) --version 2>&1) found. Set PYTHON=..." >&2; exit 1; }
	@$(PYTHON) -c 'import ensurepip, venv' 2>/dev/null || { echo "Python's venv module is missing: apt-get install python3-venv" >&2; exit 1; }
	@test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	@echo "Installing the locked dependencies into $(VENV) ..."
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements.lock
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation --editable .
	@touch $(STAMP)

demo: setup
	@$(BIN)/python -m deploy.demo

test: setup
	@$(BIN)/python -m pytest -n 2 --dist loadfile -m "not soak"

soak: setup
	@$(BIN)/python -m pytest -m soak --timeout 3600

check: setup
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check .
	@$(BIN)/mypy
	@$(BIN)/lint-imports
	@$(BIN)/python protos/generate.py --check

proto: setup
	@$(BIN)/python protos/generate.py
	@$(BIN)/python protos/generate.py --check

bench: setup
	@$(BIN)/python -m benchmarks.speed

# The peers live in a folder of their own: they are measured beside the product and never part of it.
quality: setup $(PEERS)/.locked
	@$(BIN)/python -m benchmarks.quality

$(PEERS)/.locked: benchmarks/quality/peers.lock
	@test -x $(PEERS)/bin/python || $(PYTHON) -m venv $(PEERS)
	@echo "Installing the tools to compare with into $(PEERS) ..."
	@$(PEERS)/bin/python -m pip install --quiet --disable-pip-version-check --require-hashes -r benchmarks/quality/peers.lock
	@touch $@

docs-check: setup
	@$(BIN)/python -m pytest tests/e2e/docs

format: setup
	@$(BIN)/ruff check --fix --quiet . ; $(BIN)/ruff format --quiet .

# Needs uv on the PATH; the lock holds hashes and no registry.
lock:
	uv pip compile pyproject.toml --all-extras --group dev --group bench --universal --python-version 3.11 --generate-hashes --no-emit-index-url --no-header --quiet -o requirements.lock
	uv pip compile --group peers --constraint requirements.lock --universal --python-version 3.11 --generate-hashes --no-emit-index-url --no-header --quiet -o benchmarks/quality/peers.lock

clean:
	rm -rf $(VENV) $(PEERS) .mypy_cache .ruff_cache .pytest_cache .import_linter_cache .hypothesis bench.json quality.json demo-output
