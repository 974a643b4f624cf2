# What a person types. Every target says what it does after ##; `make` alone prints them.
SHELL := /bin/sh
VENV := .venv/bin
BOOTSTRAP := scripts/python -I scripts/bootstrap.py
EXTENSION := scripts/python -I scripts/extension.py
ARGS ?=

# Commands, each in quotes, that fail when a generated file is stale. (bootstrap itself refuses a stale lock.)
FRESH := "$(VENV)/python -m scripts.protocol --check" "$(VENV)/python -m scripts.readme --check"

.DEFAULT_GOAL := help
.PHONY: help run extension wheel test sure format lock bench protocol

help:  ## print the targets
	@sed -n 's/^\([a-z]*\):.*## /  make \1\t/p' Makefile | expand -t 18

run:  ## set up what is missing and serve Lossy (ARGS="--port 4001" goes to `lossy serve`)
	@$(BOOTSTRAP) run
	@$(EXTENSION) build clicks
	@exec $(VENV)/lossy serve $(ARGS)

extension:  ## build the browser extension and say how to load it
	@$(EXTENSION) build clicks

wheel:  ## build dist/lossy-….whl, the extension in it, to install with pip where there is no Node
	@$(BOOTSTRAP) run build
	@$(EXTENSION) build
	@$(VENV)/python -m hatchling build -t wheel

test:  ## run every test, embedded and scaled out (ARGS="-k words" goes to pytest)
	@$(BOOTSTRAP) run dev comments
	@$(VENV)/python -m scripts.servers
	@$(EXTENSION) build players comments
	@$(VENV)/python -m scripts.suite --mode both $(ARGS)
	@$(EXTENSION) test

sure:  ## check format, lint, types, imports and generated files
	@$(BOOTSTRAP) run dev
	$(VENV)/ruff format --check .
	$(VENV)/ruff check .
	$(VENV)/mypy
	$(VENV)/lint-imports
	@$(EXTENSION) check
	@for fresh in $(FRESH); do echo "$$fresh"; $$fresh || exit 1; done

format:  ## format the code and mend what the linter can mend
	@$(BOOTSTRAP) run dev
	$(VENV)/ruff format .
	$(VENV)/ruff check --fix .
	@$(EXTENSION) format

lock:  ## remake requirements.lock after pyproject.toml has changed
	@$(BOOTSTRAP) lock
	$(VENV)/python -m scripts.lock

bench:  ## run the benchmarks and print their figures
	@$(BOOTSTRAP) run
	@exec $(VENV)/lossy bench all

protocol:  ## write the protocol's documents and types
	@$(BOOTSTRAP) run dev
	@$(VENV)/python -m scripts.protocol
	@$(VENV)/python -m scripts.readme
