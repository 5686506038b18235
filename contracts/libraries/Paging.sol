// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

/// @title Pages with a cursor
/// @notice A cursor is the number of items already read; 0 begins, and 0 comes back when nothing is left.
library Paging {
    /// @notice The largest number of items in a page.
    uint256 internal constant MAX_PAGE_SIZE = 500;

    /// @notice A page's limit is zero or over the largest one.
    /// @param limit The limit given.
    /// @param maximum The largest limit allowed.
    error PageLimitOutOfRange(uint256 limit, uint256 maximum);

    /// @notice The items of a page, as a half-open range.
    /// @dev Reverts with {PageLimitOutOfRange}. A cursor at or beyond the end gives an empty range.
    /// @param total The number of items there are.
    /// @param cursor The number of items already read.
    /// @param limit How many to read at most.
    /// @return start The first item, from 0.
    /// @return end The item after the last one.
    /// @return nextCursor The next cursor; zero at the end.
    function slice(uint256 total, uint256 cursor, uint256 limit)
        internal
        pure
        returns (uint256 start, uint256 end, uint256 nextCursor)
    {
        if (limit == 0 || limit > MAX_PAGE_SIZE) revert PageLimitOutOfRange(limit, MAX_PAGE_SIZE);
        if (cursor >= total) return (0, 0, 0);
        unchecked {
            start = cursor;
            end = total - start > limit ? start + limit : total;
            nextCursor = end == total ? 0 : end;
        }
    }
}
