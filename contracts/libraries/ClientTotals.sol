// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {SafeCast} from "@openzeppelin/contracts/utils/math/SafeCast.sol";

/// @notice What one client's feedback to one agent adds up to, in one storage slot.
/// @dev
/// ```
/// bit  255   254          250 249        229 228        208 207                    0
///      | 0   | max decimals | live count   | last index   | sum of live, 18 decimals |
///      | 1   |   5          |   21         |   21         | int208                   |
/// ```
/// The sum cannot overflow, in whatever order feedback is given and revoked: MAX_COUNT entries of at most 1e38 * 1e18
/// are 2e62, below 2^207. So giving can only fail at MAX_COUNT, and revoking cannot fail at all.
type ClientTotals is uint256;

using ClientTotalsLib for ClientTotals global;

/// @title Reads and writes the fields of {ClientTotals}
library ClientTotalsLib {
    uint256 private constant LAST_INDEX_OFFSET = 208;
    uint256 private constant LIVE_COUNT_OFFSET = 229;
    uint256 private constant MAX_DECIMALS_OFFSET = 250;
    uint256 private constant COUNTER = (1 << 21) - 1;

    /// @notice The number of feedback after which a client has had its say.
    uint256 internal constant MAX_COUNT = 2_000_000;

    /// @notice The sum of what is not revoked, in units of 10^-18.
    function sum(ClientTotals self) internal pure returns (int256) {
        return int208(uint208(ClientTotals.unwrap(self)));
    }

    /// @notice The index of the latest feedback; zero is an unknown client.
    function lastIndex(ClientTotals self) internal pure returns (uint64) {
        return uint64(ClientTotals.unwrap(self) >> LAST_INDEX_OFFSET & COUNTER);
    }

    /// @notice The number of feedback that is not revoked.
    function liveCount(ClientTotals self) internal pure returns (uint64) {
        return uint64(ClientTotals.unwrap(self) >> LIVE_COUNT_OFFSET & COUNTER);
    }

    /// @notice An upper bound of the decimals of what is not revoked, zero if there is nothing: exact until something
    /// is revoked, because the highest decimals cannot fall without a scan.
    function maxDecimals(ClientTotals self) internal pure returns (uint8) {
        return uint8(ClientTotals.unwrap(self) >> MAX_DECIMALS_OFFSET);
    }

    /// @notice The totals with one feedback more.
    /// @param scaledValue The value in units of 10^-18.
    /// @param decimals The decimals of the value.
    function add(ClientTotals self, int256 scaledValue, uint8 decimals) internal pure returns (ClientTotals) {
        uint8 highest = self.maxDecimals();
        unchecked {
            // Neither the sum nor a counter can overflow, see above.
            return _pack(
                self.sum() + scaledValue,
                uint256(self.lastIndex()) + 1,
                uint256(self.liveCount()) + 1,
                decimals > highest ? decimals : highest
            );
        }
    }

    /// @notice The totals with one live feedback less.
    /// @param scaledValue Its value in units of 10^-18.
    function remove(ClientTotals self, int256 scaledValue) internal pure returns (ClientTotals) {
        unchecked {
            // There is a live feedback, and the sum of the others fits as well.
            uint256 live = uint256(self.liveCount()) - 1;
            return _pack(self.sum() - scaledValue, self.lastIndex(), live, live == 0 ? 0 : self.maxDecimals());
        }
    }

    function _pack(int256 sum_, uint256 lastIndex_, uint256 liveCount_, uint8 maxDecimals_)
        private
        pure
        returns (ClientTotals)
    {
        return ClientTotals.wrap(
            uint256(uint208(SafeCast.toInt208(sum_))) | lastIndex_ << LAST_INDEX_OFFSET | liveCount_
                << LIVE_COUNT_OFFSET | uint256(maxDecimals_) << MAX_DECIMALS_OFFSET
        );
    }
}
