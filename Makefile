# Makefile - the front door: one word each to try, test, measure and install Lastout.
#
# Every target first installs what it needs and the machine lacks (.make/packages), then hands over
# to CMake. What is built where: CMakePresets.json, one folder build/PRESET for each preset.

TREE   ?= /usr/include
ARGS   ?=
TRACES ?=
SECONDS ?= 600
TARGETS ?=
PREFIX ?= /usr/local
JOBS   ?= $(shell nproc 2>/dev/null || echo 2)

# What make test builds: all with g++, and with the sanitizers and for another machine what they have
# most to say about. And what make verify builds besides.
quick_presets := gcc tsan asan s390x
slow_presets  := tsan_whole asan_whole checked clang14 clang19 s390x_whole arm64 riscv64 armhf i386
presets       := release debug bench fuzz verify mutants lint $(quick_presets) \
                 $(filter-out %_whole,$(slow_presets))
quick_tests   := $(quick_presets:%=test-%)
slow_tests    := $(slow_presets:%=test-%)
sources       = $$(find include src apps tests bench docs -name '*.hpp' -o -name '*.cpp')

.DEFAULT_GOAL := help
.NOTPARALLEL:
.PHONY: help run test verify fuzz mutants bench install format check-format lint lint-headers clean \
        eviction packages-run packages-test packages-verify packages-bench packages-format $(quick_tests) \
        $(slow_tests)

help:
	@echo 'make run       run the memory filesystem on a real tree   TREE=$(TREE) ARGS="--threads 4"'
	@echo 'make test      build and test with g++ 12; with clang 19 under the sanitizers, and on an'
	@echo '               emulated s390x, what those are for'
	@echo 'make verify    that, and all that takes hours: clang-tidy, all under the sanitizers and checked, clang 14'
	@echo '               and 19 plain, five machines, larger explorations and models, mutants; fuzzing'
	@echo '               SECONDS=$(SECONDS) for each target'
	@echo 'make bench     measure against the limit and the peers; rows and pages of plots in build/bench'
	@echo 'make install   install headers, CMake package and command   PREFIX=$(PREFIX) DESTDIR='
	@echo
	@echo 'For work on Lastout itself: make $(quick_tests) lint-headers lint,'
	@echo '                            make $(wordlist 1,5,$(slow_tests))'
	@echo '                            $(wordlist 6,10,$(slow_tests)),'
	@echo '                            make fuzz (SECONDS=600 TARGETS="cache vfs"), make mutants,'
	@echo '                            make eviction (TRACES=folder), make format, make clean'

run: packages-run build/release/build.ninja
	@cmake --build build/release -j $(JOBS) --target lastout_cli
	build/release/apps/cli/lastout vfs run --tree "$(TREE)" $(ARGS)

# Each step ends with ctest's own closing lines; the first step that fails ends the test.
test: packages-test check-format lint-headers $(quick_tests)

$(quick_tests): packages-test
$(slow_tests): packages-verify
# grace/ needs the other machine's liburcu. Debian 12 has none for riscv64.
test-s390x_whole: build/liburcu/s390x
test-arm64 test-armhf test-i386: test-%: build/liburcu/%
test-tsan_whole: build/tsan/build.ninja
test-asan_whole: build/asan/build.ninja
test-s390x_whole: build/s390x/build.ninja
$(filter-out %_whole,$(quick_tests) $(slow_tests)): test-%: build/%/build.ninja
$(quick_tests) $(slow_tests): test-%:
	@echo '== $*'
	@cmake --build --preset $* -j $(JOBS)
	@ctest --preset $* -j $(JOBS)

# The explorations and models that take minutes each, one at a time: some want 6 GiB.
verify: test lint $(slow_tests) build/verify/build.ninja fuzz mutants
	@echo '== verify'
	@cmake --build --preset verify -j $(JOBS)
	@ctest --preset verify

# Half an hour to an hour the first time; who noticed a mutant is asked first the next time.
mutants: packages-verify build/mutants/build.ninja
	@cmake --build build/mutants -j $(JOBS) --target lastout_mutants

# Each of them finds the bug that was planted for it, before it looks for others.
fuzz: packages-test build/fuzz/build.ninja
	@cmake --build --preset fuzz -j $(JOBS)
	@ctest --preset fuzz -j $(JOBS)
	@tests/fuzz/long_run.sh build/fuzz/tests/fuzz $(SECONDS) $(TARGETS)

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
	@test -n "$(PREFIX)" || { echo 'make install: PREFIX is empty; give a folder' >&2; exit 2; }
	@cmake --build build/release -j $(JOBS)
	@DESTDIR="$(DESTDIR)" cmake --install build/release --prefix "$(PREFIX)"

lint lint-headers: packages-test build/lint/build.ninja
	@echo '== $@'
	@cmake --build --preset $@ -j $(JOBS)

check-format: packages-test
	@echo '== format (to repair: make format)'
	@clang-format-19 --dry-run -Werror $(sources)

format: packages-format
	clang-format-19 -i $(sources)

clean:
	rm -rf build

packages-run packages-test packages-verify packages-bench packages-format: packages-%:
	@.make/packages $*

build/liburcu/%:
	@.make/liburcu $* $@

# Configured once, and again when the presets change; changed CMakeLists are CMake's own business.
$(presets:%=build/%/build.ninja): build/%/build.ninja: CMakePresets.json
	@cmake --preset $*
	@touch $@
