"""The example agents are what they claim to be: registration files, each registered once by the demo."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from agent0_sdk.core.oasf_validator import validate_domain, validate_skill
from jsonschema import Draft202012Validator, ValidationError

from registry_api.registration import SCHEMA_PATH

EXAMPLES = Path(__file__).parents[2] / "examples"
FILES = sorted((EXAMPLES / "agents").glob("*.json"))
ROSTER = json.loads((EXAMPLES / "roster.json").read_text())


def read(file: Path) -> Any:
    return json.loads(file.read_text(encoding="utf-8"))


@pytest.fixture(scope="module")
def schema() -> Draft202012Validator:
    content = read(SCHEMA_PATH)
    Draft202012Validator.check_schema(content)
    return Draft202012Validator(content)


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.stem)
def test_example__when_held_against_the_schema__is_valid(schema: Draft202012Validator, file: Path) -> None:
    schema.validate(read(file))


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.stem)
def test_example__when_it_names_oasf_terms__the_taxonomy_has_them(file: Path) -> None:
    services = read(file)["services"]
    skills = [skill for service in services for skill in service.get("skills", ())]
    domains = [domain for service in services for domain in service.get("domains", ())]

    assert [skill for skill in skills if not validate_skill(skill)] == []
    assert [domain for domain in domains if not validate_domain(domain)] == []


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"type": "https://example.com/other"}, "was expected"),
        ({"active": "yes"}, "is not of type 'boolean'"),
        ({"services": []}, "should be non-empty"),
        ({"services": [{"name": "web"}]}, "'endpoint' is a required property"),
        ({"services": [{"name": "MCP", "endpoint": "https://mcp.example/"}]}, "'version' is a required property"),
        ({"services": [{"name": "ENS", "endpoint": "https://name.eth"}]}, "does not match"),
        ({"services": [{"name": "DID", "endpoint": "web:name.example"}]}, "does not match"),
        ({"services": [{"name": "email", "endpoint": "nobody"}]}, "does not match"),
        ({"supportedTrust": ["hearsay"]}, "is not one of"),
        ({"registrations": [{"agentId": 1, "agentRegistry": "0x1234"}]}, "does not match"),
    ],
)
def test_schema__when_a_field_is_wrong__refuses(
    schema: Draft202012Validator, change: dict[str, Any], message: str
) -> None:
    with pytest.raises(ValidationError, match=message):
        schema.validate({**read(FILES[0]), **change})


@pytest.mark.parametrize("field", ["type", "name", "description", "image", "services", "x402Support", "active"])
def test_schema__given_a_field_is_missing__refuses(schema: Draft202012Validator, field: str) -> None:
    content = read(FILES[0])
    del content[field]
    with pytest.raises(ValidationError, match=f"'{field}' is a required property"):
        schema.validate(content)


def test_roster__always__lists_every_example_once() -> None:
    assert sorted(entry["file"] for entry in ROSTER) == [file.stem for file in FILES]
    assert len(FILES) >= 8


def test_roster__always__has_every_kind_of_uri_and_metadata() -> None:
    assert {entry["uri"] for entry in ROSTER} == {"https", "ipfs", "data", "auto"}
    assert any(entry["metadata"] for entry in ROSTER)


def test_examples__together__show_every_kind_of_service_and_trust() -> None:
    contents = [read(file) for file in FILES]
    names = {service["name"] for content in contents for service in content["services"]}

    assert names >= {"A2A", "MCP", "OASF", "web", "ENS", "DID", "email"}
    assert {trust for content in contents for trust in content["supportedTrust"]} == {
        "reputation",
        "crypto-economic",
        "tee-attestation",
    }
    for flag in ("x402Support", "active"):
        assert {content[flag] for content in contents} == {True, False}


def test_readme__always__explains_every_example() -> None:
    readme = (EXAMPLES / "README.md").read_text()
    assert [file.name for file in FILES if f"agents/{file.name}" not in readme] == []
