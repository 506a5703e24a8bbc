# Every target sets itself up: git, make, Python 3.11-3.13 and pip are enough.
.DEFAULT_GOAL := help
SHELL := /bin/bash

UV := $(shell command -v uv 2>/dev/null || echo .tools/bin/uv)
BIN := .venv/bin
STAMP := .venv/.synced
MANIFESTS := pyproject.toml $(wildcard packages/*/pyproject.toml)
# Compiled XLA programs survive between runs; safe to delete at any time.
export JAX_COMPILATION_CACHE_DIR ?= $(CURDIR)/.cache/jax
export JAX_PERSISTENT_CACHE_MIN_COMPILE_TIME_SECS ?= 0.1

# Folder or page with a CPU build of torch; the one on the registry brings gigabytes of CUDA.
TORCH_WHEELS ?= $(PIP_FIND_LINKS)
# Two processes share the tests, whole files each, so that fixtures and compiled shapes are made once.
SHARED := -n 2 --dist loadfile
DATA ?=
SYMBOL ?=
SEED ?= 0
ARGS ?=

.PHONY: help setup clients demo quick-check test test-all thorough laws mutants bench lint format clean

help: ## list the targets
	@grep -hE '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 10

.tools/bin/uv:
	python3 -m pip install --quiet --disable-pip-version-check --target .tools uv

$(STAMP): $(MANIFESTS)
	@test -x "$(UV)" || $(MAKE) --no-print-directory .tools/bin/uv
	$(UV) sync --quiet
	@touch $@

setup: $(STAMP) ## make the environment in .venv

clients: $(STAMP) ## add CPU torch and sb3-contrib, whose tests are skipped without: [TORCH_WHEELS=FOLDER]
	@$(BIN)/python -c "import torch" 2>/dev/null || $(UV) pip install --quiet --python $(BIN)/python \
		--no-index --no-deps --find-links "$(TORCH_WHEELS)" torch \
		|| { echo "no CPU build of torch for this Python in TORCH_WHEELS=$(TORCH_WHEELS)"; exit 1; }
	$(UV) pip install --quiet --python $(BIN)/python sb3-contrib

demo: $(STAMP) ## train both phases, validate, report: make demo [DATA="2024.csv 2025.csv" SYMBOL=ES SEED=0]
	$(BIN)/eval-tools pipeline $(if $(DATA),--data $(DATA)) $(if $(SYMBOL),--symbol $(SYMBOL)) --seed $(SEED) $(ARGS)

quick-check: $(STAMP) ## does learning work here? a short training on a planted edge: exit code 0 or 1
	$(BIN)/eval-tools quick-check --seed $(SEED) $(ARGS)

test: $(STAMP) ## the quick tier of the tests
	$(BIN)/python -m pytest $(SHARED) -m "not thorough" $(ARGS)

thorough: $(STAMP) ## the other tier: whole trainings, long fuzzing, browsers
	$(BIN)/python -m pytest $(SHARED) -m thorough $(ARGS)

test-all: test thorough mutants ## the whole test suite, and every mutant of the rules

laws: $(STAMP) ## every hypothesis law with 10 times the examples
	HYPOTHESIS_PROFILE=laws $(BIN)/python -m pytest -m hypothesis $(ARGS)

mutants: $(STAMP) ## break the rules line by line; the suite must notice every time
	$(BIN)/python tests/futures_env/mutants.py

bench: $(STAMP) ## throughput across numbers of environments
	$(BIN)/python benchmarks/throughput.py $(ARGS)

lint: $(STAMP) ## ruff, types, import rules
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/ty check packages
	$(BIN)/lint-imports

format: $(STAMP) ## format and fix what can be fixed
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

clean: ## remove everything that the targets made
	rm -rf .venv .tools .cache
