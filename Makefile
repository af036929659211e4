# QemuLab. `make help` lists the targets.

SHELL       := /bin/bash
.SHELLFLAGS := -euo pipefail -c
.DEFAULT_GOAL := help
.ONESHELL:
.PHONY: help deps build lab test lint golden bench soak release clean

export DOTNET_CLI_TELEMETRY_OPTOUT := 1
export DOTNET_NOLOGO := 1

ARTIFACTS := artifacts
QEMULAB   := $(ARTIFACTS)/qemulab
# Compiled ahead: what is built starts in half the time.
PRECOMPILED := $(if $(filter Linux-x86_64,$(shell uname -sm | tr ' ' -)),-p:QemuLabPrecompiled=true)
SUDO      := $(if $(filter 0,$(shell id -u)),,sudo)

# Debian and Ubuntu packages. What runs machines, what builds images, what the tests compare with.
APT_RUN    := qemu-system-x86 qemu-utils ovmf openssh-client nftables iproute2 procps dnsmasq-base
APT_IMAGES := mmdebstrap debian-archive-keyring binutils cpio dosfstools e2fsprogs fdisk kmod lz4 mtools zstd uidmap
APT_TESTS  := openssh-server genisoimage xorriso nasm curl file tcpdump arping sudo tmux python3 git jq rsync ansible-core
APT        := $(APT_RUN) $(APT_IMAGES) $(APT_TESTS)
BREW       := qemu

help: ## list the targets
	@sed -n 's/^\([a-z]*\):[^#]*## \(.*\)/\1|\2/p' $(MAKEFILE_LIST) | awk -F'|' '{ printf "  make %-8s %s\n", $$1, $$2 }'

deps: ## install the missing packages (apt or brew), and say which
	@if [ "$$(uname)" = Darwin ]; then
	  missing=""; for package in $(BREW); do brew list --versions "$$package" >/dev/null 2>&1 || missing="$$missing $$package"; done
	  [ -z "$$missing" ] || { echo "installing:$$missing"; brew install $$missing; }
	  exit 0
	fi
	command -v dpkg-query >/dev/null || { echo "this host has no apt: install by hand what matches: $(APT)"; exit 0; }
	missing=""
	for package in $(APT); do
	  [ "$$(dpkg-query -W -f '$${db:Status-Status}' "$$package" 2>/dev/null || true)" = installed ] || missing="$$missing $$package"
	done
	[ -n "$$missing" ] || exit 0
	echo "installing:$$missing"
	if [ -n "$(SUDO)" ] && ! command -v sudo >/dev/null; then
	  echo "error: packages are missing and there is no sudo; as root: apt-get install --no-install-recommends$$missing" >&2; exit 1
	fi
	$(SUDO) apt-get update -q
	$(SUDO) env DEBIAN_FRONTEND=noninteractive apt-get install -qy --no-install-recommends $$missing

build: ## build; leaves a runnable artifacts/qemulab
	@dotnet build QemuLab.sln --nologo -v quiet -consoleLoggerParameters:NoSummary $(BUILD_FLAGS) $(PRECOMPILED)
	ln -sfn bin/QemuLab/debug/qemulab $(QEMULAB)

lab: deps build ## launch the sample lab and print its machines
	@$(QEMULAB) launch-all cloud-init/lab.yaml

# Analyzers have the compiler take twice as long: `make build` and `make lint` have them.
test: BUILD_FLAGS = -p:RunAnalyzers=false
test: deps build ## run every test; ends with "N passed, N failed"
	@tests/run

lint: ## check formatting and analyzers
	@dotnet format QemuLab.sln --verify-no-changes --no-restore
	dotnet build QemuLab.sln --nologo -v quiet -consoleLoggerParameters:NoSummary

golden: build ## rewrite the golden files; review the diff
	@QEMULAB_GOLDEN=write $(ARTIFACTS)/bin/QemuLab.Tests/debug/QemuLab.Tests -noLogo -trait Category=golden
	git diff --stat -- tests cloud-init

bench: deps build release ## measure against bare QEMU; table and artifacts/bench.json
	@tests/bench

soak: deps build ## random verbs and kills against a model, for SOAK_SECONDS (600)
	@$(ARTIFACTS)/bin/QemuLab.Soak/debug/QemuLab.Soak

release: ## one self-contained file: artifacts/release/qemulab
	@dotnet publish src/QemuLab -c Release -p:QemuLabRelease=true -o $(ARTIFACTS)/release --nologo -v quiet
	ls -l $(ARTIFACTS)/release/qemulab

clean: ## remove what was built; labs and images stay
	@rm -rf $(ARTIFACTS)
