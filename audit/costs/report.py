"""The cost table: `reports/costs.md` for people, `reports/costs.csv` for programs."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

import pandas as pd
from eth_account import Account
from eth_utils.address import to_checksum_address
from eth_utils.crypto import keccak

from audit.costs.fees import Assumptions, Network
from audit.gas.workload import Measurement
from registries.create2 import PROXY, SALT

_KEY = keccak(text="costs: whoever sends")
_REGISTRY = to_checksum_address(keccak(text="costs: a registry")[-20:])
"""Some address: what a transaction is sent to hardly changes how well it is compressed."""

_NOTE = (
    "On Base the fee for the data on L1 is that of the OP stack's formula since Fjord, of the whole signed transaction,"
    " whose size is estimated with FastLZ as the chain does. The share of the deployment proxy is left out;"
    " `ape run deploy --plan` has it. Made by `make gas`."
)
_NONCE = 1234
_FEE = 10**9


def costs(measured: Iterable[Measurement], assumptions: Assumptions) -> pd.DataFrame:
    """A row for each transaction measured, with its cost on each network in ETH and USD."""
    rows = [row for measurement in measured if measurement.kind != "view" for row in _rows(measurement, assumptions)]
    frame = pd.DataFrame(rows)
    deployments = frame[frame["function"] == "deployment"]
    together = deployments.sum(numeric_only=True).to_dict() | {"function": "deployment", "scenario": "all three"}
    for network in assumptions.networks:
        if network.data_fee:
            label = network.name.lower()
            share = (deployments[f"{label}_l1_share"] * deployments[f"{label}_eth"]).sum()
            together[f"{label}_l1_share"] = share / together[f"{label}_eth"]
    whole = pd.concat([deployments, pd.DataFrame([together]), frame.drop(deployments.index)], ignore_index=True)
    return whole.astype({"gas": int, "calldata": int})


def _rows(measurement: Measurement, assumptions: Assumptions) -> Iterator[dict[str, Any]]:
    if not measurement.cost.calldata:  # a figure worked out from others is no transaction
        return
    row: dict[str, Any] = {"function": measurement.function, "scenario": measurement.scenario}
    row |= {"gas": measurement.cost.gas, "calldata": len(measurement.cost.calldata)}
    for network in assumptions.networks:
        signed = _signed(measurement, network)
        wei = network.cost(measurement.cost.gas, signed)
        label = network.name.lower()
        row |= {f"{label}_eth": wei / 10**18, f"{label}_usd": wei / 10**18 * assumptions.eth_usd}
        if network.data_fee:
            row[f"{label}_l1_share"] = network.data_fee.of(signed) / wei
    yield row


def _signed(measurement: Measurement, network: Network) -> bytes:
    """A transaction as it is sent: OP-stack chains charge for all of its bytes, the signature's too."""
    deployment = measurement.kind == "deployment"
    transaction: dict[str, Any] = {
        "type": 2,
        "chainId": network.chain_id,
        "nonce": _NONCE,
        "to": PROXY if deployment else _REGISTRY,
        "value": 0,
        "data": (SALT if deployment else b"") + measurement.cost.calldata,
        "gas": measurement.cost.gas,
        "maxFeePerGas": _FEE,
        "maxPriorityFeePerGas": _FEE,
    }
    return bytes(Account.sign_transaction(transaction, _KEY).raw_transaction)


def write_costs(folder: Path, frame: pd.DataFrame, assumptions: Assumptions) -> None:
    """Writes both files."""
    frame.to_csv(folder / "costs.csv", index=False, lineterminator="\n", float_format="%.12g")
    (folder / "costs.md").write_text(_markdown(frame, assumptions), encoding="utf-8")


def _markdown(frame: pd.DataFrame, assumptions: Assumptions) -> str:
    header = ["function", "scenario", "gas"]
    for network in assumptions.networks:
        header += [f"{network.name}, ETH", "USD", *(["of it L1 data"] if network.data_fee else [])]
    rows = [_cells(row, assumptions) for row in frame.to_dict("records")]
    return "\n".join(
        [
            "# What it costs",
            "",
            "Gas as in [gas.md](gas.md), at the fees and the price in [cost-assumptions.json](cost-assumptions.json):",
            "",
            *(f"- {_in_words(network)}" for network in assumptions.networks),
            f"- an ether at {assumptions.eth_usd:,.0f} USD",
            "",
            _NOTE,
            "",
            *(_line(cells) for cells in [header, ["---", "---", *["--:"] * (len(header) - 2)], *rows]),
            "",
        ]
    )


def _line(cells: list[str]) -> str:
    return f"| {' | '.join(cells)} |"


def _in_words(network: Network) -> str:
    text = f"{network.name}: {network.gas_price / 10**9:g} gwei"
    if (fee := network.data_fee) is None:
        return text
    return (
        f"{text}; for L1 {fee.l1_base_fee / 10**9:g} gwei and {fee.l1_blob_base_fee / 10**9:g} gwei for blobs, scalars"
        f" {fee.base_fee_scalar:,} and {fee.blob_base_fee_scalar:,}"
    )


def _cells(row: dict[Any, Any], assumptions: Assumptions) -> list[str]:
    cells = [f"`{row['function']}`", str(row["scenario"]), f"{row['gas']:,}"]
    for network in assumptions.networks:
        label = network.name.lower()
        cells += [f"{row[f'{label}_eth']:.8f}", f"{row[f'{label}_usd']:.4f}"]
        if network.data_fee:
            cells.append(f"{row[f'{label}_l1_share']:.0%}")
    return cells
