# make demo    set everything up and train on the embedded digits
# make test    set everything up and run the tests
# make check   lint, format, types, import contracts, all tests that `make test` leaves out
# make promises  the longer tests of what is promised: kills, full disks, hostile and damaged files, random calls
# make slow    the longer tests of the rest: every network of the catalogue
# make lowest  a core of the tests with the lowest versions that pyproject.toml allows
# make bench   the speed claims, each with its peer in the same run
#
# On Linux the default wheel of torch is CUDA's (several GB). The CPU-only one:
#   make demo TORCH_INDEX=https://download.pytorch.org/whl/cpu

PYTHON ?= python3
TORCH_INDEX ?=
VENV := .venv
BIN := $(VENV)/bin
export OMP_WAIT_POLICY ?= PASSIVE

.PHONY: demo test check lint types contracts promises slow lowest bench clean

demo: $(VENV)/ready
	$(BIN)/striate demo
	@echo "here    source $(BIN)/activate     (puts striate on this shell's path)"

# A process a core, one thread each: most tests are too small for more. Hundreds of tests start a Python of their
# own: each would compile every module anew where the environment forbids to write bytecode.
PYTEST := PYTHONDONTWRITEBYTECODE= OMP_NUM_THREADS=1 $(BIN)/python -m pytest -q --numprocesses auto --dist worksteal

test: $(VENV)/ready
	$(PYTEST)

check: lint types contracts promises slow

lint: $(VENV)/ready
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .

types: $(VENV)/ready
	$(BIN)/mypy

contracts: $(VENV)/ready
	$(BIN)/lint-imports

# Their limits of time are for a quiet machine; three times as much where two processes share two cores.
promises: $(VENV)/ready
	$(PYTEST) --timeout 900 -m promise

slow: $(VENV)/ready
	$(PYTEST) --timeout 900 -m slow

# Not part of `make check` or `.ci/run`: it downloads 300 MB and takes four minutes on two cores. torch and
# torchvision are the installed ones, found behind the lowest versions of the others.
CORE := tests/runs tests/training/test_loop.py tests/engines/test_engines.py tests/trainer/test_prepared_data.py \
	tests/cli/test_inspect.py tests/cli/test_commands.py
lowest: .venv-lowest/ready
	PYTHONDONTWRITEBYTECODE= OMP_NUM_THREADS=1 .venv-lowest/bin/python -m pytest -q -p no:cacheprovider --jaxtyping-packages= $(CORE)

.venv-lowest/ready: pyproject.toml tools/lowest_versions.py $(VENV)/ready
	$(BIN)/python -m venv --clear .venv-lowest
	$(BIN)/python tools/lowest_versions.py > .venv-lowest/lowest.txt
	$(BIN)/python tools/lowest_versions.py torch > .venv-lowest/lowest-torch.txt
	.venv-lowest/bin/python -m pip install --quiet --disable-pip-version-check -r .venv-lowest/lowest.txt
	.venv-lowest/bin/python -m pip install --quiet --disable-pip-version-check --no-deps \
	  -r .venv-lowest/lowest-torch.txt
	$(BIN)/python -c "import sysconfig; print(f'import site; site.addsitedir({sysconfig.get_path(\"purelib\")!r})')" \
	  > "$$(.venv-lowest/bin/python -c "import sysconfig; print(sysconfig.get_path('purelib'))")/installed.pth"
	touch $@

# The claims of speed; benchmarks/README.md has the others. SHARED holds pictures and weights.
SHARED ?= ../shared
bench: $(VENV)/ready .venv-peers/ready
	$(BIN)/python benchmarks/help_start.py
	$(BIN)/python benchmarks/waiting_threads.py
	$(BIN)/python benchmarks/pipeline.py
	$(BIN)/python benchmarks/finetune_step.py
	$(BIN)/python benchmarks/predict.py
	$(BIN)/python benchmarks/grad_cam.py $(SHARED)
	$(BIN)/python benchmarks/mnist_race.py $(SHARED)/data/mnist
	$(BIN)/python benchmarks/transfer.py $(SHARED)/data/textures

# What the claims are measured against, apart from ours: their numpy and cv2 differ.
.venv-peers/ready: benchmarks/peers/requirements.txt
	$(PYTHON) -m venv .venv-peers
	.venv-peers/bin/python -m pip install --quiet --disable-pip-version-check --requirement $<
	touch $@

# The environment is made when it is missing, and made again when what it is made from has changed.
$(VENV)/ready: pyproject.toml Makefile
	$(PYTHON) -c "import sys; sys.exit(sys.version_info < (3, 11) and 'Striate needs Python 3.11 or newer; name one: make $(MAKECMDGOALS) PYTHON=python3.12')"
	test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --upgrade "pip>=25.1"
	$(if $(TORCH_INDEX),$(BIN)/python -m pip install --quiet --index-url $(TORCH_INDEX) torch torchvision)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --editable . --group dev
	touch $@

clean:
	rm -rf $(VENV) .venv-peers .venv-lowest .mypy_cache .ruff_cache .pytest_cache .import_linter_cache .hypothesis
