# make demo   set up, index corpus/ into index/, ask one question
# make test   set up, then everything that must hold before a change goes in
#
# Both set up what is missing and can be run again at any time. Settings:
#   PYTHON=python3.12   another interpreter (3.10 or newer)
#   TORCH=…             what to install for torch, such as a CPU wheel that you have downloaded
#   QUERY=…             what make demo asks

PYTHON ?= python3
TORCH ?= torch
QUERY ?= 無障礙設施

VENV := .venv
ifeq ($(OS),Windows_NT)
BIN := $(VENV)/Scripts
else
BIN := $(VENV)/bin
endif
PIP := $(BIN)/python -m pip install --quiet --disable-pip-version-check -c constraints.txt

.DEFAULT_GOAL := help
.PHONY: help demo test lint types pytest

help:
	@echo "make demo   set up, index corpus/ into index/, ask one question"
	@echo "make test   set up, lint, check the format and the types, run the tests"

demo: $(VENV)/.installed
	$(BIN)/plansearch index corpus --index index
	$(BIN)/plansearch query "$(QUERY)" --index index

test: lint types pytest

lint: $(VENV)/.installed-dev
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .

types: $(VENV)/.installed-dev
	$(BIN)/mypy

pytest: $(VENV)/.installed-dev
	$(BIN)/python -m pytest -n auto --dist loadgroup

# torch goes first and alone: with a CPU build in place, nothing later asks for the CUDA packages.
$(VENV)/.installed: pyproject.toml constraints.txt
	@echo "setting up $(VENV); the first time takes some minutes"
	$(PYTHON) -m venv $(VENV)
	$(PIP) "$(TORCH)"
	$(PIP) -e ".[web]"
	@touch $@

# An extra and not a dependency group, since pip knows groups only from version 25.1 on.
$(VENV)/.installed-dev: $(VENV)/.installed
	$(PIP) -e ".[dev,ocr]"
	@touch $@
