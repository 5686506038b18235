// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {IdentityRegistry} from "../contracts/IdentityRegistry.sol";
import {IERC8004Identity} from "../contracts/interfaces/IERC8004Identity.sol";
import {Symbolic} from "./Symbolic.sol";

/// @title An identity registry in any state, and any call to it
/// @dev All of its storage is symbolic: who owns, who is approved, who has which role, paused or not. That includes
/// states that no history leads to, so what is proved of all of them holds for those that one does. Bounds: there is no
/// base of the auto URIs, and a stored text that a call overwrites has at most 31 bytes. The slots are those of the
/// table in docs/specification.md.
abstract contract SymbolicIdentity is Symbolic {
    uint256 private constant OWNERS = 2;
    uint256 private constant APPROVALS = 4;
    uint256 private constant OPERATORS = 5;
    uint256 private constant PAUSED_AND_LAST_ID = 11;
    uint256 private constant URIS = 12;
    uint256 private constant AGENTS = 13;
    uint256 private constant METADATA = 14;
    uint256 private constant OPT_OUTS = 15;

    /// @dev What a call is made of; each entry point takes of it what it needs.
    struct Call {
        uint8 entryPoint;
        address caller;
        uint32 time; // seconds since the epoch
        uint256 agentId;
        address account;
        address other;
        uint256 number;
        bytes32 word;
        bool flag;
        bytes text;
    }

    IdentityRegistry internal _identity;

    function setUp() public {
        bytes memory arguments = abi.encode(uint48(1 days), address(0xad), address(0xbe), address(0xce));
        _identity = IdentityRegistry(_deploy("IdentityRegistry", arguments));
        SVM.enableSymbolicStorage(address(_identity));
        VM.assume(uint256(_load(PAUSED_AND_LAST_ID)) >> 72 == 0);
    }

    /// @dev Any call of a state-changing function by anybody at any time, whether it succeeds or not.
    function _anyCall(Call memory call) internal {
        VM.assume(call.caller != address(0));
        VM.warp(call.time);
        bytes memory data = _encode(call);
        // One length is enough where the text is not used.
        if (!_hasText(call.entryPoint)) VM.assume(call.text.length == 0);
        VM.prank(call.caller);
        // That it may fail is part of the claims.
        (bool success,) = address(_identity).call(data);
        success;
    }

    function _hasText(uint8 entryPoint) private pure returns (bool) {
        return (entryPoint >= 1 && entryPoint <= 4) || entryPoint == 10 || entryPoint == 13;
    }

    function _encode(Call memory call) private view returns (bytes memory) {
        if (call.entryPoint < 11) return _encodeForAgent(call);
        if (call.entryPoint == 11) return abi.encodeCall(_identity.setApprovalForAll, (call.account, call.flag));
        if (call.entryPoint == 12) return abi.encodeCall(_identity.setOperatorOptOut, (call.flag));
        if (call.entryPoint == 13) {
            _assumeShort(_place(0, URIS));
            return abi.encodeCall(_identity.setBaseURI, (string(call.text)));
        }
        if (call.entryPoint == 14) return abi.encodeCall(_identity.pause, ());
        if (call.entryPoint == 15) return abi.encodeCall(_identity.unpause, ());
        if (call.entryPoint == 16) return abi.encodeCall(_identity.grantRole, (call.word, call.account));
        if (call.entryPoint == 17) return abi.encodeCall(_identity.revokeRole, (call.word, call.account));
        if (call.entryPoint == 18) return abi.encodeCall(_identity.renounceRole, (call.word, call.account));
        if (call.entryPoint == 19) return abi.encodeCall(_identity.beginDefaultAdminTransfer, (call.account));
        if (call.entryPoint == 20) return abi.encodeCall(_identity.cancelDefaultAdminTransfer, ());
        if (call.entryPoint == 21) return abi.encodeCall(_identity.acceptDefaultAdminTransfer, ());
        if (call.entryPoint == 22) return abi.encodeCall(_identity.changeDefaultAdminDelay, (uint48(call.number)));
        VM.assume(call.entryPoint == 23);
        return abi.encodeCall(_identity.rollbackDefaultAdminDelay, ());
    }

    function _encodeForAgent(Call memory call) private view returns (bytes memory) {
        uint256 id = call.agentId;
        if (call.entryPoint < 3) return _encodeRegister(call);
        if (call.entryPoint == 3) {
            _assumeShort(_place(id, URIS));
            return abi.encodeCall(_identity.setAgentURI, (id, string(call.text)));
        }
        if (call.entryPoint == 4) {
            bytes memory key = bytes.concat(call.word);
            _assumeShort(_metadataPlace(id, call.word));
            return abi.encodeCall(_identity.setMetadata, (id, string(key), call.text));
        }
        if (call.entryPoint == 5) return _encodeSetAgentWallet(call);
        if (call.entryPoint == 6) return abi.encodeCall(_identity.unsetAgentWallet, (id));
        if (call.entryPoint == 7) return abi.encodeCall(_identity.approve, (call.account, id));
        if (call.entryPoint == 8) return abi.encodeCall(_identity.transferFrom, (call.account, call.other, id));
        if (call.entryPoint == 9) {
            return abi.encodeWithSignature("safeTransferFrom(address,address,uint256)", call.account, call.other, id);
        }
        return abi.encodeWithSignature(
            "safeTransferFrom(address,address,uint256,bytes)", call.account, call.other, id, call.text
        );
    }

    /// @dev With nothing, a URI, or a URI and one entry. What an id that was never used has stored is nothing.
    function _encodeRegister(Call memory call) private view returns (bytes memory) {
        uint256 newId = _nextId();
        VM.assume(_load(_place(newId, URIS)) == 0);
        if (call.entryPoint == 0) return abi.encodeWithSignature("register()");
        if (call.entryPoint == 1) return abi.encodeWithSignature("register(string)", string(call.text));
        VM.assume(_load(_metadataPlace(newId, call.word)) == 0);
        IERC8004Identity.MetadataEntry[] memory entries = new IERC8004Identity.MetadataEntry[](1);
        entries[0] = IERC8004Identity.MetadataEntry(string(bytes.concat(call.word)), call.text);
        return abi.encodeWithSignature("register(string,(string,bytes)[])", string(call.text), entries);
    }

    /// @dev As the registry counts: in 64 bits.
    function _nextId() internal view returns (uint256) {
        unchecked {
            return uint64(_identity.totalAgents() + 1);
        }
    }

    function _encodeSetAgentWallet(Call memory call) internal view returns (bytes memory) {
        bytes memory signature = abi.encodePacked(call.word, SVM.createBytes32("s"), call.flag ? uint8(27) : uint8(28));
        return abi.encodeCall(_identity.setAgentWallet, (call.agentId, call.account, call.number, signature));
    }

    /// @dev Zero for an agent that does not exist.
    function _ownerOf(uint256 agentId) internal view returns (address) {
        return address(uint160(uint256(_load(_place(agentId, OWNERS)))));
    }

    /// @dev As stored: it may have opted out.
    function _approvedOf(uint256 agentId) internal view returns (address) {
        return address(uint160(uint256(_load(_place(agentId, APPROVALS)))));
    }

    /// @dev As stored: it may have opted out.
    function _isOperator(address owner, address operator) internal view returns (bool) {
        return uint256(_load(_place(uint160(operator), _place(uint160(owner), OPERATORS)))) & 0xff != 0;
    }

    /// @dev Neither owner nor operator nor approved account, or one of the latter two that has opted out.
    function _assumeUnauthorised(address caller, uint256 agentId) internal view {
        address owner = _ownerOf(agentId);
        VM.assume(caller != owner);
        if (_hasOptedOut(caller)) return;
        VM.assume(!_isOperator(owner, caller));
        VM.assume(caller != _approvedOf(agentId));
    }

    function _hasOptedOut(address account) private view returns (bool) {
        return uint256(_load(_place(uint160(account), OPT_OUTS))) & 0xff != 0;
    }

    function _stateOf(uint256 agentId) internal view returns (bytes32) {
        return _load(_place(agentId, AGENTS));
    }

    /// @dev Owner; wallet with its consent, epoch and key count; of the URI and of the value of a 32-byte key, the slot
    /// with the length and one word of a long one's text.
    function _dataOf(uint256 agentId, bytes32 key, uint256 word) internal view returns (bytes32[6] memory) {
        uint256 uri = _place(agentId, URIS);
        uint256 metadata = _metadataPlace(agentId, key);
        return [
            _load(_place(agentId, OWNERS)),
            _stateOf(agentId),
            _load(uri),
            _load(uint256(keccak256(abi.encode(uri))) + word),
            _load(metadata),
            _load(uint256(keccak256(abi.encode(metadata))) + word)
        ];
    }

    function _metadataPlace(uint256 agentId, bytes32 key) private pure returns (uint256) {
        return uint256(keccak256(abi.encodePacked(key, _place(agentId, METADATA))));
    }

    function _assumeShort(uint256 slot) private view {
        uint256 content = uint256(_load(slot));
        VM.assume(content & 1 == 0 && content & 0xff <= 62);
    }

    function _load(uint256 slot) private view returns (bytes32) {
        return VM.load(address(_identity), bytes32(slot));
    }
}
