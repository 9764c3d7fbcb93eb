.DEFAULT_GOAL := help
PYTHON ?= python3
PORT ?= 8080
BIN := .venv/bin
ENVIRONMENT := .venv/.installed
export PYTHONPATH :=

$(ENVIRONMENT): requirements/app.txt requirements/local.txt requirements/dev.txt pyproject.toml
	@sh deploy/environment.sh "$(PYTHON)" .venv

.PHONY: help run demo test check check-types check-contracts bench faults security compose-smoke contracts lock clean

help: ## this list
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "make %-14s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

run: $(ENVIRONMENT) ## the whole system on this machine, at http://127.0.0.1:8080 (PORT= moves it)
	@exec $(BIN)/python -m deploy.local --port $(PORT)

demo: $(ENVIRONMENT) ## the main story over REST, against the running system
	@exec $(BIN)/xiejian demo

test: $(ENVIRONMENT) ## every test that a change must pass
	@exec $(BIN)/pytest -q -n 2 --dist loadgroup

check: $(ENVIRONMENT) ## format, lint, types, import contracts, frozen contracts, docs
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	@$(MAKE) --no-print-directory --jobs=2 --output-sync check-types check-contracts

check-types: $(ENVIRONMENT)
	$(BIN)/mypy
	$(BIN)/lint-imports --no-cache

check-contracts: $(ENVIRONMENT)
	$(BIN)/pytest -q tests/contracts tests/test_architecture.py

bench: $(ENVIRONMENT) ## the benchmarks, as ratios in one interleaved run
	@exec $(BIN)/python -m tests.bench

faults: $(ENVIRONMENT) ## the fault matrix: kill, stop, roll back while writing
	@exec $(BIN)/pytest -q tests/faults --long

security: $(ENVIRONMENT) ## the generated attack tests and schemathesis
	@exec $(BIN)/pytest -q tests/security --long

compose-smoke: ## build the images and run the demo against docker compose (needs Docker)
	@exec sh deploy/compose-smoke.sh

contracts: $(ENVIRONMENT) ## rewrite the frozen OpenAPI, AsyncAPI and JSON Schemas for review
	@exec $(BIN)/python -m tests.contracts.write

lock: $(ENVIRONMENT) ## lock the packages anew (UPGRADE=1 takes the newest)
	@for set in app local dev; do \
		(cd requirements && ../$(BIN)/uv pip compile --quiet --universal --python-version 3.11 \
			--generate-hashes --no-emit-index-url --no-emit-find-links --no-annotate \
			--custom-compile-command 'make lock' \
			$(if $(UPGRADE),--upgrade) --output-file $$set.txt $$set.in) || exit 1; \
	done

clean: ## remove caches and the environment; the data under var/ stays
	rm -rf .venv .pytest_cache .mypy_cache .ruff_cache .hypothesis
	find . -name __pycache__ -type d -prune -exec rm -rf {} +
