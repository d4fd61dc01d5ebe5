# Needs Python 3.11+ and make. Uses uv if it is installed, otherwise `python3 -m venv`.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
UV := $(shell command -v uv 2>/dev/null)

# The lock files are complete, so an install resolves and builds nothing: a release that appears tomorrow cannot change
# what is installed.
ifdef UV
MAKE_VENV = $(UV) venv -q --allow-existing --python $(PYTHON) $(VENV)
INSTALL := $(UV) pip install -q --python $(BIN)/python
CHECK := $(UV) pip check -q --python $(BIN)/python
else
MAKE_VENV = $(PYTHON) -m venv $(VENV)
INSTALL := $(BIN)/python -m pip install -q --disable-pip-version-check
CHECK := $(BIN)/python -m pip check --disable-pip-version-check
endif
FROM_LOCK := $(INSTALL) --no-deps --require-hashes --only-binary :all: -r

COMPILE_FILE = $(BIN)/uv pip compile -q --universal --python-version 3.11 --no-header --no-annotate --generate-hashes \
	$(UPGRADE)
COMPILE = $(COMPILE_FILE) --group build pyproject.toml
EVERYDAY := not containers and not browser and not acceptance and not thorough

.DEFAULT_GOAL := help
.PHONY: help demo test test-thorough test-demo test-browser test-clients lint format types bench evals up down test-containers docs settings endpoints schemas known golden snapshots lock update test-lowest clean

help: ## list the commands
	@grep -E '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 18

# Two stamps: the product's dependencies, and those plus the dependencies of its tests.
$(VENV)/run.stamp: requirements.lock pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "IB MCP needs Python 3.11 or newer; this is " + sys.version.split()[0])'
	$(MAKE_VENV)
	$(FROM_LOCK) requirements.lock
	$(INSTALL) --no-build-isolation --no-deps --editable .
	$(CHECK)
	@touch $@

$(VENV)/dev.stamp: $(VENV)/run.stamp tests/requirements.lock
	$(FROM_LOCK) tests/requirements.lock
	$(CHECK)
	@touch $@

demo: $(VENV)/run.stamp ## run everything with a simulated paper account until Ctrl-C (ARGS=--login: log in yourself)
	@$(BIN)/ib-mcp demo $(ARGS)

test: $(VENV)/dev.stamp ## run the everyday tests, in under two minutes
	$(BIN)/pytest -n auto -m "$(EVERYDAY)"

test-thorough: $(VENV)/dev.stamp ## run the large tables of tests: faults, pairs of faults, days of virtual time
	$(BIN)/pytest -n auto -m thorough

test-demo: $(VENV)/dev.stamp ## call `make demo` from real MCP clients, and kill its parts in every order
	$(BIN)/pytest -n 0 -p no:randomly -m acceptance tests/acceptance

test-browser: $(VENV)/dev.stamp ## test the login page in a headless Chromium
	$(BIN)/pytest -n 0 -m browser tests/acceptance

# The clients have an environment of their own: they and the product need different releases of some packages.
# One of them is published as source only, so its build backend is installed first: building resolves nothing either.
$(VENV)/clients.stamp: tests/clients/requirements.lock tests/clients/build.lock
	$(MAKE_VENV)
	$(FROM_LOCK) tests/clients/build.lock
	$(INSTALL) --no-deps --require-hashes --no-build-isolation -r $<
	$(CHECK)
	@touch $@

test-clients: $(VENV)/run.stamp ## run public clients of IBKR's Web API against the simulator
	@$(MAKE) --no-print-directory VENV=$(VENV)/clients $(VENV)/clients/clients.stamp
	SIMULATOR_PYTHON=$(BIN)/python $(VENV)/clients/bin/pytest -c tests/clients/pytest.ini tests/clients

# The measured servers run with what is shipped: a package of the tests' own could make them faster or slower.
$(VENV)/bench.stamp: $(VENV)/run.stamp benchmarks/requirements.lock
	$(FROM_LOCK) benchmarks/requirements.lock
	$(CHECK)
	@touch $@

bench: $(VENV)/dev.stamp ## measure a call, startup and 10,000 calls (about ten minutes)
	@$(MAKE) --no-print-directory VENV=$(VENV)/bench $(VENV)/bench/bench.stamp
	$(BIN)/python -m benchmarks --python $(VENV)/bench/bin/python $(ARGS)

# A model's key is read from the environment: ANTHROPIC_API_KEY or OPENAI_API_KEY.
evals: $(VENV)/dev.stamp ## write evals/COSTS.md; MODEL=NAME: ask a real model the questions
	@$(BIN)/python -m evals $(if $(MODEL),--model "$(MODEL)") $(ARGS)

lint: $(VENV)/dev.stamp ## check style and formatting with ruff
	@$(BIN)/ruff check . && checked=yes; $(BIN)/ruff format --check . && test -n "$$checked" || \
		{ echo "Run make format; correct what it leaves by hand."; exit 1; }

format: $(VENV)/dev.stamp ## format the code and correct what ruff can correct by itself
	$(BIN)/ruff check --quiet --exit-zero --fix .
	$(BIN)/ruff format .

types: $(VENV)/dev.stamp ## check types with mypy --strict
	$(BIN)/mypy

up: ## start the three containers and wait until they are healthy (GATEWAY=simulator: no account needed)
	docker compose up --build --detach --wait

down: ## stop and remove the containers
	docker compose down

test-containers: $(VENV)/dev.stamp ## build and test the real containers, with both gateways (needs Docker)
	$(BIN)/pytest -n 0 -m containers tests/containers

docs: $(VENV)/dev.stamp ## write docs/, a page per answer with real answers
	@$(BIN)/python -m evals.pages

settings: $(VENV)/run.stamp ## write .env.example from the settings classes
	@$(BIN)/ib-mcp settings > .env.example

endpoints: $(VENV)/run.stamp ## write ENDPOINTS.md from the operations and routes
	@$(BIN)/python -m mcp_server.reference.endpoints_md > ENDPOINTS.md

schemas: $(VENV)/run.stamp ## write the arguments' schemas of the tools from the routes
	@$(BIN)/python -m mcp_server.tools.operation_schemas

known: $(VENV)/dev.stamp ## update the routers generator's known operations and requests from the routes
	@$(BIN)/python -m mcp_server.reference.known_requests > routers_generator/compare/known_requests.json
	@PYTHONPATH=. $(BIN)/python tests/routers_generator/test_known_operations.py

golden: $(VENV)/dev.stamp ## accept the routers generator's current output for the small document
	@PYTHONPATH=. $(BIN)/python tests/routers_generator/test_golden.py

snapshots: $(VENV)/dev.stamp ## accept the tools as they are published now
	@$(BIN)/python tests/mcp_server/contract/test_snapshots.py

lock: $(VENV)/dev.stamp ## resolve the lock files after a change of what they are made from, keeping pinned versions
	$(COMPILE) -o requirements.lock
	$(COMPILE) --group dev -c requirements.lock -o tests/requirements.lock
	$(COMPILE) --group dev --resolution lowest-direct -o tests/lowest.lock
	$(COMPILE_FILE) tests/clients/build.in -o tests/clients/build.lock
	$(COMPILE_FILE) tests/clients/requirements.in -o tests/clients/requirements.lock
	$(COMPILE_FILE) benchmarks/requirements.in -c requirements.lock -o benchmarks/requirements.lock

update: ## resolve the lock files with the newest releases, and print the next steps
	@$(MAKE) --no-print-directory lock UPGRADE=--upgrade
	@echo "The lock files now have the newest compatible releases that pyproject.toml allows. Changed packages:"
	@git diff --unified=0 -- requirements.lock tests/requirements.lock | grep -E '^[-+][a-z0-9]' | sed 's/ .*//' || echo "  nothing"
	@echo "Next: make lint types test test-lowest test-demo; read the release notes of fastmcp, mcp and fastapi;"
	@echo "raise a lower bound in pyproject.toml where the tests need it (then make lock); commit the lock files together."

# The lower bounds in pyproject.toml are promises, too, so the same tests run with the oldest versions they allow.
test-lowest: $(VENV)/dev.stamp ## run the tests with the oldest dependencies that pyproject.toml allows
	$(BIN)/uv venv -q --allow-existing --python $(BIN)/python $(VENV)/lowest
	$(BIN)/uv pip sync -q --python $(VENV)/lowest/bin/python --require-hashes --only-binary :all: tests/lowest.lock
	$(BIN)/uv pip install -q --python $(VENV)/lowest/bin/python --no-build-isolation --no-deps --editable .
	$(VENV)/lowest/bin/pytest -n auto -m "$(EVERYDAY)"

clean: ## remove the virtual environment and caches
	rm -rf $(VENV) .mypy_cache .pytest_cache .ruff_cache
