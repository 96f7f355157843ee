# `make help` says what there is. Everything is installed into .venv from the lock files, by whatever needs it.
.DEFAULT_GOAL := help
SHELL := /bin/sh
PYTHON ?= python3
PY := .venv/bin/python
# How many processes share the tests: one more than there are processors, since many tests wait for other programs. Each may
# start a whole system of its own, which takes a gigabyte.
WORKERS ?= 3
SERVICES := identity educator fingerprint certificate notifier
export UV_PYTHON_DOWNLOADS := never
export PYTHONPATH := $(CURDIR)

.PHONY: help up demo install static check fmt contracts map pictures messages test sabotage bench fuzz ecsctl lock clean

help: ## Say what there is
	@sed -n 's/^\([a-z-]*\):[^#]*## /\1\t/p' $(MAKEFILE_LIST) | while IFS="$$(printf '\t')" read -r name what; do printf '  make %-10s %s\n' "$$name" "$$what"; done

install: ## Make .venv from the locks (the others do it when needed)
	@$(PYTHON) deploy/local/install.py

up: install ## Run the whole system here until Ctrl-C (ECS_PORT, ECS_HOME choose where)
	@exec $(PY) -m deploy.local --tied

demo: install ## Say who the demonstration people of the running system are
	@$(PY) -m deploy.local.people

static: install ## Build the look of the pages (USWDS)
	@$(PY) -m shared.pages.build >/dev/null

check: install ## Check style, types and who may import whom
	@.venv/bin/ruff check .
	@.venv/bin/ruff format --check .
	@.venv/bin/mypy .
	@.venv/bin/lint-imports --cache-dir .cache/imports

fmt: install ## Put the code into the one form
	@.venv/bin/ruff check --fix .
	@.venv/bin/ruff format .

contracts: install ## Refuse a change of a fact that would break whoever hears it
	@$(PY) -m shared.contracts check

pictures: install ## Take the README's pictures from the running system
	@$(PY) -m docs.photographer

map: install ## Draw the README's map from the code
	@$(PY) -m docs.map

messages: install ## Collect every sentence for translators (shared/pages/locale/messages.pot)
	@$(PY) -m shared.pages.messages

test: install ## Prove all of it: checks, contracts, units, the walk, faults, a real browser
	@$(MAKE) --no-print-directory --jobs=3 --output-sync check static contracts
	@CHROMIUM="$$($(PY) -m deploy.local.chromium)" && export CHROMIUM PICTURES=none && exec .venv/bin/pytest -n $(WORKERS) $(ARGS)

sabotage: static ## Switch each guard off and see its test fail
	@$(PY) -m tests.sabotage $(ARGS)

bench: install ## Measure our parts against bare ones (ARGS="events letters pages reader results")
	@$(PY) -m bench $(ARGS)

fuzz: install ## Look for bytes that break the results' reader (ARGS="-max_total_time=600")
	@.venv/bin/uv pip install --python $(PY) --quiet --require-hashes -r requirements-fuzz.lock
	@$(PY) -m tests.fingerprint.fuzz $(ARGS)

ecsctl: install ## Operate the running system: make ecsctl ARGS="--help"
	@$(PY) -m deploy.local.operate $(ARGS)

lock: install ## Write the locks anew after pyproject.toml changed
	@$(PY) -m deploy.local.lock

clean: ## Remove .venv and build caches (var/, the data, stays)
	@rm -rf .venv .cache shared/pages/static
