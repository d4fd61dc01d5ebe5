# Needs Python 3.11+ and make; uv is used where it is there, `python3 -m venv` where it is not.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
UV := $(shell command -v uv 2>/dev/null)

# The locks are complete, so nothing is resolved and nothing is built while installing: what is released tomorrow
# cannot change what is installed today.
ifdef UV
INSTALL := $(UV) pip install -q --python $(BIN)/python
CHECK := $(UV) pip check -q --python $(BIN)/python
else
INSTALL := $(BIN)/python -m pip install -q --disable-pip-version-check
CHECK := $(BIN)/python -m pip check --disable-pip-version-check
endif
FROM_LOCK := $(INSTALL) --no-deps --require-hashes --only-binary :all: -r

COMPILE = $(BIN)/uv pip compile -q --universal --python-version 3.11 --no-header --no-annotate --generate-hashes \
	--group build $(UPGRADE) pyproject.toml
EVERYDAY := not containers and not browser and not acceptance and not thorough

.DEFAULT_GOAL := help
.PHONY: help demo test test-thorough test-demo test-browser lint types bench up down test-containers settings endpoints known golden snapshots lock update test-lowest clean

help: ## this list
	@grep -E '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 18

# Two stamps: what the product runs on, and that plus what its tests use.
$(VENV)/run.stamp: requirements.lock pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "IB MCP needs Python 3.11 or newer; this is " + sys.version.split()[0])'
ifdef UV
	$(UV) venv -q --allow-existing --python $(PYTHON) $(VENV)
else
	$(PYTHON) -m venv $(VENV)
endif
	$(FROM_LOCK) requirements.lock
	$(INSTALL) --no-build-isolation --no-deps --editable .
	$(CHECK)
	@touch $@

$(VENV)/dev.stamp: $(VENV)/run.stamp tests/requirements.lock
	$(FROM_LOCK) tests/requirements.lock
	$(CHECK)
	@touch $@

demo: $(VENV)/run.stamp ## everything, with a pretended paper account, until Ctrl-C (ARGS=--login: you log in)
	@$(BIN)/ib-mcp demo $(ARGS)

test: $(VENV)/dev.stamp ## the everyday tests, in under two minutes
	$(BIN)/pytest -n auto -m "$(EVERYDAY)"

test-thorough: $(VENV)/dev.stamp ## every cell of the large tables: faults, pairs of faults, days of virtual time
	$(BIN)/pytest -n auto -m thorough

test-demo: $(VENV)/dev.stamp ## `make demo`, asked by real MCP clients, and its parts killed in every order
	$(BIN)/pytest -n 0 -p no:randomly -m acceptance tests/acceptance

test-browser: $(VENV)/dev.stamp ## the login page, clicked in a headless Chromium
	$(BIN)/pytest -n 0 -m browser tests/acceptance

bench: $(VENV)/dev.stamp ## what a call, a start and 10,000 calls cost (about ten minutes)
	$(BIN)/python -m benchmarks

lint: $(VENV)/dev.stamp ## ruff
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .

types: $(VENV)/dev.stamp ## mypy --strict
	$(BIN)/mypy

up: ## the three containers, until each is healthy (`make up GATEWAY=simulator` needs no account)
	docker compose up --build --detach --wait

down: ## stop and remove the containers
	docker compose down

test-containers: $(VENV)/dev.stamp ## the containers for real, with both gateways (needs Docker)
	$(BIN)/pytest -n 0 -m containers tests/containers

settings: $(VENV)/run.stamp ## write .env.example from the settings classes
	@$(BIN)/ib-mcp settings > .env.example

endpoints: $(VENV)/run.stamp ## write ENDPOINTS.md from the routes
	@$(BIN)/python -m mcp_server.reference.endpoints_md > ENDPOINTS.md

known: $(VENV)/dev.stamp ## update the routers generator's known operations and requests from the routes
	@$(BIN)/python -m mcp_server.reference.known_requests > routers_generator/compare/known_requests.json
	@PYTHONPATH=. $(BIN)/python tests/routers_generator/test_known_operations.py

golden: $(VENV)/dev.stamp ## accept what is generated from the small document now
	@PYTHONPATH=. $(BIN)/python tests/routers_generator/test_golden.py

snapshots: $(VENV)/dev.stamp ## accept what the tools publish now
	@$(BIN)/python tests/mcp_server/contract/test_snapshots.py

lock: $(VENV)/dev.stamp ## resolve the three lock files after a change in pyproject.toml; pinned versions stay
	$(COMPILE) -o requirements.lock
	$(COMPILE) --group dev -c requirements.lock -o tests/requirements.lock
	$(COMPILE) --group dev --resolution lowest-direct -o tests/lowest.lock

update: ## resolve the lock files with the newest releases, and say what comes next
	@$(MAKE) --no-print-directory lock UPGRADE=--upgrade
	@echo "The lock files have the newest releases that pyproject.toml allows and that install together. What changed:"
	@git diff --unified=0 -- requirements.lock tests/requirements.lock | grep -E '^[-+][a-z0-9]' | sed 's/ .*//' || echo "  nothing"
	@echo "Next: make lint types test test-lowest test-demo; read the release notes of fastmcp, mcp and fastapi;"
	@echo "raise a lower bound in pyproject.toml where the tests need it (then make lock); commit the lock files together."

# The lower bounds in pyproject.toml are promises, too: the same tests, with the oldest versions they allow.
test-lowest: $(VENV)/dev.stamp ## the tests, with the oldest dependencies that pyproject.toml allows
	$(BIN)/uv venv -q --allow-existing --python $(BIN)/python $(VENV)/lowest
	$(BIN)/uv pip sync -q --python $(VENV)/lowest/bin/python --require-hashes --only-binary :all: tests/lowest.lock
	$(BIN)/uv pip install -q --python $(VENV)/lowest/bin/python --no-build-isolation --no-deps --editable .
	$(VENV)/lowest/bin/pytest -n auto -m "$(EVERYDAY)"

clean: ## remove the virtual environment and caches
	rm -rf $(VENV) .mypy_cache .pytest_cache .ruff_cache
