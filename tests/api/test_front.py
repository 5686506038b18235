"""What every request passes: ids, keys, limits and counts, in front of the real API."""

from __future__ import annotations

import time
from collections.abc import Iterator
from ipaddress import ip_network
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Connection, Engine, text
from structlog.testing import capture_logs

from registry_api import keys, metrics, service
from registry_api.front import GUESSES
from registry_api.keys import Key, Wanted
from registry_api.logs import add_request_id
from registry_api.problems import Problem
from registry_api.tiers import Tier
from tests.api.person import wait_for
from tests.api.redis_server import redis_server
from tests.api.serving import API, Village, serving
from tests.deployment import OWNER, Registries

FEW = {
    "anonymous": Tier(read=3, search=2, write=1),
    "standard": Tier(read=6, search=4, write=2),
}


@pytest.fixture
def village(registries: Registries, connection: Connection) -> Village:
    village = Village(registries, connection)
    registries.register(OWNER)
    village.follow()
    return village


@pytest.fixture
def api(village: Village, database_url: str) -> Iterator[API]:
    with serving(database_url, village.source, tiers=FEW) as api:
        yield api


@pytest.fixture(autouse=True)
def _early_in_a_minute() -> None:
    """No window ends within a test."""
    while time.time() % 60 > 45:
        time.sleep(0.5)


def key_of(engine: Engine, scope: keys.Scope = "write", tier: str = "standard") -> dict[str, str]:
    """The header with a new key."""
    with engine.begin() as connection:
        key = keys.create(connection, Wanted("a client", tier, scope, None), int(time.time()))
    return {"Authorization": f"Bearer {key}"}


def sample(name: str, **labels: str) -> float:
    return metrics.REGISTRY.get_sample_value(f"registry_api_{name}", labels) or 0.0


# ----------------------------------------------------------------------------------------------------------------- ids


def test_request__with_an_id__keeps_it_and_without_gets_one(api: API) -> None:
    assert api.ask("/agents/1", headers={"X-Request-ID": "mine-7"}).headers["x-request-id"] == "mine-7"
    given = {api.ask("/agents/9").headers["x-request-id"] for _ in range(2)}
    assert len(given) == 2
    for bad in ("", "x" * 65, "a b", 'a"b', "a;b"):
        assert api.ask("/agents/1", headers={"X-Request-ID": bad}).headers["x-request-id"] not in {bad, ""}


def test_fault__of_the_api__is_logged_under_the_id_that_the_client_has(
    village: Village, engine: Engine, database_url: str
) -> None:
    with serving(database_url, village.source, raises=False) as api:
        with engine.begin() as connection:
            connection.execute(text("ALTER TABLE history RENAME TO elsewhere"))
        before = sample("requests_total", method="GET", route="/api/v1/agents/{agent}/history", status="500")
        with capture_logs(processors=[add_request_id]) as logs:
            response = api.ask("/agents/1/history", headers={"X-Request-ID": "mine-8"})
        assert (response.status_code, response.headers["x-request-id"]) == (500, "mine-8")
        assert {line["event"] for line in logs} == {"fault", "request"}
        assert {line["request_id"] for line in logs} == {"mine-8"}
        after = sample("requests_total", method="GET", route="/api/v1/agents/{agent}/history", status="500")
        assert after == before + 1


# -------------------------------------------------------------------------------------------------------------- limits


def test_requests__up_to_the_limit__say_what_remains_and_then_are_refused(api: API) -> None:
    for left in (2, 1, 0):
        response = api.ask("/agents/1")
        assert response.status_code == 200
        assert response.headers["x-ratelimit-limit"] == "3"
        assert response.headers["x-ratelimit-remaining"] == str(left)
        assert 0 < int(response.headers["x-ratelimit-reset"]) <= 60
    before = sample("rate_limited_total", tier="anonymous", kind="read")
    refused = api.ask("/agents/1/feedback")
    assert (refused.status_code, refused.json()["error"]["code"]) == (429, "RATE_LIMIT_EXCEEDED")
    assert refused.headers["retry-after"] == refused.headers["x-ratelimit-reset"]
    assert refused.headers["x-ratelimit-remaining"] == "0"
    assert refused.headers["x-request-id"]
    assert sample("rate_limited_total", tier="anonymous", kind="read") == before + 1
    # Of another kind there are still some.
    assert [api.ask("/agents").status_code for _ in range(3)] == [200, 200, 429]
    assert api.ask("/agents/batch?id=1").status_code == 429
    assert api.ask("/agents/1/reputation/group").status_code == 429


def test_limits__do_not_hold_for_health_and_metrics(api: API) -> None:
    for path in ("/health/live", "/health/ready", "/metrics"):
        found = [api.client.get(path) for _ in range(10)]
        assert {one.status_code for one in found} <= {200, 503}
        assert "x-ratelimit-limit" not in found[-1].headers


def test_limits__of_a_key__are_those_of_its_tier_wherever_it_is_used(api: API, engine: Engine) -> None:
    key, other = key_of(engine), key_of(engine)
    codes = [api.ask("/agents/1", headers=key).status_code for _ in range(7)]
    assert codes == [200] * 6 + [429]
    assert api.ask("/agents/1", headers=other).status_code == 200
    assert api.ask("/agents/1").status_code == 200


def test_limits__of_a_tier_that_is_no_more__are_those_of_nobody(api: API, engine: Engine) -> None:
    key = key_of(engine, tier="golden")
    assert [api.ask("/agents/1", headers=key).status_code for _ in range(4)] == [200, 200, 200, 429]


def test_limits__behind_a_proxy__are_of_each_client_and_nobody_is_another(village: Village, database_url: str) -> None:
    trusted = (ip_network("10.0.0.0/8"),)
    with serving(database_url, village.source, tiers=FEW, trusted_proxies=trusted) as api:

        def ask(peer: str, forwarded: str) -> int:
            api.client._transport.client = (peer, 1)
            return int(api.ask("/agents/1", headers={"X-Forwarded-For": forwarded}).status_code)

        assert [ask("10.1.1.1", "198.51.100.1") for _ in range(4)] == [200, 200, 200, 429]
        assert ask("10.1.1.1", "198.51.100.2") == 200
        assert ask("10.1.1.1", "198.51.100.3, 198.51.100.1") == 429
        assert [ask("203.0.113.7", f"198.51.100.{n}") for n in range(10, 14)] == [200, 200, 200, 429]


def test_limits__of_two_replicas__are_counted_together_until_redis_is_lost(
    village: Village, database_url: str, tmp_path: Path
) -> None:
    with redis_server(tmp_path) as redis:
        given: dict[str, Any] = {"tiers": FEW, "redis_url": redis.url, "redis_timeout": 1}
        with (
            serving(database_url, village.source, **given) as one,
            serving(database_url, village.source, **given) as other,
        ):
            assert [api.ask("/agents/1").status_code for api in (one, other, one, other)] == [200, 200, 200, 429]
            redis.kill()
            assert [api.ask("/agents/1").status_code for api in (one, other, one, other)] == [200] * 4
            assert sample("redis_lost", of="limits") == 1


# ---------------------------------------------------------------------------------------------------------------- keys


def test_writes__without_a_key_that_may__are_refused(api: API, engine: Engine) -> None:
    def post(headers: dict[str, str] | None = None) -> Any:
        return api.client.post("/api/v1/agents/register", json={}, headers=headers)

    none = post()
    assert (none.status_code, none.json()["error"]["code"]) == (401, "UNAUTHORIZED")
    assert none.headers["www-authenticate"] == "Bearer"
    reader = post(key_of(engine, "read"))
    assert (reader.status_code, reader.json()["error"]["code"]) == (403, "UNAUTHORIZED_OPERATION")
    writer = key_of(engine)
    # Behind the front: the body has no sender.
    assert [post(writer).json()["error"]["code"] for _ in range(3)] == ["INVALID_VALUE"] * 2 + ["RATE_LIMIT_EXCEEDED"]


def test_keys__that_are_wrong__are_refused_and_counted_and_soon_not_looked_at(api: API, engine: Engine) -> None:
    right = key_of(engine)
    wrong = {"Authorization": right["Authorization"][:-1] + ("a" if right["Authorization"][-1] != "a" else "b")}
    before = sample("authentication_failures_total", reason="unknown")
    codes = [api.refused("/agents/1", headers=wrong) for _ in range(GUESSES + 1)]
    assert codes == ["UNAUTHORIZED"] * GUESSES + ["RATE_LIMIT_EXCEEDED"]
    assert sample("authentication_failures_total", reason="unknown") == before + GUESSES
    # Not even a right one that was never seen, until the minute is over.
    assert api.refused("/agents/1", headers=right) == "RATE_LIMIT_EXCEEDED"


def test_keys__that_were_right__are_looked_up_whoever_guesses_beside_them(api: API, engine: Engine) -> None:
    right = key_of(engine)
    wrong = {"Authorization": right["Authorization"][:-1] + ("a" if right["Authorization"][-1] != "a" else "b")}
    assert api.ask("/agents/1", headers=right).status_code == 200
    for _ in range(GUESSES + 1):
        api.ask("/agents/1", headers=wrong)
    api.service.keyring._known.clear()
    assert api.ask("/agents/1", headers=right).status_code == 200


def test_keys__while_the_database_is_away__are_no_guesses(api: API, monkeypatch: pytest.MonkeyPatch) -> None:
    async def refuse(_: str) -> Key:
        raise Problem("SERVICE_UNAVAILABLE", "the database does not answer now")

    monkeypatch.setattr(api.service.keyring, "find", refuse)
    asked = [api.refused("/agents/1", headers={"Authorization": "Bearer any"}) for _ in range(GUESSES + 2)]
    assert set(asked) == {"SERVICE_UNAVAILABLE"}


@pytest.mark.parametrize("header", ["Basic dXNlcjpwYXNz", "Bearer", "Bearer ", "erc8004_x_y", "Bearer \xff"])
def test_keys__in_another_form__are_refused(api: API, header: str) -> None:
    assert api.refused("/agents/1", headers={"Authorization": header.encode("latin-1")}) == "UNAUTHORIZED"  # type: ignore[dict-item]


def test_keys__once_revoked__end_soon(api: API, engine: Engine, monkeypatch: pytest.MonkeyPatch) -> None:
    key = key_of(engine)
    assert api.ask("/agents/1", headers=key).status_code == 200
    with engine.begin() as connection:
        keys.revoke(connection, key["Authorization"].split("_")[1], int(time.time()))
    assert api.ask("/agents/1", headers=key).status_code == 200
    api.service.keyring._known.clear()
    assert api.refused("/agents/1", headers=key) == "UNAUTHORIZED"
    assert keys.KNOWN_FOR <= 5


def test_keys__that_are_used__have_it_noted(
    village: Village, engine: Engine, database_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(service, "KEYS_NOTED", 0)
    key = key_of(engine)
    with serving(database_url, village.source) as api:
        api.ask("/agents/1", headers=key)

        def used() -> int | None:
            with engine.begin() as connection:
                found: int | None = keys.every(connection)[0]["used_time"]
                return found

        wait_for(lambda: used() is not None)
        assert abs((used() or 0) - time.time()) < 60


def test_secrets__of_keys__are_in_no_log_and_no_response(api: API, engine: Engine) -> None:
    key = key_of(engine)
    secret = key["Authorization"].rsplit("_", 1)[1]
    with capture_logs() as logs:
        said = [api.ask("/agents/1", headers=key).text, api.client.post("/api/v1/agents/register", headers=key).text]
    assert logs
    assert secret not in f"{logs} {said}"


# -------------------------------------------------------------------------------------------------------------- counts


def test_requests__of_each_route__are_counted_whether_remembered_or_not(api: API, engine: Engine) -> None:
    labels = {"method": "GET", "route": "/api/v1/agents/{agent}", "status": "200"}
    before, seconds = (
        sample("requests_total", **labels),
        sample("request_seconds_count", method="GET", route="/api/v1/agents/{agent}"),
    )
    key = key_of(engine)
    for _ in range(5):
        assert api.ask("/agents/1", headers=key).status_code == 200
    assert sample("requests_total", **labels) == before + 5
    assert sample("request_seconds_count", method="GET", route="/api/v1/agents/{agent}") == seconds + 5
    assert sample("requests_in_progress") == 0


def test_requests__for_what_is_not_there__are_counted_together(api: API) -> None:
    before = sample("requests_total", method="other", route="none", status="405") + sample(
        "requests_total", method="GET", route="none", status="404"
    )
    api.client.get("/anything")
    api.client.get("/anything/else")
    assert sample("requests_total", method="GET", route="none", status="404") == before + 2


def test_metrics__are_shown_as_prometheus_reads_them(api: API) -> None:
    api.ask("/agents/1")
    shown = api.client.get("/metrics")
    assert shown.headers["content-type"].startswith("text/plain; version=")
    assert 'registry_api_requests_total{method="GET",route="/api/v1/agents/{agent}",status="200"}' in shown.text
