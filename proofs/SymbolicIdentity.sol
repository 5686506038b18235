// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {IdentityRegistry} from "../contracts/IdentityRegistry.sol";
import {Symbolic} from "./Symbolic.sol";

/// @title An identity registry in any state at all
/// @dev All of its storage is symbolic: who owns, who is approved, who has which role, paused or not. That includes
/// states that no history leads to, so what is proved of all of them holds for those that one does. The slots are those
/// of the table in docs/specification.md.
abstract contract SymbolicIdentity is Symbolic {
    uint256 private constant OWNERS = 2;
    uint256 private constant URIS = 12;
    uint256 private constant AGENTS = 13;
    uint256 private constant METADATA = 14;

    /// @dev Owner, wallet with its consent, epoch and key count, URI, and one metadata value.
    struct AgentData {
        bytes32 owner;
        bytes32 state;
        bytes32[2] uri;
        bytes32[2] metadata;
    }

    IdentityRegistry internal _identity;

    function setUp() public {
        _identity = IdentityRegistry(
            _deploy(
                "IdentityRegistry.sol:IdentityRegistry",
                abi.encode(uint48(1 days), address(0xad), address(0xbe), address(0xce))
            )
        );
        SVM.enableSymbolicStorage(address(_identity));
    }

    /// @dev Any state-changing call by anybody at any time, whether it succeeds or not.
    function _anyCall(address caller, uint32 time) internal {
        VM.assume(caller != address(0));
        VM.warp(time);
        VM.prank(caller);
        (bool success,) = address(_identity).call(SVM.createCalldata("IdentityRegistry"));
        success;
    }

    /// @dev Zero for an agent that does not exist.
    function _ownerOf(uint256 agentId) internal view returns (address) {
        return address(uint160(uint256(_load(_place(agentId, OWNERS)))));
    }

    /// @dev Owner, operator or approved account, unless it has opted out.
    function _isAuthorized(address caller, uint256 agentId) internal view returns (bool) {
        address owner = _ownerOf(agentId);
        return caller == owner || _identity.isApprovedForAll(owner, caller) || _identity.getApproved(agentId) == caller;
    }

    function _stateOf(uint256 agentId) internal view returns (bytes32) {
        return _load(_place(agentId, AGENTS));
    }

    /// @dev Of the URI and of the metadata value of a key, the slot with the length and one word of a long one's text.
    function _dataOf(uint256 agentId, bytes32 metadataKey, uint256 word) internal view returns (AgentData memory data) {
        uint256 uri = _place(agentId, URIS);
        uint256 metadata =
            uint256(keccak256(abi.encodePacked(metadataKey, _place(agentId, METADATA))));
        data.owner = _load(_place(agentId, OWNERS));
        data.state = _stateOf(agentId);
        data.uri = [_load(uri), _load(uint256(keccak256(abi.encode(uri))) + word)];
        data.metadata = [_load(metadata), _load(uint256(keccak256(abi.encode(metadata))) + word)];
    }

    function _load(uint256 slot) private view returns (bytes32) {
        return VM.load(address(_identity), bytes32(slot));
    }
}
