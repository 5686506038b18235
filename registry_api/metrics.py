"""What a process counts, for Prometheus; docs/operations.md lists all of it."""

from __future__ import annotations

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram

REGISTRY = CollectorRegistry()
"""Of this process; `/metrics` shows it, and `index` at the port of its own."""

_SECONDS = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0)


def _counter(name: str, help_text: str, *labels: str) -> Counter:
    return Counter(f"registry_api_{name}", help_text, labels, registry=REGISTRY)


def _gauge(name: str, help_text: str, *labels: str) -> Gauge:
    return Gauge(f"registry_api_{name}", help_text, labels, registry=REGISTRY)


def _histogram(name: str, help_text: str, *labels: str, buckets: tuple[float, ...] = _SECONDS) -> Histogram:
    return Histogram(f"registry_api_{name}", help_text, labels, registry=REGISTRY, buckets=buckets)


# REQUESTS

requests = _counter("requests", "Requests that were answered.", "method", "route", "status")
request_seconds = _histogram("request_seconds", "From a request to the end of its response.", "method", "route")
requests_in_progress = _gauge("requests_in_progress", "Requests that are being answered.")
memory_lookups = _counter("memory_lookups", "Questions looked up among the remembered answers.", "result")
shared_lookups = _counter("shared_lookups", "Questions looked up among the answers of other replicas.", "result")
payments_linked = _counter("payments_linked", "Payments linked to agents.", "chain")

# WHO ASKS

rate_limited = _counter("rate_limited", "Requests refused because there were too many.", "tier", "kind")
redis_lost = _gauge("redis_lost", "1 while this process goes on without Redis, for what it is used.", "of")
authentication_failures = _counter("authentication_failures", "API keys that were refused.", "reason")

# THE DATABASE

pool_size = _gauge(
    "pool_connections", "Connections that this process may have for reading, beside one for agents by their ids."
)
pool_in_use = _gauge("pool_connections_in_use", "Connections that are reading.")
pool_waits = _counter("pool_waits_exceeded", "Requests refused because no connection came free in time.")
rollbacks = _counter("database_rollbacks", "Transactions that were rolled back.")
database_errors = _counter("database_errors", "Failures of the database.", "kind")

# CHAINS

indexed_block = _gauge("indexed_block", "The last block that is indexed.", "chain")
indexed_block_time = _gauge("indexed_block_time_seconds", "When that block was made, Unix seconds.", "chain")
chain_head = _gauge("chain_head_block", "The last block that the RPC has told of.", "chain")
events = _counter("events_indexed", "Events of the registries that were indexed.", "chain", "event")
reorganisations = _histogram(
    "reorganisation_blocks", "Blocks taken back at once.", "chain", buckets=(1, 2, 3, 5, 10, 20, 50, 100)
)
rpc_errors = _counter("rpc_errors", "Calls of an RPC that failed.", "chain")
files_fetched = _counter("files_fetched", "Registration files looked at.", "state")
scores_computed = _counter("scores_computed", "Scores that were computed.", "chain", "level")
registry_paused = _gauge("registry_paused", "1 while a registry is paused.", "chain", "registry")
check_differences = _gauge("check_differences", "What the last check found that the chain says otherwise.", "chain")
check_time = _gauge("check_time_seconds", "When the last check ended, Unix seconds.", "chain")
