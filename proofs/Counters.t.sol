// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {IERC721Errors} from "@openzeppelin/contracts/interfaces/draft-IERC6093.sol";
import {ReputationRegistry} from "../contracts/ReputationRegistry.sol";
import {Symbolic} from "./Symbolic.sol";

/// @title An identity registry that says anything of anybody's affiliation
contract AnyIdentity is Symbolic {
    function isAffiliated(address, uint256 agentId) external view returns (bool) {
        if (agentId == 0) revert IERC721Errors.ERC721NonexistentToken(agentId);
        return SVM.createBool("isAffiliated");
    }

    function supportsInterface(bytes4 interfaceId) external pure returns (bool) {
        return interfaceId != 0xffffffff;
    }
}

/// @title Feedback is counted once, and kept
/// @dev The registry's storage is symbolic, but what no history leads to is left out where a claim says so: counters
/// beyond their limits, and a tag's text under an id that was never given. Strings have 0 or 33 bytes.
/// @custom:bounds tags and response URIs have 0 or 33 bytes; values have no decimals, feedback no second tag,
/// endpoint, URI
contract CountersProof is Symbolic {
    uint256 private constant TAG_TEXTS = 5;
    uint256 private constant AGENTS = 6;
    int256 private constant MAX_SCALED = 1e38 * 1e18;

    /// @dev Any client's record at any agent, and any entry of it.
    struct Place {
        uint256 agentId;
        address client;
        uint64 index;
    }

    struct Totals {
        uint64 last;
        uint64 live;
        int256 sum;
        uint8 decimals;
    }

    ReputationRegistry private _reputation;

    function setUp() public {
        bytes memory arguments = abi.encode(address(new AnyIdentity()), uint48(1 days), address(0xad), address(0xbe));
        _reputation = ReputationRegistry(_deploy("ReputationRegistry", arguments));
        SVM.enableSymbolicStorage(address(_reputation));
    }

    /// @notice Giving feedback adds one entry after the last one and one to each of the client's counters, adds the
    /// client to the agent's if it is new, and leaves every other entry and every other client alone.
    function check_counters_give(Place memory place, Place memory other, uint32 time, int128 value, bytes memory tag)
        public
    {
        Totals memory before = _assumeReachable(place);
        uint256 clients = _reputation.getClientCount(place.agentId);
        VM.assume(before.last > 0 || clients < type(uint64).max);
        Place memory given = Place(place.agentId, place.client, before.last + 1);
        VM.assume(!_same(other, given));
        bytes32 otherEntry = _entry(other);
        bytes32 otherTotals = _totalsWord(other);
        VM.warp(time);
        _give(place, value, tag);

        Totals memory later = _totals(place);
        assert(later.last == before.last + 1 && later.live == before.live + 1);
        assert(later.sum == before.sum + int256(value) * 1e18);
        assert(uint128(uint256(_entry(given))) == uint128(value));
        assert(_reputation.getClientCount(place.agentId) == (before.last == 0 ? clients + 1 : clients));
        assert(_entry(other) == otherEntry);
        if (!_sameClient(other, place)) assert(_totalsWord(other) == otherTotals);
    }

    /// @notice Revoking takes one from the live counter, marks the entry and nothing else of it, leaves every other
    /// entry and client alone, and cannot be done twice.
    function check_counters_revoke(Place memory place, Place memory other) public {
        Totals memory before = _assumeReachable(place);
        VM.assume(before.live > 0);
        VM.assume(!_same(other, place));
        bytes32 entry = _entry(place);
        bytes32 otherEntry = _entry(other);
        bytes32 otherTotals = _totalsWord(other);
        VM.prank(place.client);
        _reputation.revokeFeedback(place.agentId, place.index);

        Totals memory later = _totals(place);
        assert(later.last == before.last && later.live == before.live - 1);
        assert(uint256(entry) & 1 << 135 == 0 && uint256(_entry(place)) == uint256(entry) | 1 << 135);
        assert(_entry(other) == otherEntry);
        if (!_sameClient(other, place)) assert(_totalsWord(other) == otherTotals);
        VM.prank(place.client);
        (bool again,) =
            address(_reputation).call(abi.encodeCall(_reputation.revokeFeedback, (place.agentId, place.index)));
        assert(!again);
    }

    /// @notice A response adds one to its agent's responses, and changes no client's totals and of no other entry
    /// anything.
    function check_counters_respond(Place memory place, Place memory other, address responder, bytes memory uri)
        public
    {
        VM.assume(!_same(other, place));
        uint256 before = _responses(place.agentId);
        VM.assume(before < type(uint64).max);
        bytes32 otherEntry = _entry(other);
        bytes32 otherTotals = _totalsWord(other);
        bytes32 totals = _totalsWord(place);
        VM.prank(responder);
        _reputation.appendResponse(place.agentId, place.client, place.index, string(uri), 0);
        assert(_responses(place.agentId) == before + 1);
        assert(_entry(other) == otherEntry);
        assert(_totalsWord(other) == otherTotals && _totalsWord(place) == totals);
    }

    /// @notice Too much: every feedback comes from a new client.
    function refute_counters_giveNewClient(Place memory place, int128 value) public {
        _assumeReachable(place);
        uint256 clients = _reputation.getClientCount(place.agentId);
        _give(place, value, "");
        assert(_reputation.getClientCount(place.agentId) == clients + 1);
    }

    /// @notice Too much: revoking leaves the live counter.
    function refute_counters_revokeKeepsLive(Place memory place) public {
        Totals memory before = _assumeReachable(place);
        VM.prank(place.client);
        _reputation.revokeFeedback(place.agentId, place.index);
        assert(_totals(place).live == before.live);
    }

    /// @notice Too much: a response leaves its entry as it was.
    function refute_counters_respondKeepsEntry(Place memory place, address responder, bytes memory uri) public {
        bytes32 entry = _entry(place);
        VM.prank(responder);
        _reputation.appendResponse(place.agentId, place.client, place.index, string(uri), 0);
        assert(_entry(place) == entry);
    }

    // ------------------------------------------------------------------------------------------------------- CALLS

    function _give(Place memory place, int128 value, bytes memory tag) private {
        VM.assume(_reputation.tagCount() < type(uint32).max - 1);
        uint32 nextTag = _reputation.tagCount() + 1;
        VM.assume(_load(_place(nextTag, TAG_TEXTS)) == 0);
        VM.prank(place.client);
        _reputation.giveFeedback(place.agentId, value, 0, string(tag), "", "", "", 0);
    }

    // ------------------------------------------------------------------------------------------------------- STATE

    function _assumeReachable(Place memory place) private view returns (Totals memory totals) {
        totals = _totals(place);
        VM.assume(totals.last <= 2_000_000 && totals.live <= totals.last && totals.decimals <= 18);
        int256 bound = int256(uint256(totals.live)) * MAX_SCALED;
        VM.assume(totals.sum >= -bound && totals.sum <= bound);
    }

    function _totals(Place memory place) private view returns (Totals memory totals) {
        (totals.last, totals.live, totals.sum, totals.decimals) =
            _reputation.getClientTotals(place.agentId, place.client);
    }

    function _responses(uint256 agentId) private view returns (uint256) {
        return _reputation.getResponseCount(agentId, address(0), 0, new address[](0));
    }

    function _totalsWord(Place memory place) private view returns (bytes32) {
        return _load(_ledger(place));
    }

    function _entry(Place memory place) private view returns (bytes32) {
        return _load(_place(place.index, _ledger(place) + 1));
    }

    function _ledger(Place memory place) private pure returns (uint256) {
        return _place(uint160(place.client), _place(place.agentId, AGENTS) + 2);
    }

    function _load(uint256 slot) private view returns (bytes32) {
        return VM.load(address(_reputation), bytes32(slot));
    }

    function _sameClient(Place memory one, Place memory two) private pure returns (bool) {
        return one.agentId == two.agentId && one.client == two.client;
    }

    function _same(Place memory one, Place memory two) private pure returns (bool) {
        return _sameClient(one, two) && one.index == two.index;
    }
}
