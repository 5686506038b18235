// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {SymbolicIdentity} from "./SymbolicIdentity.sol";

/// @title Nobody writes an agent's data without authorisation
/// @custom:bounds strings of a call have 0 or 33 bytes, metadata keys 32; a stored text that a call overwrites has at
/// most 31 bytes; no base of the auto URIs; accounts with code are the registry and the proof's own contract
contract AuthorisationProof is SymbolicIdentity {
    /// @notice No call by an account that is neither owner nor approved nor operator of an agent, or has opted out,
    /// changes its owner, wallet, consent, epoch, key count, URI or metadata. It may have any role.
    /// @custom:halmos --solver yices
    function check_authorisation_stranger(Call memory call, uint256 agentId, bytes32 metadataKey, uint256 word) public {
        _assumeAgent(agentId);
        VM.assume(!_isAuthorized(call.caller, agentId));
        _anyCallChangesNothing(call, agentId, metadataKey, word);
    }

    /// @notice Too much: no call by anybody but the owner changes them.
    /// @custom:halmos --early-exit
    function refute_authorisation_notTheOwner(Call memory call, uint256 agentId, bytes32 metadataKey, uint256 word)
        public
    {
        _assumeAgent(agentId);
        VM.assume(call.caller != _ownerOf(agentId));
        _anyCallChangesNothing(call, agentId, metadataKey, word);
    }

    function _anyCallChangesNothing(Call memory call, uint256 agentId, bytes32 metadataKey, uint256 word) private {
        bytes32[6] memory before = _dataOf(agentId, metadataKey, word);
        _anyCall(call);
        bytes32[6] memory later = _dataOf(agentId, metadataKey, word);
        bytes32 changes;
        for (uint256 i = 0; i < before.length; ++i) {
            changes |= before[i] ^ later[i];
        }
        assert(changes == 0);
    }

    /// @dev The id of an agent that exists. That the next one has no owner yet is a claim about ids.
    function _assumeAgent(uint256 agentId) private view {
        VM.assume(agentId > 0 && agentId <= _identity.totalAgents() && _identity.totalAgents() < type(uint64).max);
        VM.assume(_ownerOf(agentId) != address(0));
    }
}
