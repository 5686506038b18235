"""The proofs' runner: it accepts nothing but what was proved or refuted as it should be."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest

from audit.proofs import PROOFS, Claim, ProofsError, judge, read_claims
from tests.entry_points import state_changing

WALLET = "proofs/Wallet.t.sol:WalletProof"
TRANSFER = "check_wallet_transferFrom(address,address,address,uint256)"
SELF_TRANSFER = "refute_wallet_selfTransfer(address,address,address,uint256)"


def claim(signature: str) -> Claim:
    return Claim("WalletProof", signature.partition("(")[0], signature, "What it claims.", "none")


def halmos_result(signature: str, *, exit_code: int, bounded_loops: int = 0) -> dict[str, Any]:
    """As Halmos 0.3.3 wrote it for these two functions, but for what varies."""
    return {
        "name": signature,
        "exitcode": exit_code,
        "num_models": exit_code,
        "models": [],
        "num_paths": [12, 9, 0],
        "time": [4.39, 4.39, 2.7e-05],
        "num_bounded_loops": bounded_loops,
    }


@pytest.mark.parametrize(
    ("signature", "exit_code", "bounded_loops", "result", "is_expected"),
    [
        pytest.param(TRANSFER, 0, 0, "proved", True, id="a claim that is proved"),
        pytest.param(TRANSFER, 0, 1, "loop cut short", False, id="a claim with a loop cut short"),
        pytest.param(TRANSFER, 1, 0, "refuted", False, id="a claim with a counterexample"),
        pytest.param(TRANSFER, 2, 0, "timeout", False, id="a claim that is undecided"),
        pytest.param(TRANSFER, 3, 0, "stuck", False, id="a claim with a path that ends in the unknown"),
        pytest.param(TRANSFER, 4, 0, "all paths revert", False, id="a claim that nothing reaches"),
        pytest.param(SELF_TRANSFER, 1, 0, "refuted", True, id="too much, with a counterexample"),
        pytest.param(SELF_TRANSFER, 1, 1, "refuted", True, id="too much, with a counterexample and a loop cut short"),
        pytest.param(SELF_TRANSFER, 0, 0, "proved", False, id="too much, and proved"),
    ],
)
def test_judge__given_a_result__accepts_the_expected_one(
    signature: str, exit_code: int, bounded_loops: int, result: str, is_expected: bool
) -> None:
    test = halmos_result(signature, exit_code=exit_code, bounded_loops=bounded_loops)
    [outcome] = judge([claim(signature)], {WALLET: [test]})
    assert (outcome.result, outcome.paths, outcome.is_expected) == (result, 12, is_expected)


@pytest.mark.parametrize("signature", [TRANSFER, SELF_TRANSFER])
def test_judge__given_a_claim_that_did_not_run__is_not_expected(signature: str) -> None:
    [outcome] = judge([claim(signature)], {"proofs/Other.t.sol:OtherProof": [halmos_result(signature, exit_code=0)]})
    assert (outcome.result, outcome.is_expected) == ("not run", False)


def test_judge__given_a_test_that_halmos_failed_on__is_an_error() -> None:
    """Halmos leaves everything but the exit code empty then."""
    test = dict.fromkeys(halmos_result(TRANSFER, exit_code=0)) | {"name": TRANSFER, "exitcode": 5}
    [outcome] = judge([claim(TRANSFER)], {WALLET: [test]})
    assert (outcome.result, outcome.is_expected) == ("error", False)


def write_artifact(build: Path, functions: dict[str, str | None], bounds: str | None = "none") -> None:
    """What forge writes of a contract, as far as the runner reads it."""
    notices = {signature: {"notice": text} for signature, text in functions.items() if text is not None}
    devdoc = {"kind": "dev", "methods": {}} | ({} if bounds is None else {"custom:bounds": bounds})
    folder = build / "Wallet.t.sol"
    folder.mkdir()
    content = {
        "methodIdentifiers": dict.fromkeys([*functions, "setUp()"], "0a9254e4"),
        "rawMetadata": json.dumps({"output": {"userdoc": {"kind": "user", "methods": notices}, "devdoc": devdoc}}),
    }
    (folder / "WalletProof.json").write_text(json.dumps(content), encoding="utf-8")


def test_read_claims__given_a_build__reads_words_and_bounds(tmp_path: Path) -> None:
    write_artifact(tmp_path, {TRANSFER: "What it claims.", SELF_TRANSFER: "Too much."}, bounds="33 bytes")
    assert read_claims(tmp_path) == [
        Claim("WalletProof", "check_wallet_transferFrom", TRANSFER, "What it claims.", "33 bytes"),
        Claim("WalletProof", "refute_wallet_selfTransfer", SELF_TRANSFER, "Too much.", "33 bytes"),
    ]


def test_read_claims__given_a_contract_that_refutes_nothing__raises(tmp_path: Path) -> None:
    write_artifact(tmp_path, {TRANSFER: "What it claims."})
    with pytest.raises(ProofsError, match="WalletProof has no refute_ function"):
        read_claims(tmp_path)


@pytest.mark.parametrize(("text", "bounds"), [(None, "none"), ("What it claims.", None)])
def test_read_claims__given_a_claim_without_words_or_bounds__raises(
    tmp_path: Path, text: str | None, bounds: str | None
) -> None:
    write_artifact(tmp_path, {TRANSFER: text, SELF_TRANSFER: "Too much."}, bounds=bounds)
    with pytest.raises(ProofsError, match=r"transferFrom needs a @notice, and its contract @custom:bounds"):
        read_claims(tmp_path)


def test_read_claims__given_no_build__raises(tmp_path: Path) -> None:
    with pytest.raises(ProofsError, match="no claim in"):
        read_claims(tmp_path)


def test_any_call__given_the_abi__is_any_state_changing_function() -> None:
    """A new entry point of the identity registry has to become part of the proofs' any call."""
    source = _source("SymbolicIdentity.sol")
    missing = [
        method.selector
        for method in state_changing("IdentityRegistry")
        if f"_identity.{method.name}," not in source and f'"{method.selector}"' not in source
    ]
    assert missing == []


def test_authorisation__given_its_groups__covers_every_entry_point_once() -> None:
    """What is proved group by group has to be proved of any call."""
    groups = re.findall(r"_strangerChangesNothing\(call, (\d+), (\d+),", _source("Authorisation.t.sol"))
    covered = [point for first, last in groups for point in range(int(first), int(last) + 1)]
    points = {int(point) for point in re.findall(r"call\.entryPoint == (\d+)", _source("SymbolicIdentity.sol"))}
    assert covered == list(range(max(points) + 1))


def _source(name: str) -> str:
    return (PROOFS / name).read_text(encoding="utf-8")
