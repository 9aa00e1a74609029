# troth: `make demo` runs the main job, `make test` the tests; each sets up what it needs.

PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
STAMP := $(VENV)/.installed
WORKERS ?= 2
# With TROTH_NO_SKIP=1 a test that is skipped for a missing server is a failure.
export TROTH_NO_SKIP

.DEFAULT_GOAL := help

.PHONY: help
help: ## Show this list
	@awk 'BEGIN {FS = ":.*## "} /^[a-z-]+:.*## / {printf "  make %-10s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

$(STAMP): requirements.lock setup.cfg pyproject.toml
	$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "troth needs Python 3.11 or later; name one with make PYTHON=…")'
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements.lock
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation -e .
	$(BIN)/python -m compileall -q troth
	@touch $@

.PHONY: setup
setup: $(STAMP) ## Make the virtual environment in .venv from requirements.lock

.PHONY: demo
demo: $(STAMP) ## Check an invented company on this machine against five real documents
	$(BIN)/troth demo

.PHONY: test
test: $(STAMP) ## Run the tests; names and counts what it skips for a missing server
	$(BIN)/python -m pytest -n $(WORKERS) --dist loadgroup -r s

.PHONY: lint
lint: $(STAMP) ## Format, types, layers, content
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(BIN)/troth validate
	$(BIN)/troth test

.PHONY: check
check: lint test ## Lint and test: what has to pass at every commit

.PHONY: format
format: $(STAMP) ## Write the code in the one format
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix .

.PHONY: bench
bench: $(STAMP) ## Measure speed; prints figures, asserts nothing
	$(BIN)/python benchmarks/run.py

.PHONY: lock
lock: ## Write requirements.lock again from setup.cfg and pyproject.toml
	$(BIN)/python -m pip install --quiet uv
	$(BIN)/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-emit-index-url \
		--no-header --extra all --extra demo --group dev setup.cfg -o requirements.lock

.PHONY: clean
clean: ## Remove what was built here
	rm -rf $(VENV) build dist *.egg-info .mypy_cache .ruff_cache .pytest_cache .import_linter_cache
