// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {SymbolicIdentity} from "./SymbolicIdentity.sol";

/// @title A transfer to somebody else clears the wallet
/// @custom:bounds data of safeTransferFrom has 0 or 33 bytes; accounts with code are the registry and the proof's own
/// contract
contract WalletProof is SymbolicIdentity {
    /// @notice A successful transferFrom to somebody else leaves no wallet; one to oneself changes nothing of it.
    function check_wallet_transferFrom(address caller, address from, address to, uint256 agentId) public {
        _transfer(caller, from, to, agentId, abi.encodeCall(_identity.transferFrom, (from, to, agentId)));
    }

    /// @notice The same for safeTransferFrom without data.
    function check_wallet_safeTransferFrom(address caller, address from, address to, uint256 agentId) public {
        bytes memory call = abi.encodeWithSignature("safeTransferFrom(address,address,uint256)", from, to, agentId);
        _transfer(caller, from, to, agentId, call);
    }

    /// @notice The same for safeTransferFrom with data.
    function check_wallet_safeTransferFromWithData(
        address caller,
        address from,
        address to,
        uint256 agentId,
        bytes memory data
    ) public {
        bytes memory call = abi.encodeWithSignature(
            "safeTransferFrom(address,address,uint256,bytes)", from, to, agentId, data
        );
        _transfer(caller, from, to, agentId, call);
    }

    /// @notice Too much: a transfer to oneself leaves no wallet either.
    function refute_wallet_selfTransfer(address caller, address from, address to, uint256 agentId) public {
        VM.prank(caller);
        _identity.transferFrom(from, to, agentId);
        assert(_identity.getAgentWallet(agentId) == address(0));
    }

    function _transfer(address caller, address from, address to, uint256 agentId, bytes memory call) private {
        VM.assume(_ownerOf(agentId) != address(0) && caller != address(0));
        bytes32 before = _stateOf(agentId);
        VM.prank(caller);
        (bool success,) = address(_identity).call(call);
        VM.assume(success);
        assert(_ownerOf(agentId) == to);
        if (from == to) assert(_stateOf(agentId) == before);
        else assert(_identity.getAgentWallet(agentId) == address(0));
    }
}
