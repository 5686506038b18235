# Every target installs what is missing first: tools/setup.py, a tenth of a second when nothing is.

# For the first set-up, where PATH has no python3 to use: make setup PYTHON=/path/to/python3.12
PYTHON ?= python3

SHELL := bash
export PATH := $(CURDIR)/.venv/bin:$(CURDIR)/node_modules/.bin:$(PATH)
export SOLCX_BINARY_PATH := $(CURDIR)/tools/solcx

SOLHINT := solhint --disc --noPoster --max-warnings 0

.DEFAULT_GOAL := help
.PHONY: help setup compile test check format slither gas coverage demo lock clean

help: ## List these targets
	@grep -E '^[a-z-]+:.*## ' $(firstword $(MAKEFILE_LIST)) | awk -F ':.*## ' '{ printf "  %-9s %s\n", $$1, $$2 }'

setup: ## Install the pinned Python and Node packages into this folder
	@$(PYTHON) tools/setup.py

compile: .build/compiled ## Compile the contracts, all of them, when one has changed

# By itself Ape compiles the files that changed and not those that import them: it would test what is no longer there.
.build/compiled: $(shell find contracts) ape-config.yaml package-lock.json tools/solc.cjs | setup
	rm -rf .build
	ape compile
	touch $@

test: compile ## Run the tests; narrow them with ARGS, e.g. make test ARGS='tests/unit -x'
	pytest -n auto $(ARGS)

check: setup ## Check format, lint and types of the Python and the Solidity
	ruff format --check .
	ruff check .
	mypy
	forge fmt --check
	$(SOLHINT) 'contracts/**/*.sol'
	$(SOLHINT) --config .solhint.interfaces.cjs 'contracts/interfaces/**/*.sol'
	$(SOLHINT) --config .solhint.test.cjs 'contracts/test/**/*.sol'

format: setup ## Rewrite the Python and the Solidity in our format
	ruff check --fix .
	ruff format .
	forge fmt

# Without naming-convention: it wants the getters of constants in an interface, and immutables, in mixed case. Solhint
# checks names as the Solidity style guide has them.
slither: setup ## Analyse the contracts; fails on an unexplained finding of medium impact or higher
	slither .

gas: compile ## Measure the gas of every call and hold it against its ceiling
	ape run gas

coverage: compile ## Measure what the tests reach of the contracts, on both EVMs
	python -m audit.coverage

demo: compile ## Register and rate agents on a local stand-in for Base Sepolia (KEEP=1 leaves it running)
	ape run demo

lock: setup ## Resolve requirements.lock and package-lock.json anew (UPGRADE=1: to the newest versions allowed)
	uv pip compile pyproject.toml --extra dev --generate-hashes --no-emit-index-url --universal \
		--python-version 3.11 --custom-compile-command 'make lock' --output-file requirements.lock --quiet $(if $(UPGRADE),--upgrade)
	npm $(if $(UPGRADE),update,install) --package-lock-only --no-progress --loglevel=error

clean: ## Remove everything that was installed, built or cached
	rm -rf .venv node_modules .build .build-coverage out cache contracts/.cache .hypothesis .mypy_cache .pytest_cache .ruff_cache
	find . -name __pycache__ -type d -prune -exec rm -rf {} +
