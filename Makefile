# Two commands do everything: `make up` and `make test`. `make help` lists the rest.
# All paths are relative, so that a folder with a space in its name is no obstacle.

PYTHON ?= python3
PORT ?= 3000
MLFLOW_PORT ?= 5000

VENV := .venv
BIN := $(VENV)/bin
READY := $(VENV)/.ready
# uv installs in seconds what takes pip minutes; where only pip is set up for an index, pip does it.
PACKAGES := --constraint constraints.txt --editable '.[lab,dev]'

export PATH := $(CURDIR)/$(BIN):$(PATH)
# Where Python may not keep what it has compiled, each of many processes compiles every library anew.
export PYTHONDONTWRITEBYTECODE :=
export BENTOML_DO_NOT_TRACK := True
export DO_NOT_TRACK := true
export DVC_NO_ANALYTICS := true
export MLFLOW_DISABLE_TELEMETRY := true
export MLFLOW_SERVER_ENABLE_JOB_EXECUTION := false

.DEFAULT_GOAL := help
.PHONY: help env up serve mlflow test check fix docs bench bench-peers bench-accuracy bench-records bench-reviewing bench-minirocket clean

help:  ## List the commands
	@grep -E '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 18

env: $(READY)  ## Make the environment

$(READY): pyproject.toml constraints.txt
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || \
	  { echo "quaver needs Python 3.11 or later; name one with PYTHON=" >&2; exit 2; }
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --constraint constraints.txt uv
	$(BIN)/uv pip install --quiet --python $(BIN)/python $(PACKAGES) || \
	  $(BIN)/python -m pip install --quiet --disable-pip-version-check $(PACKAGES)
	@touch $(READY)

up: $(READY)  ## Simulate, train, promote and serve; PORT= and MLFLOW_PORT= choose the ports
	@$(BIN)/quaver up --check --port $(PORT) --mlflow-port $(MLFLOW_PORT)
	@# Two chains side by side, as many as there are cores; if one fails, what is left, one by one.
	@$(BIN)/dvc --wait-for-lock repro --quiet evaluate@emg & first=$$!; \
	  $(BIN)/dvc --wait-for-lock repro --quiet evaluate@accelerometer evaluate@gyroscope; \
	  second=$$?; wait $$first && test $$second -eq 0 || $(BIN)/dvc repro --quiet
	$(BIN)/quaver promote
	@$(BIN)/quaver up --port $(PORT) --mlflow-port $(MLFLOW_PORT)

serve: $(READY)  ## Serve the promoted models
	@$(BIN)/quaver serve --port $(PORT)

mlflow: $(READY)  ## Open the MLflow page of this folder
	$(BIN)/mlflow server --backend-store-uri sqlite:///mlflow.db --port $(MLFLOW_PORT) --workers 1

test: $(READY)  ## Run all tests
	$(BIN)/python -m pytest --numprocesses 2 --no-loadscope-reorder

check: $(READY)  ## Style, types and floors
	$(BIN)/ruff check
	$(BIN)/ruff format --check
	$(BIN)/mypy
	$(BIN)/lint-imports

fix: $(READY)  ## Put style right where a machine can
	$(BIN)/ruff check --fix
	$(BIN)/ruff format

docs: $(READY)  ## Write the tables of the README anew
	$(BIN)/python -m training.documentation

bench: $(READY)  ## Compare with peers and floors
	$(BIN)/python -P benchmarks/features.py
	$(BIN)/python -P benchmarks/serving.py

bench-peers: $(READY)  ## The same gyroscope signals through paradigma and quaver
	$(BIN)/python -P benchmarks/peers.py

bench-accuracy: $(READY)  ## How right the models are under every protocol; real sets from QUAVER_DATA
	$(BIN)/python -P -m benchmarks.accuracy

bench-records: $(READY)  ## How right and quick records of recordings are; real sets from QUAVER_DATA
	$(BIN)/python -P -m benchmarks.records

bench-reviewing: $(READY)  ## What training, comparing and changing the champion take on 100,000 windows
	$(BIN)/python -P -m benchmarks.reviewing

bench-minirocket: $(READY)  ## What interpretable features lose against MiniRocket's
	$(BIN)/python -P -m benchmarks.minirocket

clean:  ## Remove the environment and everything that was made
	rm -rf $(VENV) data models reports mlruns mlflow.db .bentoml .benchmarks .dvc/cache .dvc/tmp
	rm -rf .pytest_cache .mypy_cache .ruff_cache .import_linter_cache .hypothesis
	find features serving training tests -name __pycache__ -type d -prune -exec rm -rf {} +
