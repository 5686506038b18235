"""What a transaction costs on a chain at given fees, the L1 data fee of OP-stack chains included."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from audit.costs.fastlz import compressed_size

# The estimate of a transaction's size in a batch, in millionths of bytes (OP stack, Fjord).
_INTERCEPT, _COEFFICIENT, _SMALLEST = -42_585_600, 836_500, 100 * 10**6


@dataclass(frozen=True)
class DataFee:
    """What an OP-stack chain charges for its data on L1.

    :ivar l1_base_fee: wei per gas
    :ivar l1_blob_base_fee: wei per gas of blobs
    :ivar base_fee_scalar: the chain's, in millionths
    :ivar blob_base_fee_scalar: the chain's, in millionths
    """

    l1_base_fee: int
    l1_blob_base_fee: int
    base_fee_scalar: int
    blob_base_fee_scalar: int

    def of(self, signed: bytes) -> int:
        """The fee of a signed transaction, wei."""
        size = max(_SMALLEST, _INTERCEPT + _COEFFICIENT * compressed_size(signed))
        price = 16 * self.base_fee_scalar * self.l1_base_fee + self.blob_base_fee_scalar * self.l1_blob_base_fee
        return size * price // 10**12


@dataclass(frozen=True)
class Network:
    """A chain at certain fees.

    :ivar gas_price: wei per gas, base fee and priority fee together
    """

    name: str
    chain_id: int
    gas_price: int
    data_fee: DataFee | None

    def cost(self, gas: int, signed: bytes) -> int:
        """What a transaction costs, wei."""
        return gas * self.gas_price + (self.data_fee.of(signed) if self.data_fee else 0)


@dataclass(frozen=True)
class Assumptions:
    """At what the costs are stated.

    :ivar eth_usd: the price of an ether, USD
    """

    eth_usd: float
    networks: tuple[Network, ...]


def read_assumptions(path: Path) -> Assumptions:
    """The assumptions in a file; fees in it are in gwei."""
    content: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    networks = tuple(
        Network(
            name=entry["name"],
            chain_id=entry["chainId"],
            gas_price=_wei(entry["gasPriceGwei"]),
            data_fee=_data_fee(entry["dataFee"]) if "dataFee" in entry else None,
        )
        for entry in content["networks"]
    )
    return Assumptions(content["ethUsd"], networks)


def _data_fee(entry: dict[str, Any]) -> DataFee:
    return DataFee(
        l1_base_fee=_wei(entry["l1BaseFeeGwei"]),
        l1_blob_base_fee=_wei(entry["l1BlobBaseFeeGwei"]),
        base_fee_scalar=entry["baseFeeScalar"],
        blob_base_fee_scalar=entry["blobBaseFeeScalar"],
    )


def _wei(gwei: float) -> int:
    return round(gwei * 10**9)
