# Every target explains itself: `make help`.
SHELL := /bin/sh
PYTHON := .venv/bin/python
export GANGLION_CACHE ?= $(HOME)/.cache/ganglion

.DEFAULT_GOAL := help
.PHONY: help attacks redteam install devnet compose test test-long test-chain test-py test-e2e lint runtime node bench docs clean

help: ## Show this list
	@awk -F ':.*## ' '/^[a-z-]+:.*## /{printf "  make %-12s %s\n", $$1, $$2}' Makefile

install: ## Install the project with everything that its tests need into .venv
	@sh tools/bootstrap.sh python

devnet: install ## Start the whole network on this machine; Ctrl-C ends it; options in ARGS, such as ARGS="--rpc-port 0"
	@.venv/bin/ganglion devnet up $(ARGS)

compose: ## Start the network of docker-compose.yml; ARGS="--profile monitoring" adds Prometheus and Grafana
	@sh tools/docker_engine.sh
	@docker compose $(ARGS) up

test: ## Run all tests: Rust, Python, end to end
	@sh tools/bootstrap.sh python rust fullnode nodejs operations hosts
	@$(PYTHON) tools/test.py

test-long: ## Soak and long fuzz runs, which `make test` leaves out
	@sh tools/bootstrap.sh python rust fullnode nodejs hosts
	@$(PYTHON) tools/test.py --long

test-chain: ## Only the Rust tests
	@sh tools/bootstrap.sh python rust
	@$(PYTHON) tools/test.py --only rust

test-py: install ## Only the Python tests that need no network of processes
	@sh tools/bootstrap.sh operations
	@$(PYTHON) tools/test.py --only unit --only integration

test-e2e: install ## Only the tests that start a whole network
	@$(PYTHON) tools/test.py --only e2e --only attacks

lint: ## Format and lint checks, Python and Rust
	@sh tools/bootstrap.sh python rust
	@$(PYTHON) tools/test.py --only lint --only clippy

runtime: ## Rebuild chain/artifacts from the runtime's sources
	@sh tools/bootstrap.sh wasm python
	@python3 tools/build_runtime.py
	@$(PYTHON) tools/dump_metadata.py

node: ## Build the full node (release); prints the path of the binary
	@sh tools/bootstrap.sh fullnode
	@python3 tools/build_node.py

attacks: ## Run the attacks on the mechanism with all seeds; writes docs/explanation/mechanism.md and its plots (about 20 minutes)
	@sh tools/bootstrap.sh python plots
	@$(PYTHON) -m tests.attacks.economy --write

redteam: ## Try every way to cheat with answers, and 3,000 honest requests; writes its part of docs/explanation/verification.md (about 20 minutes; ARGS="--work FILE" to go on from)
	@sh tools/bootstrap.sh python plots
	@$(PYTHON) -m tests.attacks.redteam --write $(ARGS)

bench: ## Measure speed and memory; writes docs/reference/benchmarks.json and .md
	@sh tools/bootstrap.sh python rust
	@$(PYTHON) tools/bench.py $(ARGS)

docs: install ## Regenerate the generated reference pages
	@$(PYTHON) tools/generate_docs.py

clean: ## Remove the virtual environment (caches are in $GANGLION_CACHE)
	@rm -rf .venv
