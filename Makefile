# Two commands on a machine with Python 3.11 or newer, make and a package index:
#   make demo    set up .venv, ingest examples/corpus, ask six questions
#   make test    set up .venv, run the tests
PYTHON ?= python3
# cpu or gpu: which build of faiss is installed.
FAISS ?= cpu
BIN := .venv/bin
INSTALLED := .venv/.installed-$(FAISS)

.PHONY: help install demo test torture fuzz check fmt lint type imports docs bench clean

help: ## show this list
	@grep -hE '^[a-z]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 12

install: $(INSTALLED) ## set up .venv with the program, its models and the development tools

$(INSTALLED): pyproject.toml constraints.txt
	@$(PYTHON) -c 'import sys; sys.exit(0 if sys.version_info >= (3, 11) else "Python 3.11 or newer is needed (PYTHON=... names another)")'
	$(PYTHON) -m venv .venv
	$(BIN)/pip install --quiet --constraint constraints.txt --editable '.[$(FAISS),llm,eval,train,dev]'
	@touch $@

demo: install ## ingest the example corpus and ask six questions
	$(BIN)/python examples/demo.py

test: install ## run the tests (RAG_LIFELONG_DATA=DIR adds those on real data sets)
	$(BIN)/pytest

torture: install ## kill, cut, flip and fail the store for a long time (PARTS="kills --kills 1000" for some)
	$(BIN)/python -m tests.torture $(PARTS)

fuzz: install ## feed every parser hostile bytes (PARTS="--seconds 600 .pdf dump" for some)
	$(BIN)/pip install --quiet --constraint constraints.txt --editable '.[fuzz]'
	$(BIN)/python -m tests.fuzz $(PARTS)

check: lint type imports docs test ## everything: style, types, import rules, docs, tests

fmt: install ## format the code
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix .

lint: install
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .

type: install
	$(BIN)/mypy

imports: install
	$(BIN)/lint-imports

docs: install
	$(BIN)/pytest -q tests/test_docs.py

bench: install ## measure ingestion against the raw encoder (RAG_LIFELONG_DATA=DIR names the data)
	$(BIN)/python benchmarks/ingest.py

clean: ## remove what make install made
	rm -rf .venv
