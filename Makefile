# Candour: `make run` serves everything with a demo clinic, `make test` proves it. Both set up what they need.
PYTHON := .venv/bin/python

.PHONY: run test test-fast check fix bench lock setup setup-dev clean

run: setup
	@$(PYTHON) manage.py serve

test: setup-dev
	@deploy/test.sh

test-fast: setup-dev
	@$(PYTHON) -m pytest -q -m "not database and not pdf and not journey" tests

check: setup-dev
	@deploy/check.sh

fix: setup-dev
	@.venv/bin/ruff check --fix --quiet . ; .venv/bin/ruff format --quiet .

bench: setup-dev
	@$(PYTHON) -m bench

lock: setup-dev
	@deploy/lock.sh

setup:
	@deploy/setup.sh run

setup-dev:
	@deploy/setup.sh dev

clean:
	rm -rf .venv .mypy_cache .ruff_cache .pytest_cache
