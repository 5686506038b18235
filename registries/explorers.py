"""Publishes the sources of a deployment on explorers, which compile them and compare: Etherscan, Blockscout, Sourcify.

Each contract is submitted, and asked after until the explorer has made up its mind.
"""

from __future__ import annotations

import json
import re
import time
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Protocol

import requests

from registries.errors import DeploymentError

ETHERSCAN_URL = "https://api.etherscan.io/v2/api"
SOURCIFY_URL = "https://sourcify.dev/server"
BLOCKSCOUT_URLS = {
    1: "https://eth.blockscout.com/api",
    8453: "https://base.blockscout.com/api",
    84532: "https://base-sepolia.blockscout.com/api",
    11155111: "https://eth-sepolia.blockscout.com/api",
}
TIMEOUT = 60.0
"""Of one request, seconds."""

_ALREADY = re.compile(r"already verified", re.IGNORECASE)
_NOT_INDEXED = re.compile(r"unable to locate contractcode|not a smart contract", re.IGNORECASE)


class ExplorerError(DeploymentError):
    """An explorer refuses, does not answer, or finds another code than the one on the chain."""


@dataclass(frozen=True)
class Submission:
    """One contract, and all that it takes to compile it.

    :ivar identifier: file and contract, "contracts/A.sol:A"
    :ivar compiler: its version with the commit, without a v
    :ivar arguments: the constructor's, encoded
    """

    chain_id: int
    address: str
    transaction: str
    identifier: str
    compiler: str
    arguments: bytes
    standard_input: Mapping[str, Any]


class Explorer(Protocol):
    """Somewhere to publish."""

    def submit(self, submission: Submission) -> str:
        """Submits a contract, and gives the ticket to ask after; "" if it is known already.

        :raises ExplorerError: if it is refused
        """

    def is_verified(self, submission: Submission, ticket: str) -> bool:
        """Whether it is verified; False: not yet.

        :raises ExplorerError: if it is not going to be
        """


class EtherscanLike:
    """Etherscan's API, of version 2, and Blockscout's, which takes the same.

    :param key: the API key; Blockscout needs none
    """

    def __init__(self, url: str, key: str = "") -> None:
        self._url, self._key = url, key

    def submit(self, submission: Submission) -> str:
        """See {Explorer}."""
        answer = self._ask(
            "post",
            submission.chain_id,
            {
                "action": "verifysourcecode",
                "codeformat": "solidity-standard-json-input",
                "sourceCode": json.dumps(submission.standard_input),
                "contractaddress": submission.address,
                "contractname": submission.identifier,
                "compilerversion": f"v{submission.compiler}",
                # Their own spelling, the older one and the newer one.
                "constructorArguements": submission.arguments.hex(),
                "constructorArguments": submission.arguments.hex(),
            },
        )
        result = str(answer.get("result"))
        if answer.get("status") == "1":
            return result
        if _ALREADY.search(result):
            return ""
        raise ExplorerError(f"{submission.identifier}: refused: {result}")

    def is_verified(self, submission: Submission, ticket: str) -> bool:
        """See {Explorer}."""
        answer = self._ask("get", submission.chain_id, {"action": "checkverifystatus", "guid": ticket})
        result = str(answer.get("result"))
        if answer.get("status") == "1" or _ALREADY.search(result):
            return True
        if "pending" in result.lower() or "in progress" in result.lower():
            return False
        raise ExplorerError(f"{submission.identifier}: not verified: {result}")

    def _ask(self, method: str, chain_id: int, fields: dict[str, str]) -> dict[str, Any]:
        fields = {"module": "contract", **fields}
        query = {"chainid": str(chain_id)} | ({"apikey": self._key} if self._key else {})
        if method == "post":
            return _request("post", self._url, params=query, data=fields)
        return _request("get", self._url, params={**query, **fields})


class Sourcify:
    """Sourcify's API, of version 2."""

    def __init__(self, url: str = SOURCIFY_URL) -> None:
        self._url = url.rstrip("/")

    def submit(self, submission: Submission) -> str:
        """See {Explorer}."""
        answer = _request(
            "post",
            f"{self._url}/v2/verify/{submission.chain_id}/{submission.address}",
            json={
                "stdJsonInput": submission.standard_input,
                "compilerVersion": submission.compiler,
                "contractIdentifier": submission.identifier,
                "creationTransactionHash": submission.transaction,
            },
        )
        if answer.get("customCode") == "already_verified":
            return ""
        if "verificationId" not in answer:
            raise ExplorerError(f"{submission.identifier}: refused: {answer.get('message', answer)}")
        return str(answer["verificationId"])

    def is_verified(self, submission: Submission, ticket: str) -> bool:
        """See {Explorer}."""
        answer = _request("get", f"{self._url}/v2/verify/{ticket}")
        if not answer.get("isJobCompleted"):
            return False
        match = (answer.get("contract") or {}).get("match")
        if match != "exact_match":
            reason = (answer.get("error") or {}).get("message", f"match: {match}")
            raise ExplorerError(f"{submission.identifier}: not verified: {reason}")
        return True


def publish(explorer: Explorer, submission: Submission, *, patience: float = 300.0, poll: float = 5.0) -> None:
    """Publishes one contract, and waits until the explorer has verified it.

    :param patience: for how long, seconds
    :raises ExplorerError: if it does not
    """
    deadline = time.monotonic() + patience
    ticket = _submit(explorer, submission, deadline, poll)
    while ticket and not explorer.is_verified(submission, ticket):
        if time.monotonic() > deadline:
            raise ExplorerError(f"{submission.identifier}: the explorer has not decided after {patience:.0f} s")
        time.sleep(poll)


def _submit(explorer: Explorer, submission: Submission, deadline: float, poll: float) -> str:
    """An explorer may take a while to know a contract that is new."""
    while True:
        try:
            return explorer.submit(submission)
        except ExplorerError as error:
            if not _NOT_INDEXED.search(str(error)) or time.monotonic() > deadline:
                raise
        time.sleep(poll)


def _request(method: str, url: str, **options: Any) -> dict[str, Any]:
    """The JSON object that is answered, whatever the status; errors do not tell the key."""
    try:
        answer = requests.request(method, url, timeout=TIMEOUT, **options).json()
    except requests.exceptions.JSONDecodeError:
        raise ExplorerError("explorer: answers something else than JSON") from None
    except requests.RequestException as error:
        raise ExplorerError(f"explorer: cannot be reached: {type(error).__name__}") from None
    if not isinstance(answer, dict):
        raise ExplorerError(f"explorer: answers {answer!r}")
    return answer
