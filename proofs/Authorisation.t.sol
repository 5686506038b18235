// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {SymbolicIdentity} from "./SymbolicIdentity.sol";

/// @title Nobody writes an agent's data without authorisation
contract AuthorisationProof is SymbolicIdentity {
    /// @notice No call by an account that is neither owner nor approved nor operator of an agent, or has opted out,
    /// changes its owner, wallet, consent, epoch, key count, URI or metadata. It may have any role.
    function check_authorisation_stranger(
        address caller,
        uint32 time,
        uint256 agentId,
        bytes32 metadataKey,
        uint256 word
    ) public {
        VM.assume(_ownerOf(agentId) != address(0) && caller != address(0));
        VM.assume(!_isAuthorized(caller, agentId));
        _anyCallChangesNothing(caller, time, agentId, metadataKey, word);
    }

    /// @notice Too much: no call by anybody but the owner changes them.
    function refute_authorisation_notTheOwner(
        address caller,
        uint32 time,
        uint256 agentId,
        bytes32 metadataKey,
        uint256 word
    ) public {
        VM.assume(_ownerOf(agentId) != address(0) && caller != address(0));
        VM.assume(caller != _ownerOf(agentId));
        _anyCallChangesNothing(caller, time, agentId, metadataKey, word);
    }

    function _anyCallChangesNothing(
        address caller,
        uint32 time,
        uint256 agentId,
        bytes32 metadataKey,
        uint256 word
    ) private {
        AgentData memory before = _dataOf(agentId, metadataKey, word);
        _anyCall(caller, time);
        AgentData memory later = _dataOf(agentId, metadataKey, word);
        assert(later.owner == before.owner);
        assert(later.state == before.state);
        assert(later.uri[0] == before.uri[0] && later.uri[1] == before.uri[1]);
        assert(later.metadata[0] == before.metadata[0] && later.metadata[1] == before.metadata[1]);
    }
}
