// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {SymbolicIdentity} from "./SymbolicIdentity.sol";

/// @title Ids rise by one and are never used again
/// @custom:bounds strings of a call have 0 or 33 bytes, metadata keys 32; a stored text that a call overwrites has at
/// most 31 bytes; no base of the auto URIs; accounts with code are the registry and the proof's own contract; fewer
/// than 2^64 - 1 agents
contract IdsProof is SymbolicIdentity {
    /// @notice Any call by anybody leaves the number of agents, or adds one.
    function check_ids_anyCall(Call memory call) public {
        uint256 before = _identity.totalAgents();
        VM.assume(before < type(uint64).max);
        _anyCall(call);
        uint256 later = _identity.totalAgents();
        assert(later == before || later == before + 1);
    }

    /// @notice While no id above the number of agents has an owner or an approved account, and nobody is operator of
    /// the zero address, no call by anybody changes that.
    function check_ids_noneBeyond(Call memory call, uint256 agentId, address operator) public {
        VM.assume(_identity.totalAgents() < type(uint64).max);
        VM.assume(_isUnused(agentId) && _isUnused(call.agentId) && _isUnused(_nextId()));
        VM.assume(!_isOperatorOfNobody(operator) && !_isOperatorOfNobody(call.caller));
        _anyCall(call);
        assert(_isUnused(agentId));
        assert(!_isOperatorOfNobody(operator));
    }

    /// @notice register() gives the next id to its caller, and takes no agent from anybody.
    function check_ids_register(address caller, uint256 otherId) public {
        uint256 before = _identity.totalAgents();
        VM.assume(before < type(uint64).max && _ownerOf(_nextId()) == address(0));
        VM.assume(otherId != _nextId());
        address otherOwner = _ownerOf(otherId);
        VM.assume(caller != address(0));
        VM.prank(caller);
        uint256 agentId = _identity.register();
        assert(agentId == before + 1);
        assert(_identity.totalAgents() == agentId);
        assert(_ownerOf(agentId) == caller);
        assert(_ownerOf(otherId) == otherOwner);
    }

    /// @notice Too much: no call changes the number of agents.
    /// @custom:halmos --early-exit
    function refute_ids_never(Call memory call) public {
        uint256 before = _identity.totalAgents();
        _anyCall(call);
        assert(_identity.totalAgents() == before);
    }

    /// @dev True too for an id that is not above the number of agents.
    function _isUnused(uint256 agentId) private view returns (bool) {
        return
            agentId <= _identity.totalAgents()
                || (_ownerOf(agentId) == address(0) && _approvedOf(agentId) == address(0));
    }

    function _isOperatorOfNobody(address operator) private view returns (bool) {
        return _isOperator(address(0), operator);
    }
}
