// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {SymbolicIdentity} from "./SymbolicIdentity.sol";

/// @title A used consent is refused, whatever happened since
/// @dev The three claims together, by induction over the calls in between.
/// @custom:bounds strings of a call have 0 or 33 bytes, metadata keys 32; a stored text that a call overwrites has at
/// most 31 bytes; no base of the auto URIs; accounts with code are the registry and the proof's own contract;
/// signatures have 65 bytes, the block's time 32 bits
contract ConsentProof is SymbolicIdentity {
    /// @notice A consent that is used leaves its deadline as the last one.
    function check_consent_used(Call memory call) public {
        VM.assume(_setWallet(call));
        assert(_identity.lastConsentDeadline(call.agentId) == call.number);
        assert(_identity.getAgentWallet(call.agentId) == call.account);
    }

    /// @notice No call by anybody at any time lowers the last deadline of any agent.
    function check_consent_deadlineRises(Call memory call, uint256 agentId) public {
        uint256 before = _identity.lastConsentDeadline(agentId);
        _anyCall(call);
        assert(_identity.lastConsentDeadline(agentId) >= before);
    }

    /// @notice A consent whose deadline is not after the last one is refused, whoever signed and whoever sends it.
    function check_consent_refused(Call memory call) public {
        VM.assume(call.number <= _identity.lastConsentDeadline(call.agentId));
        assert(!_setWallet(call));
    }

    /// @notice Too much: no call changes the last deadline of an agent.
    /// @custom:halmos --early-exit
    function refute_consent_deadlineStays(Call memory call, uint256 agentId) public {
        uint256 before = _identity.lastConsentDeadline(agentId);
        _anyCall(call);
        assert(_identity.lastConsentDeadline(agentId) == before);
    }

    /// @notice Too much: the deadline after the last one is refused as well.
    /// @custom:halmos --early-exit
    function refute_consent_next(Call memory call) public {
        VM.assume(call.number == _identity.lastConsentDeadline(call.agentId) + 1);
        assert(!_setWallet(call));
    }

    function _setWallet(Call memory call) private returns (bool success) {
        VM.warp(call.time);
        bytes memory data = _encodeSetAgentWallet(call);
        VM.prank(call.caller);
        (success,) = address(_identity).call(data);
    }
}
