"""API keys: made, listed, looked up and revoked, by their commands and in the database."""

from __future__ import annotations

import json
import time

import pytest
from click.testing import CliRunner, Result
from sqlalchemy import Connection, Engine, select

from registry_api import keys
from registry_api.__main__ import main
from registry_api.keys import Key, KeyRefusedError, Wanted
from registry_api.tables import api_keys

NOW = 1_769_860_800


def make(connection: Connection, *, tier: str = "standard", expires: int | None = None) -> str:
    key = keys.create(connection, Wanted("a client", tier, "write", expires), NOW)
    connection.commit()
    return key


def refused(connection: Connection, key: str, now: int = NOW) -> str:
    with pytest.raises(KeyRefusedError) as caught:
        keys.find(connection, key, now)
    return caught.value.reason


def test_find__given_a_key__tells_what_it_is_for(connection: Connection) -> None:
    key, other = make(connection), make(connection, tier="high")
    assert keys.find(connection, key, NOW) == Key(key.split("_")[1], "standard", "write")
    assert keys.find(connection, other, NOW) == Key(other.split("_")[1], "high", "write")


def test_find__given_what_is_no_key__refuses(connection: Connection) -> None:
    key = make(connection)
    other = make(connection)
    mixed = "_".join([*key.split("_")[:2], other.split("_", 2)[2]])
    assert refused(connection, mixed) == "unknown"
    assert refused(connection, f"erc8004_{'0' * 16}_{'a' * 43}") == "unknown"
    for one in ("", "erc8004", key[:-1], f"{key}a", key.upper(), f" {key}", f"{key}\n", "erc8004_' OR 1=1 --_"):
        assert refused(connection, one) == "malformed"


def test_find__given_an_expired_or_revoked_key__refuses(connection: Connection) -> None:
    key = make(connection, expires=NOW + 10)
    assert keys.find(connection, key, NOW + 9)
    assert refused(connection, key, NOW + 10) == "expired"
    assert keys.revoke(connection, key.split("_")[1], NOW + 5)
    assert not keys.revoke(connection, key.split("_")[1], NOW + 6)
    assert not keys.revoke(connection, "another", NOW)
    assert refused(connection, key, NOW + 9) == "revoked"
    assert connection.scalars(select(api_keys.c.revoked_time)).all() == [NOW + 5]


def test_create__keeps_no_secret(connection: Connection) -> None:
    key = make(connection)
    secret = key.split("_", 2)[2]
    [row] = connection.execute(select(api_keys)).all()
    assert secret.encode() not in row.hash
    assert secret not in str(row)
    assert len({make(connection) for _ in range(50)}) == 50


def test_use__of_some_keys__notes_when(connection: Connection) -> None:
    used, _ = make(connection), make(connection)
    keys.use(connection, [used.split("_")[1]], NOW + 3)
    assert {row["id"]: row["used_time"] for row in keys.every(connection)}[used.split("_")[1]] == NOW + 3
    assert [row["used_time"] for row in keys.every(connection)].count(None) == 1


# ------------------------------------------------------------------------------------------------------------ commands


@pytest.fixture
def database(engine: Engine, database_url: str, monkeypatch: pytest.MonkeyPatch) -> Engine:
    """That of the commands."""
    monkeypatch.setenv("REGISTRY_API_DATABASE_URL", database_url)
    return engine


def run(*words: str) -> Result:
    return CliRunner().invoke(main, ["keys", *words])


def succeed(*words: str) -> str:
    result = run(*words)
    assert result.exit_code == 0, result.output
    return result.output


def test_commands__make_show_and_revoke_keys(database: Engine) -> None:
    key = succeed("create", "a client", "--days", "30").strip()
    reader = succeed("create", "another", "--tier", "high", "--read-only").strip()
    with database.connect() as connection:
        assert keys.find(connection, key, int(time.time())) == Key(key.split("_")[1], "standard", "write")
        assert keys.find(connection, reader, int(time.time())) == Key(reader.split("_")[1], "high", "read")
        assert refused(connection, key, int(time.time()) + 31 * 86_400) == "expired"
    listed = succeed("list")
    rows = {row["name"]: row for row in map(json.loads, listed.splitlines())}
    assert set(rows) == {"a client", "another"}
    assert rows["a client"]["id"] == key.split("_")[1]
    assert rows["another"]["expires_time"] is None
    assert key.split("_", 2)[2] not in listed
    assert "hash" not in rows["another"]
    assert "is revoked" in succeed("revoke", key.split("_")[1])
    assert run("revoke", key.split("_")[1]).exit_code == 1


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("create", "x", "--tier", "golden"), "tier: 'golden' is none of ['high', 'standard']"),
        (("create", "x", "--tier", "anonymous"), "tier: 'anonymous' is none of"),
        (("create", "x", "--days", "0"), "0 is not in the range"),
        (("create", "x" * 101), "name: it has 101 characters, more than 100"),
        (("revoke", "nothing"), "key 'nothing': there is none"),
    ],
)
@pytest.mark.usefixtures("database")
def test_commands__given_what_is_wrong__say_so(words: tuple[str, ...], said: str) -> None:
    result = run(*words)
    assert result.exit_code
    assert said in result.output
    assert not isinstance(result.exception, KeyError)
