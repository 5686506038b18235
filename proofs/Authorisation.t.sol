// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {SymbolicIdentity} from "./SymbolicIdentity.sol";

/// @title Nobody writes an agent's data without authorisation
/// @dev One claim for each group of entry points, which together are all of them. The caller is neither owner nor
/// approved nor operator of the agent, or has opted out; it may have any role.
/// @custom:bounds strings of a call have 0 or 33 bytes, metadata keys 32; a stored text that a call overwrites has at
/// most 31 bytes; no base of the auto URIs; accounts with code are the registry and the proof's own contract
contract AuthorisationProof is SymbolicIdentity {
    /// @notice No registration changes another agent's owner, wallet, consent, epoch, key count, URI or metadata.
    /// @custom:halmos --solver yices
    function check_authorisation_register(Call memory call, uint256 agentId, bytes32 key, uint256 word) public {
        _strangerChangesNothing(call, 0, 2, agentId, key, word);
    }

    /// @notice No setAgentURI by somebody unauthorised does.
    /// @custom:halmos --solver yices
    function check_authorisation_uri(Call memory call, uint256 agentId, bytes32 key, uint256 word) public {
        _strangerChangesNothing(call, 3, 3, agentId, key, word);
    }

    /// @notice No setMetadata by somebody unauthorised does.
    /// @custom:halmos --solver yices
    function check_authorisation_metadata(Call memory call, uint256 agentId, bytes32 key, uint256 word) public {
        _strangerChangesNothing(call, 4, 4, agentId, key, word);
    }

    /// @notice No setAgentWallet by somebody unauthorised does.
    /// @custom:halmos --solver yices
    function check_authorisation_setWallet(Call memory call, uint256 agentId, bytes32 key, uint256 word) public {
        _strangerChangesNothing(call, 5, 5, agentId, key, word);
    }

    /// @notice No unsetAgentWallet by somebody unauthorised does.
    /// @custom:halmos --solver yices
    function check_authorisation_unsetWallet(Call memory call, uint256 agentId, bytes32 key, uint256 word) public {
        _strangerChangesNothing(call, 6, 6, agentId, key, word);
    }

    /// @notice No approval, transfer or safe transfer by somebody unauthorised does.
    /// @custom:halmos --solver yices
    function check_authorisation_transfer(Call memory call, uint256 agentId, bytes32 key, uint256 word) public {
        _strangerChangesNothing(call, 7, 10, agentId, key, word);
    }

    /// @notice No choice of an operator and no opting out by somebody unauthorised does.
    /// @custom:halmos --solver yices
    function check_authorisation_operator(Call memory call, uint256 agentId, bytes32 key, uint256 word) public {
        _strangerChangesNothing(call, 11, 12, agentId, key, word);
    }

    /// @notice No call for roles by somebody unauthorised does, whatever role it has.
    /// @custom:halmos --solver yices
    function check_authorisation_roles(Call memory call, uint256 agentId, bytes32 key, uint256 word) public {
        _strangerChangesNothing(call, 13, 23, agentId, key, word);
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

    function _strangerChangesNothing(
        Call memory call,
        uint8 first,
        uint8 last,
        uint256 agentId,
        bytes32 key,
        uint256 word
    ) private {
        VM.assume(call.entryPoint >= first);
        VM.assume(call.entryPoint <= last);
        _assumeAgent(agentId);
        _assumeUnauthorised(call.caller, agentId);
        _anyCallChangesNothing(call, agentId, key, word);
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
        uint256 total = _identity.totalAgents();
        VM.assume(total < type(uint64).max);
        VM.assume(agentId > 0);
        VM.assume(agentId <= total);
        VM.assume(_ownerOf(agentId) != address(0));
    }
}
