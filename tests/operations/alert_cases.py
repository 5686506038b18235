"""What makes each alert fire, and what comes near it and does not: series as promtool has them, a sample a minute."""

from __future__ import annotations

from typing import NamedTuple


class Case(NamedTuple):
    """Two courses of the same metrics.

    :ivar after: minutes after which it fires, or still does not
    :ivar fires: samples of each series
    :ivar quiet: the same
    """

    after: int
    fires: dict[str, str]
    quiet: dict[str, str]


def _metric(name: str, labels: str = "") -> str:
    return f"registry_api_{name}{{{labels}}}" if labels else f"registry_api_{name}"


_OK = _metric("requests_total", 'method="GET",route="/x",status="200"')
_FAULT = _metric("requests_total", 'method="GET",route="/x",status="503"')
_HIT, _MISS = (_metric("memory_lookups_total", f'result="{one}"') for one in ("hit", "miss"))
_LOST = _metric("redis_lost", 'of="limits"')
_BLOCK_TIME = _metric("indexed_block_time_seconds", 'chain="1"')


def _seconds(route: str, quick: str, slow: str) -> dict[str, str]:
    """Requests within 0.1 s, and within 1 s."""
    labels = f'method="GET",route="{route}"'
    within = {"0.1": quick, "1.0": slow, "+Inf": slow}
    return {_metric("request_seconds_bucket", f'{labels},le="{one}"'): count for one, count in within.items()}


def _events(event: str, values: str) -> dict[str, str]:
    return {_metric("events_indexed_total", f'chain="1",event="{event}"'): values}


def _reorganisations(within_five: str, every: str) -> dict[str, str]:
    name = "reorganisation_blocks"
    return {
        _metric(f"{name}_bucket", 'chain="1",le="5.0"'): within_five,
        _metric(f"{name}_bucket", 'chain="1",le="+Inf"'): every,
        _metric(f"{name}_count", 'chain="1"'): every,
    }


CASES = {
    "APIDown": Case(5, {'up{job="registry-api"}': "0x10"}, {'up{job="registry-api"}': "1x10"}),
    "ErrorRate": Case(20, {_OK: "0+960x30", _FAULT: "0+20x30"}, {_OK: "0+6000x30", _FAULT: "0+20x30"}),
    "Latency": Case(30, _seconds("/x", "0+50x40", "0+100x40"), _seconds("/x", "0+97x40", "0+100x40")),
    "SlowSearch": Case(
        40,
        _seconds("/api/v1/agents", "0+50x60", "0+100x60"),
        {**_seconds("/api/v1/agents", "0+97x60", "0+100x60"), **_seconds("/x", "0+50x60", "0+100x60")},
    ),
    "MemoryMisses": Case(90, {_HIT: "0+10x120", _MISS: "0+1000x120"}, {_HIT: "0+10x120", _MISS: "0+400x120"}),
    "TrafficSurge": Case(1_500, {_OK: "0+60x1440 86400+12000x90"}, {_OK: "0+6000x1440 8640000+12000x90"}),
    "RateLimited": Case(
        20,
        {_metric("rate_limited_total", 'tier="anonymous",kind="read"'): "0+120x30"},
        {_metric("rate_limited_total", 'tier="anonymous",kind="read"'): "0+30x30"},
    ),
    "RedisLost": Case(
        5, {_metric("redis_lost", 'of="limits"'): "1x10"}, {_metric("redis_lost", 'of="limits"'): "0x10"}
    ),
    "AuthenticationFailures": Case(
        15,
        {_metric("authentication_failures_total", 'reason="unknown"'): "0+60x30"},
        {_metric("authentication_failures_total", 'reason="unknown"'): "0+10x30"},
    ),
    "DatabaseFailing": Case(
        10,
        {_metric("database_errors_total", 'kind="retryable"'): "0+3x20"},
        {_metric("database_errors_total", 'kind="retryable"'): "0x5 2x15"},
    ),
    "PoolExhausted": Case(
        10, {_metric("pool_waits_exceeded_total"): "0x5 3x15"}, {_metric("pool_waits_exceeded_total"): "3x20"}
    ),
    "Rollbacks": Case(
        20, {_metric("database_rollbacks_total"): "0+4x30"}, {_metric("database_rollbacks_total"): "0+1x30"}
    ),
    "IndexerLag": Case(10, {_BLOCK_TIME: "0x20"}, {_BLOCK_TIME: "0+60x20"}),
    "RPCErrors": Case(
        20,
        {_metric("rpc_errors_total", 'chain="1"'): "0+4x30"},
        {_metric("rpc_errors_total", 'chain="1"'): "0+1x30"},
    ),
    "DeepReorganisation": Case(10, _reorganisations("1x20", "1x5 2x15"), _reorganisations("1x5 2x15", "1x5 2x15")),
    "CheckFailed": Case(
        5, {_metric("check_differences", 'chain="1"'): "0x2 3x10"}, {_metric("check_differences", 'chain="1"'): "0x20"}
    ),
    "CheckMissing": Case(
        3_000,
        {_metric("check_time_seconds", 'chain="1"'): "0x3100"},
        {_metric("check_time_seconds", 'chain="1"'): "0+60x3100"},
    ),
    "NoRegistrations": Case(1_600, _events("Registered", "7x1700"), _events("Registered", "0x800 1x900")),
    "FeedbackSurge": Case(70, _events("NewFeedback", "0+500x90"), _events("NewFeedback", "0+100x90")),
    "SuspiciousFeedback": Case(
        70,
        {_metric("scores_computed_total", 'chain="1",level="untrusted"'): "0+1x90"},
        {
            _metric("scores_computed_total", 'chain="1",level="untrusted"'): "0x60 5x30",
            _metric("scores_computed_total", 'chain="1",level="good"'): "0+100x90",
        },
    ),
    "RegistryPaused": Case(
        5,
        {_metric("registry_paused", 'chain="1",registry="reputation"'): "0x2 1x10"},
        {_metric("registry_paused", 'chain="1",registry="reputation"'): "1x2 0x10"},
    ),
    "RoleChanged": Case(10, _events("RoleGranted", "0x5 1x10"), _events("RoleGranted", "1x20")),
    "AdminTransferBegun": Case(
        10, _events("DefaultAdminTransferScheduled", "0x5 1x10"), _events("DefaultAdminTransferCanceled", "0x5 1x10")
    ),
}
