// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {SymbolicIdentity} from "./SymbolicIdentity.sol";

/// @title A used consent is refused, whatever happened since
/// @dev The three claims together, by induction over the calls in between.
contract ConsentProof is SymbolicIdentity {
    /// @notice A consent that is used leaves its deadline as the last one.
    function check_consent_used(
        address caller,
        uint32 time,
        uint256 agentId,
        address wallet,
        uint256 deadline,
        bytes memory signature
    ) public {
        VM.warp(time);
        VM.prank(caller);
        _identity.setAgentWallet(agentId, wallet, deadline, signature);
        assert(_identity.lastConsentDeadline(agentId) == deadline);
        assert(_identity.getAgentWallet(agentId) == wallet);
    }

    /// @notice No call by anybody at any time lowers the last deadline of any agent.
    function check_consent_deadlineRises(address caller, uint32 time, uint256 agentId) public {
        uint256 before = _identity.lastConsentDeadline(agentId);
        _anyCall(caller, time);
        assert(_identity.lastConsentDeadline(agentId) >= before);
    }

    /// @notice A consent whose deadline is not after the last one is refused, whoever signed and whoever sends it.
    function check_consent_refused(
        address caller,
        uint32 time,
        uint256 agentId,
        address wallet,
        uint256 deadline,
        bytes memory signature
    ) public {
        VM.assume(deadline <= _identity.lastConsentDeadline(agentId));
        VM.warp(time);
        VM.prank(caller);
        (bool success,) = address(_identity).call(
            abi.encodeCall(_identity.setAgentWallet, (agentId, wallet, deadline, signature))
        );
        assert(!success);
    }

    /// @notice Too much: no call changes the last deadline of an agent.
    function refute_consent_deadlineStays(address caller, uint32 time, uint256 agentId) public {
        uint256 before = _identity.lastConsentDeadline(agentId);
        _anyCall(caller, time);
        assert(_identity.lastConsentDeadline(agentId) == before);
    }

    /// @notice Too much: the deadline after the last one is refused as well.
    function refute_consent_next(
        address caller,
        uint32 time,
        uint256 agentId,
        address wallet,
        uint256 deadline,
        bytes memory signature
    ) public {
        VM.assume(deadline <= _identity.lastConsentDeadline(agentId) + 1);
        VM.warp(time);
        VM.prank(caller);
        (bool success,) = address(_identity).call(
            abi.encodeCall(_identity.setAgentWallet, (agentId, wallet, deadline, signature))
        );
        assert(!success);
    }
}
