# install: the environment alone. fuzz: a short real campaign. test: the whole suite. check: lint and types.
PYTHON ?= python3.11
VENV := .venv
BIN := $(VENV)/bin
SECONDS_EACH ?= 30
WORKERS ?= auto

.DEFAULT_GOAL := help
.PHONY: help install fuzz test check bench bench-scale verify-world matrix-own clean

help:
	@echo 'make install   the environment, in $(VENV)'
	@echo 'make fuzz      a campaign of $(SECONDS_EACH) s on each target, the result shown'
	@echo 'make test      the whole test suite'
	@echo 'make check     ruff and mypy'
	@echo 'make bench     where the time goes, stage by stage'
	@echo 'make bench-scale   what grows with the volume of campaigns; 15 minutes, 1.3 GB of disk for a while'
	@echo 'make verify-world   the stack oracle over the standard library of every CPython that is here'
	@echo 'make matrix-own     our own codegen on every CPython that is here, debug builds among them'

install: $(VENV)/installed

$(VENV)/installed: pyproject.toml ci/constraints.txt
	@command -v $(PYTHON) >/dev/null || { echo 'make: $(PYTHON) is not on PATH; name another with PYTHON=…' >&2; exit 2; }
	test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -c ci/constraints.txt torch
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -c ci/constraints.txt -e '.[dev]'
	@touch $@

fuzz: install
	$(BIN)/stackproof fuzz --target own --target torch --seconds $(SECONDS_EACH)

test: install
	$(BIN)/python -m pytest -n $(WORKERS) --dist worksteal

check: install
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy

bench: install
	$(BIN)/python -m benchmarks.bench_stages
	$(BIN)/python -m benchmarks.bench_codegens

bench-scale: install
	$(BIN)/python -m benchmarks.bench_scale

# needs no environment: it runs on the standard library alone
verify-world:
	ci/verify-world

matrix-own: install
	ci/matrix-own

clean:
	rm -rf .matrix $(VENV) .pytest_cache .mypy_cache .ruff_cache .hypothesis
