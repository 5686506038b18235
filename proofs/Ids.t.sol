// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {SymbolicIdentity} from "./SymbolicIdentity.sol";

/// @title Ids rise by one and are never used again
contract IdsProof is SymbolicIdentity {
    /// @notice Any call by anybody leaves the number of agents, or adds one.
    function check_ids_anyCall(address caller, uint32 time) public {
        uint256 before = _identity.totalAgents();
        VM.assume(before < type(uint64).max);
        _anyCall(caller, time);
        uint256 later = _identity.totalAgents();
        assert(later == before || later == before + 1);
    }

    /// @notice While no id above the number of agents has an owner, no call by anybody gives one an owner.
    function check_ids_noneBeyond(address caller, uint32 time, uint256 agentId) public {
        uint256 before = _identity.totalAgents();
        VM.assume(before < type(uint64).max);
        VM.assume(agentId <= before || _ownerOf(agentId) == address(0));
        _anyCall(caller, time);
        assert(agentId <= _identity.totalAgents() || _ownerOf(agentId) == address(0));
    }

    /// @notice register() gives the next id to its caller, and takes no agent from anybody.
    function check_ids_register(address caller, uint256 otherId) public {
        uint256 before = _identity.totalAgents();
        VM.assume(before < type(uint64).max && _ownerOf(before + 1) == address(0));
        VM.assume(otherId != before + 1);
        address otherOwner = _ownerOf(otherId);
        VM.prank(caller);
        uint256 agentId = _identity.register();
        assert(agentId == before + 1);
        assert(_identity.totalAgents() == agentId);
        assert(_ownerOf(agentId) == caller);
        assert(_ownerOf(otherId) == otherOwner);
    }

    /// @notice Too much: no call changes the number of agents.
    function refute_ids_never(address caller, uint32 time) public {
        uint256 before = _identity.totalAgents();
        _anyCall(caller, time);
        assert(_identity.totalAgents() == before);
    }
}
