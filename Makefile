# Everything a newcomer needs: `make demo` and `make test` set up .venv by themselves.

PYTHON ?= python3
BIN := .venv/bin
SOURCES := autograd nn tests benchmarks notebooks
# Notebooks are checked for names and types, and need not say for each gradient that it is there.
AS_IN_A_LESSON := --config-file= --ignore-missing-imports --no-strict-optional --allow-redefinition \
	--disable-error-code=union-attr --disable-error-code=call-overload --disable-error-code=misc

.DELETE_ON_ERROR:
.PHONY: demo test thorough lint format notebooks bench clean

demo: .venv/.core
	$(BIN)/python -m autograd demo

test: .venv/.test
	$(BIN)/python -m pytest -q -n auto

thorough: .venv/.test
	HYPOTHESIS_PROFILE=thorough $(BIN)/python -m pytest -q -n auto -m "thorough or not thorough"

lint: .venv/.test
	$(BIN)/ruff check $(SOURCES)
	$(BIN)/ruff format --check $(SOURCES)
	$(BIN)/mypy
	$(BIN)/mypy $(AS_IN_A_LESSON) notebooks/[0-9]*.py

format: .venv/.test
	$(BIN)/ruff check --fix $(SOURCES)
	$(BIN)/ruff format $(SOURCES)

# Runs every notebook from its source and keeps what it shows beside it; ONLY="02 07" those alone.
notebooks: .venv/.test
	$(BIN)/python notebooks/execute.py $(ONLY)

# PEERS=1 first builds an environment for the peers, each of which then runs in its own process.
# SECTION=A or B measures that one only and keeps the figures of the other.
bench: .venv/.native $(if $(PEERS),.venv-peers/.ready)
	$(BIN)/python -m benchmarks $(if $(SECTION),--section $(SECTION))

clean:
	rm -rf .venv .venv-peers out dist build .pytest_cache .mypy_cache .ruff_cache .hypothesis

.venv/bin/python:
	$(PYTHON) -m venv .venv || (rm -rf .venv; exit 1)

.venv/.core: .venv/bin/python pyproject.toml
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -e .
	touch $@

.venv/.test: .venv/.core
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -e ".[test]"
	touch $@

.venv/.native: .venv/.core
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -e ".[native]"
	touch $@

.venv-peers/.ready: benchmarks/peers.txt
	$(PYTHON) -m venv .venv-peers
	.venv-peers/bin/python -m pip install --quiet --disable-pip-version-check -r benchmarks/peers.txt
	touch $@
