// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {AddressSet} from "../libraries/AddressSet.sol";
import {ClientTotals} from "../libraries/ClientTotals.sol";
import {DecimalMath} from "../libraries/DecimalMath.sol";
import {PackedFeedback, PackedFeedbackLib} from "../libraries/PackedFeedback.sol";
import {Paging} from "../libraries/Paging.sol";

/// @title The libraries' internal functions, callable
contract UnitLibraryHarness {
    using AddressSet for AddressSet.Set;

    // ----------------------------------------------------------------------------------------------- PackedFeedback

    function pack(int128 value, uint8 decimals, uint256 timestamp, uint32 tag1Id, uint32 tag2Id)
        external
        pure
        returns (PackedFeedback)
    {
        return PackedFeedbackLib.pack(value, decimals, timestamp, PackedFeedbackLib.placeTags(tag1Id, tag2Id));
    }

    function unpack(PackedFeedback entry)
        external
        pure
        returns (
            int128 value,
            uint8 decimals,
            bool isRevoked,
            uint32 timestamp,
            uint24 responseCount,
            uint32 tag1Id,
            uint32 tag2Id
        )
    {
        value = entry.value();
        decimals = entry.decimals();
        isRevoked = entry.isRevoked();
        timestamp = entry.timestamp();
        responseCount = entry.responseCount();
        tag1Id = entry.tag1Id();
        tag2Id = entry.tag2Id();
    }

    function exists(PackedFeedback entry) external pure returns (bool) {
        return entry.exists();
    }

    function matches(PackedFeedback entry, uint256 mask, uint256 wanted) external pure returns (bool) {
        return entry.matches(mask, wanted);
    }

    function masks() external pure returns (uint256 revoked, uint256 tag1, uint256 tag2) {
        return (PackedFeedbackLib.REVOKED, PackedFeedbackLib.TAG1, PackedFeedbackLib.TAG2);
    }

    function revoke(PackedFeedback entry) external pure returns (PackedFeedback) {
        return entry.revoke();
    }

    function addResponse(PackedFeedback entry) external pure returns (PackedFeedback) {
        return entry.addResponse();
    }

    // ------------------------------------------------------------------------------------------------- ClientTotals

    function addToTotals(ClientTotals totals, int256 scaledValue, uint8 decimals) external pure returns (ClientTotals) {
        return totals.add(scaledValue, decimals);
    }

    function removeFromTotals(ClientTotals totals, int256 scaledValue) external pure returns (ClientTotals) {
        return totals.remove(scaledValue);
    }

    function readTotals(ClientTotals totals)
        external
        pure
        returns (uint64 lastIndex, uint64 liveCount, int256 sum, uint8 maxDecimals)
    {
        return (totals.lastIndex(), totals.liveCount(), totals.sum(), totals.maxDecimals());
    }

    // -------------------------------------------------------------------------------------------------- DecimalMath

    function scale(int128 value, uint8 decimals) external pure returns (int256) {
        return DecimalMath.scale(value, decimals);
    }

    function average(int256 sum, uint256 count, uint8 decimals)
        external
        pure
        returns (int128 value, uint8 valueDecimals)
    {
        return DecimalMath.average(sum, count, decimals);
    }

    // --------------------------------------------------------------------------------------------------- AddressSet

    function dedupe(address[] calldata list) external pure returns (address[] memory distinct) {
        return AddressSet.dedupe(list);
    }

    /// @dev Which of some addresses the set of a list contains.
    function containsAll(address[] calldata list, address[] calldata probes)
        external
        pure
        returns (bool[] memory contained)
    {
        AddressSet.Set memory set = AddressSet.fromList(list);
        contained = new bool[](probes.length);
        for (uint256 i = 0; i < probes.length; ++i) {
            contained[i] = set.contains(probes[i]);
        }
    }

    // ------------------------------------------------------------------------------------------------------- Paging

    function slice(uint256 total, uint256 cursor, uint256 limit)
        external
        pure
        returns (uint256 start, uint256 end, uint256 nextCursor)
    {
        return Paging.slice(total, cursor, limit);
    }
}
