// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {SymbolicIdentity} from "./SymbolicIdentity.sol";

/// @title An agent never has more metadata keys than the limit
/// @custom:bounds strings of a call have 0 or 33 bytes, metadata keys 32; a stored text that a call overwrites has at
/// most 31 bytes; no base of the auto URIs; accounts with code are the registry and the proof's own contract
contract MetadataProof is SymbolicIdentity {
    /// @notice No call by anybody takes an agent beyond MAX_METADATA_KEYS.
    function check_metadata_limit(Call memory call, uint256 agentId) public {
        VM.assume(_identity.metadataKeyCount(agentId) <= 50);
        // An id that was never used has no keys.
        VM.assume(agentId != _nextId() || _identity.metadataKeyCount(agentId) == 0);
        if (call.entryPoint == 4 && call.text.length == 0) VM.assume(_identity.metadataKeyCount(call.agentId) > 0);
        _anyCall(call);
        assert(_identity.metadataKeyCount(agentId) <= 50);
    }

    /// @notice Too much: no call takes an agent beyond one key less.
    /// @custom:halmos --early-exit
    function refute_metadata_lowerLimit(Call memory call, uint256 agentId) public {
        VM.assume(_identity.metadataKeyCount(agentId) <= 49);
        _anyCall(call);
        assert(_identity.metadataKeyCount(agentId) <= 49);
    }
}
