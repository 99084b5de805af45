# `make` lists the targets. `make book` needs Python >= 3.11 and git, and makes its own environment in .venv.
SHELL := bash
.SHELLFLAGS := -euo pipefail -c
.DEFAULT_GOAL := help
.DELETE_ON_ERROR:
.PHONY: help book pdf test-fast test test-full notebooks bench serve check proofs

PYTHON ?= python3
VENV ?= .venv
PEERS := $(VENV)-bench
BIN := "$(VENV)/bin"
escaped = $(subst $() ,\ ,$(1))
# Not `.`: environments lie there, too, under any name.
CODE := benchmarks booktools derive diffusion_lib models notebooks pagekit tests
UNREAD := -name '.*' -o -name __pycache__ -o -name '*.tmp'
SOURCES := _config.yml _toc.yml $(shell find book booktools derive diffusion_lib models notebooks pagekit -mindepth 1 \( $(UNREAD) \) -prune -o -print | sed 's/ /\\ /g')
# What judges a changed line within a minute. Chosen by time: files that train, start processes or draw thousands stay out.
FAST := $(addprefix tests/,test_data.py networks test_errors.py process sample evaluate derive)
FAST += $(addprefix tests/,train/test_config.py pagekit/test_plot.py repository/test_contracts.py repository/test_contributing.py)
LONG := process/test_parity.py evaluate/test_features.py pagekit/test_line_distribution.py derive/test_functions.py
FAST += $(addprefix --ignore=tests/,$(LONG))
NBVAL := -p booktools.compare.plugin --nbval --nbval-current-env --nbval-cell-timeout 300
# make test ISA=sse4, avx2 or avx512: each library computes as on a processor that has no more than these instructions.
ISA_sse4 := ATEN_CPU_CAPABILITY=default ONEDNN_MAX_CPU_ISA=SSE41 MKL_CBWR=COMPATIBLE MKL_ENABLE_INSTRUCTIONS=SSE4_2 OPENBLAS_CORETYPE=Nehalem NPY_DISABLE_CPU_FEATURES=X86_V3,X86_V4,AVX512_ICL,AVX512_SPR
ISA_avx2 := ATEN_CPU_CAPABILITY=avx2 ONEDNN_MAX_CPU_ISA=AVX2 MKL_CBWR=AVX2 MKL_ENABLE_INSTRUCTIONS=AVX2 OPENBLAS_CORETYPE=Haswell NPY_DISABLE_CPU_FEATURES=X86_V4,AVX512_ICL,AVX512_SPR
ISA_avx512 := ATEN_CPU_CAPABILITY=avx512 ONEDNN_MAX_CPU_ISA=AVX512_CORE MKL_CBWR=AVX512 MKL_ENABLE_INSTRUCTIONS=AVX512 OPENBLAS_CORETYPE=SkylakeX NPY_DISABLE_CPU_FEATURES=AVX512_ICL,AVX512_SPR
LIMITED := $(if $(ISA),env $(or $(ISA_$(ISA)),$(error ISA must be sse4, avx2 or avx512, got $(ISA); leave it out to use all instructions)))
export OMP_NUM_THREADS := 1
export MKL_NUM_THREADS := 1
export OPENBLAS_NUM_THREADS := 1
export PYTHONHASHSEED := 0
export TQDM_DISABLE := 1
# What a network gives back stays with the process. Else each large array is made of fresh pages: painting takes 3 times as long.
export MALLOC_MMAP_THRESHOLD_ := 1073741824
export MALLOC_TRIM_THRESHOLD_ := 4294967296
# What "auto" means: stored outputs come from a CPU, and a GPU rounds otherwise than any of them.
export DIFFUSION_LIB_DEVICE := cpu
unexport MPLBACKEND

help:
	@echo "Times on two cores:"
	@grep -E '^[a-z-]+:.*## ' Makefile | sed -E 's/^([a-z-]+):.*## (.*) \| (.*)/make \1	\2	\3/' | expand -t 18,28

book: _build/html/index.html ## 4 min | build the pages into _build/html, from the outputs in notebooks/; the install is in the time

_build/html/index.html: $(call escaped,$(VENV))/ready $(SOURCES)
	$(BIN)/python -m booktools.site.build
	@touch $@

pdf: book ## 3 min | the whole book as one file, _build/book.pdf; needs chromium
	$(BIN)/python -m booktools.site.pdf

test-fast: check ## 45 s | after a changed line: lint, imports, formulas, samplers, one chapter
	$(BIN)/pytest $(FAST) -n 2
	$(BIN)/python -m pytest notebooks/intro.ipynb $(NBVAL)

# `check` and `proofs` are nice: the book takes longest of the three, and waits for nobody.
# A notebook is run again where its code or anything that this imports is not that of its last run; under a limited set
# of instructions, and in test-full, every one is.  So it is with the built pages and their views in a browser, and with
# the tests of the library where none of its files has changed since they passed.
# The whole run has a process more than cores: browsers and programs are waited for.
test: ## 18 min | everything that must hold: library, derivations, changed notebooks, pages in a browser
	+@$(MAKE) --no-print-directory -j 2 book check proofs
	notebooks=$(if $(ISA)$(FULL),notebooks,"$$($(BIN)/python -m booktools.notebooks.closure)"); \
	tests=$(if $(ISA)$(FULL),tests,"$$($(BIN)/python -m booktools.check.library_tests)"); \
	$(LIMITED) $(BIN)/python -m pytest $$tests $$notebooks $(NBVAL) $(if $(ISA)$(FULL),-m "not slow") -n 3 --dist loadscope --no-loadscope-reorder -rs

test-full: FULL := yes
test-full: test ## 1 h | the same, with every notebook, and the tests that take minutes
	$(LIMITED) $(BIN)/pytest tests -m slow -n 2

notebooks: $(call escaped,$(VENV))/ready ## 12 min | run the chapters whose code changed, and write notebooks/; the time is for all
	$(BIN)/python -m booktools.notebooks.update

bench: $(call escaped,$(PEERS))/ready ## 1:45 h | measure side by side with other libraries, in an environment of its own
	"$(PEERS)"/bin/python -m benchmarks $(BENCH)

serve: book ## 2 min | read the book at http://127.0.0.1:8000
	$(BIN)/python -m http.server --bind 127.0.0.1 --directory _build/html 8000

check: $(call escaped,$(VENV))/ready ## 12 s | lint the code, its imports and its types, check that notebooks/ is what book/ makes
	nice $(BIN)/ruff check $(CODE) && nice $(BIN)/ruff format --check $(CODE)
	nice $(BIN)/lint-imports && nice $(BIN)/mypy
	nice $(BIN)/python -m booktools.check.rules

proofs: $(call escaped,$(VENV))/ready ## 4 min | build the theorems in proofs/ and have Rocq check every step of the book; needs coqc
	nice $(BIN)/python -m booktools.check.proofs
	nice $(BIN)/python -m booktools.certificates --failed
	nice $(BIN)/python -m booktools.certificates --satisfiable

# An environment ignores itself, so that git and ruff pass it by, whatever its name.
$(call escaped,$(VENV))/ready: requirements.txt pyproject.toml
	@$(PYTHON) -c 'import sys; sys.version_info >= (3, 11) or sys.exit(f"Python 3.11 or newer is needed, this is {sys.version.split()[0]}; try: make book PYTHON=python3.12")'
	$(PYTHON) -m venv "$(VENV)" && echo '*' > "$(VENV)"/.gitignore && $(BIN)/python -m pip install --no-compile -r requirements.txt -e .
# pip compiles on one core. As with pip, a file that is written for another Python is left as it is.
	$(BIN)/python -m compileall -qq -j 0 "$(VENV)"/lib || true
	@touch "$@"

$(call escaped,$(PEERS))/ready: benchmarks/requirements.txt pyproject.toml
	$(PYTHON) -m venv "$(PEERS)" && echo '*' > "$(PEERS)"/.gitignore && "$(PEERS)"/bin/python -m pip install -r benchmarks/requirements.txt -e .
	@touch "$@"
