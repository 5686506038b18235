"""The bugs: each a mistake that somebody could make in an afternoon, as a replacement in one file."""

from __future__ import annotations

from pathlib import Path
from typing import NamedTuple

from audit.sources import ROOT


class StaleBugError(Exception):
    """The sources have moved on: a bug's text is not in its file exactly once."""


class Bug(NamedTuple):
    """A mistake.

    :ivar name: its short name, in the reports and on the command line
    :ivar what: what the contract does wrong, in a sentence
    :ivar file: the contract file, below `contracts/`
    :ivar place: the function, or what else it is in
    :ivar old: the text that is there, once
    :ivar new: the text that is planted
    """

    name: str
    what: str
    file: str
    place: str
    old: str
    new: str

    def plant(self, root: Path = ROOT) -> str:
        """The file with the bug in it.

        :raises StaleBugError: if the old text is not there exactly once
        """
        source = (root / "contracts" / self.file).read_text(encoding="utf-8")
        if (times := source.count(self.old)) != 1:
            raise StaleBugError(f"{self.name}: {self.file} has its old text {times} times instead of once")
        return source.replace(self.old, self.new)


IDENTITY, REPUTATION, VALIDATION = "IdentityRegistry.sol", "ReputationRegistry.sol", "ValidationRegistry.sol"

BUGS = [
    Bug(
        "callback-too-early",
        "The receiver is called before the metadata is written and emitted",
        IDENTITY,
        "register(string,MetadataEntry[])",
        """        for (uint256 i = 0; i < metadata.length; ++i) {
            _setMetadata(agentId, metadata[i].metadataKey, metadata[i].metadataValue);
        }
        _checkReceiver(from, agentId);
""",
        """        _checkReceiver(from, agentId);
        for (uint256 i = 0; i < metadata.length; ++i) {
            _setMetadata(agentId, metadata[i].metadataKey, metadata[i].metadataValue);
        }
""",
    ),
    Bug(
        "unguarded-revocation",
        "The reentrancy guard is missing",
        REPUTATION,
        "revokeFeedback",
        "function revokeFeedback(uint256 agentId, uint64 feedbackIndex) external nonReentrant {",
        "function revokeFeedback(uint256 agentId, uint64 feedbackIndex) external {",
    ),
    Bug(
        "wallet-survives-sale",
        "A transfer leaves the seller's wallet in place",
        IDENTITY,
        "_update",
        """++agent.ownershipEpoch;
        _writeWallet(agentId, agent, address(0));
""",
        """++agent.ownershipEpoch;
""",
    ),
    Bug(
        "consent-replay",
        "A deadline equal to the last one passes, so that a consent works twice",
        IDENTITY,
        "_checkDeadline",
        "if (deadline <= lastDeadline) revert",
        "if (deadline < lastDeadline) revert",
    ),
    Bug(
        "opt-out-ignored",
        "An account that refuses to be an operator still counts as approved for one agent",
        IDENTITY,
        "_getApproved",
        "if (approved != address(0) && _operatorOptOut[approved]) approved = address(0);",
        "",
    ),
    Bug(
        "duplicates-counted",
        "A client that is listed twice counts twice in the average",
        REPUTATION,
        "getSummary",
        "if (!AddressSet.insert(seen, client)) continue;",
        "AddressSet.insert(seen, client);",
    ),
    Bug(
        "revoked-still-summed",
        "Revoking lowers the number of live feedback and not their sum",
        "libraries/ClientTotals.sol",
        "remove",
        "return _pack(self.sum() - scaledValue,",
        "return _pack(self.sum(),",
    ),
    Bug(
        "page-skips-an-item",
        "The next page begins one item too late",
        "libraries/Paging.sol",
        "slice",
        "nextCursor = end == total ? 0 : end;",
        "nextCursor = end == total ? 0 : end + 1;",
    ),
    Bug(
        "pauser-sets-base",
        "The pauser may set the base of all auto URIs, and the registry admin may not",
        IDENTITY,
        "setBaseURI",
        "external onlyRole(REGISTRY_ADMIN_ROLE) {",
        "external onlyRole(PAUSER_ROLE) {",
    ),
    Bug(
        "event-arguments-swapped",
        "NewFeedback carries the URI where the endpoint belongs, and the other way round",
        REPUTATION,
        "giveFeedback",
        """            endpoint,
            feedbackURI,
            feedbackHash
        );
    }
""",
        """            feedbackURI,
            endpoint,
            feedbackHash
        );
    }
""",
    ),
    Bug(
        "unknown-tag-is-wildcard",
        "Filtering by a tag that nobody used is filtering by none",
        "base/WiredRegistry.sol",
        "_findTag",
        "        if (tagId == 0) tagId = UNKNOWN_TAG;\n",
        "",
    ),
    Bug(
        "pauser-role-to-admin",
        "The constructor grants the pauser's role to the admin",
        "base/RegistryBase.sol",
        "constructor",
        "_grantRole(PAUSER_ROLE, pauser);",
        "_grantRole(PAUSER_ROLE, admin);",
    ),
    Bug(
        "responses-spill-into-tag",
        "After 16,777,215 responses the count overflows into the id of the first tag",
        "libraries/PackedFeedback.sol",
        "addResponse",
        "        if (self.responseCount() == type(uint24).max) return self;\n",
        "",
    ),
    Bug(
        "answers-counted-again",
        "Each further response to a request counts as another answered request",
        VALIDATION,
        "validationResponse",
        "if (request.respondedAt == 0) ++totals.answeredCount;",
        "++totals.answeredCount;",
    ),
    Bug(
        "pause-locks-wallet-in",
        "A pause stops owners from removing a wallet",
        IDENTITY,
        "unsetAgentWallet",
        "function unsetAgentWallet(uint256 agentId) external nonReentrant {",
        "function unsetAgentWallet(uint256 agentId) external nonReentrant whenNotPaused {",
    ),
    Bug(
        "counts-in-two-slots",
        "The counts of an agent's clients and responses no longer share a slot",
        REPUTATION,
        "AgentRecord",
        "        uint64 clientCount;\n",
        "        uint256 clientCount;\n",
    ),
    Bug(
        "needless-write",
        "Registering without a URI touches the slot of the URI: 2,100 gas for nothing",
        IDENTITY,
        "_register",
        "            agentURI = _autoURI(agentId);\n        } else {\n",
        "            _storeURI(agentId, agentURI);\n            agentURI = _autoURI(agentId);\n        } else {\n",
    ),
]
