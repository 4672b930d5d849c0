# live-omega: a personal cloud on two parallel Kubernetes clusters.
# `make up` and `make test` are all there is to know; `make help` lists the rest.

SHELL := /bin/bash
.DELETE_ON_ERROR:
.DEFAULT_GOAL := help

# The same flags as everywhere in local/toolchain, so that large packages are compiled once.
export CGO_ENABLED := 0
export GOFLAGS := -trimpath -buildvcs=false
# Compilers that collect garbage less often; not exported, so that it reaches nothing that they build.
GO := GOGC=400 go
CLOUD := .local/bin/cloud

.PHONY: help
help: ## List the targets
	@awk 'BEGIN {FS = ":.*## "} /^[a-z0-9-]+:.*## / {printf "  make %-18s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

.PHONY: cloud
cloud: # The command that everything below runs; an up-to-date one is not linked again.
	@mkdir -p .local/bin && $(GO) build -ldflags '-s -w' -o $(CLOUD) ./cmd/cloud

.PHONY: up
up: cloud ## Build the tools, start live, omega and edge, deploy all stacks
	@$(CLOUD) local up

.PHONY: tools
tools: cloud ## Build or find the pinned tools (Pulumi, Kubernetes, Traefik, ...)
	@$(CLOUD) local tools

.PHONY: clusters
clusters: cloud ## Start the clusters, deploy nothing
	@$(CLOUD) local up --no-deploy

.PHONY: images
images: cloud ## Build the images, push them to the local registry
	@$(CLOUD) local images

.PHONY: status
status: cloud ## Show the machine's processes, then what runs where and who sees it
	@$(CLOUD) local status
	@$(CLOUD) status

.PHONY: down
down: cloud ## Stop the clusters and keep their state
	@$(CLOUD) local down

.PHONY: destroy
destroy: cloud ## Remove every trace: processes, mounts, network, .local
	@$(CLOUD) local destroy

.PHONY: test
test: test-unit test-integration test-e2e test-clusters ## All tests; brings up what they need

.PHONY: test-unit
test-unit: ## Tests that need no cluster
	$(GO) test ./...

.PHONY: test-integration
test-integration: cloud ## Tests with the real CLI and real API servers
	@$(CLOUD) local tools
	$(GO) test -tags integration -p 2 -timeout 30m ./local/... ./tests/engine/... ./tests/apiserver/... ./tests/gateway/... ./tests/e2e/rig/...

.PHONY: test-e2e
test-e2e: up ## Tests with real clusters and real traffic
	$(GO) test -tags e2e -p 1 -count 1 -timeout 60m -v ./tests/e2e/

.PHONY: test-clusters
test-clusters: cloud ## Tests of the local clusters: crash, kill, upgrade, destroy
	@$(CLOUD) local tools
	@$(CLOUD) local tools kubernetes-v1.35.4
	$(GO) test -tags cluster -p 1 -count 1 -timeout 20m ./local/cluster/

.PHONY: bench
bench: up ## Measure: start, up, preview, shift; prints ratios
	$(GO) test -tags e2e -p 1 -count 1 -timeout 60m -v -run Bench ./tests/bench/...

.PHONY: lint
lint: ## Format and vet, all build tags
	@test -z "$$(gofmt -l $$(git ls-files '*.go'))" || { gofmt -l $$(git ls-files '*.go'); echo 'not formatted: run gofmt -w on these'; exit 1; }
	$(GO) vet ./...
	$(GO) vet -tags integration ./...
	$(GO) vet -tags e2e ./...
	$(GO) vet -tags cluster ./local/cluster/...
