# The two commands a newcomer needs are `make demo` and `make test`; each does its own set-up.
# Everything here is a thin name for a command you can type yourself.

SWIFT   ?= swift
RUN     ?=
SOURCES := Sources Tests Package.swift
# Engine rooms switch to the machine's own instruction set at run time; release is what numeric tests need.
RELEASE := -c release --disable-testable-imports

.DEFAULT_GOAL := help
.PHONY: help setup build slim demo demo-model test test-release lint format check check-debug check-sanitizers check-arm check-docs clean

help: ## list these commands
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-17s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

setup: ## check the tools and system libraries, install what is missing where allowed
	@sh scripts/setup

build: setup ## build the release program, .build/release/penchant
	$(SWIFT) build -c release --product penchant

slim: setup ## a small program for a Linux machine without Swift: .build-static/penchant
	@sh scripts/slim

demo: build ## see preference tuning work, with its controls, on what travels in the program
	@sh scripts/demo .build/release/penchant

demo-model: build ## make the demonstration's base model again (needs Python with torch)
	@sh scripts/demo-model .build/release/penchant

test: setup lint test-release ## all tests in release, and lint

# The studio's tests run after the others: those hold, for seconds, the few threads that its server answers on.
test-release:
	$(SWIFT) test $(RELEASE) --skip PenchantStudioTests
	$(SWIFT) test $(RELEASE) --filter PenchantStudioTests

lint: ## formatting and documentation rules, warnings count as errors
	$(SWIFT) format lint --strict --parallel --recursive $(SOURCES)

format: ## rewrite the sources in the project's format
	$(SWIFT) format --in-place --parallel --recursive $(SOURCES)

check: setup lint check-debug check-sanitizers check-arm check-docs ## the long check: debug, sanitizers, Arm kernels in an emulator, docs

check-debug:
	$(SWIFT) test

check-sanitizers:
	sh scripts/check-sanitizers

check-arm: ## the Arm kernels against their plain twins, in an emulator
	sh scripts/check-arm

check-docs:
	sh scripts/check-docs

clean: ## remove what was built
	$(SWIFT) package clean
	rm -rf .build-address .build-thread .build-static
