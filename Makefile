# Makefile - the front door: one word each to try, test, measure and install Lastout.
#
# Every target first installs what it needs and the machine lacks (.make/packages), then hands over
# to CMake. What is built where: CMakePresets.json, one folder build/PRESET for each preset.

TREE   ?= /usr/include
ARGS   ?=
TRACES ?=
PREFIX ?= /usr/local
JOBS   ?= $(shell nproc 2>/dev/null || echo 2)

test_presets := gcc tsan asan clang14 clang19
presets      := release debug bench $(test_presets)
tests        := $(test_presets:%=test-%)
sources       = $$(find include src apps tests bench docs -name '*.hpp' -o -name '*.cpp')

.DEFAULT_GOAL := help
.NOTPARALLEL:
.PHONY: help run test bench install format check-format lint clean packages-run packages-test \
        packages-bench packages-format $(tests) eviction

help:
	@echo 'make run       run the memory filesystem on a real tree   TREE=$(TREE) ARGS="--threads 4"'
	@echo 'make test      build and test with g++ 12, clang 14 and 19, and under the sanitizers'
	@echo 'make bench     measure against the limit and the peers; rows and pages of plots in build/bench'
	@echo 'make install   install headers, CMake package and command   PREFIX=$(PREFIX) DESTDIR='
	@echo
	@echo 'For work on Lastout itself: make $(tests: =, ),'
	@echo '                            make eviction (TRACES=folder), make lint, make format, make clean'

run: packages-run build/release/build.ninja
	@cmake --build build/release -j $(JOBS) --target lastout_cli
	build/release/apps/cli/lastout vfs run --tree "$(TREE)" $(ARGS)

# Each step ends with ctest's own closing lines; the first step that fails ends the test.
test: packages-test check-format $(tests)

$(tests): test-%: packages-test build/%/build.ninja
	@echo '== $*'
	@cmake --build build/$* -j $(JOBS)
	@ctest --preset $* -j $(JOBS)

test-clang19: lint

bench: packages-bench build/bench/build.ninja
	@cmake --build build/bench -j $(JOBS) --target lastout_bench lastout_registry_bench \
	  lastout_cache_bench lastout_ledger_bench
	build/bench/bench/lastout_bench --json build/bench/results.json $(ARGS)
	build/bench/bench/registry/lastout_registry_bench --json build/bench/registry.json \
	  --page build/bench/registry.html $(ARGS)
	build/bench/bench/cache/lastout_cache_bench --json build/bench/cache.json \
	  --page build/bench/cache.html $(ARGS)
	build/bench/bench/ledger/lastout_ledger_bench --json build/bench/ledger.json $(ARGS)

# TRACES: a folder of recorded key sequences, bench/eviction/trace.hpp says in which form.
eviction: packages-bench build/bench/build.ninja
	@cmake --build build/bench -j $(JOBS) --target eviction_study
	build/bench/bench/eviction/eviction_study $(if $(TRACES),--traces "$(TRACES)") --caffeine \
	  --json build/bench/eviction.json --svg build/bench/eviction $(ARGS)

install: packages-run build/release/build.ninja
	@cmake --build build/release -j $(JOBS)
	@DESTDIR="$(DESTDIR)" cmake --install build/release --prefix "$(PREFIX)"

lint: packages-test build/clang19/build.ninja
	@echo '== lint'
	@cmake --build build/clang19 -j $(JOBS) --target lint

check-format: packages-test
	@echo '== format (to repair: make format)'
	@clang-format-19 --dry-run -Werror $(sources)

format: packages-format
	clang-format-19 -i $(sources)

clean:
	rm -rf build

packages-run packages-test packages-bench packages-format: packages-%:
	@.make/packages $*

# Configured once, and again when the presets change; changed CMakeLists are CMake's own business.
$(presets:%=build/%/build.ninja): build/%/build.ninja: CMakePresets.json
	@cmake --preset $*
	@touch $@
