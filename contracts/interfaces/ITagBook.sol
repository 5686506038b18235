// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

/// @title Tags by number
/// @notice A tag's text is stored once for the whole registry; entries carry its 32-bit id. Id 0 is the empty tag.
interface ITagBook {
    /// @notice No tag has this id.
    /// @param tagId The id.
    error UnknownTag(uint32 tagId);

    /// @notice All 2^32 - 2 ids are taken; known tags go on working.
    error TagBookFull();

    /// @notice The largest size of a tag, bytes.
    /// @return The limit.
    function MAX_TAG_SIZE() external view returns (uint256);

    /// @notice The number of tags; ids run from 1 to it.
    /// @return The number.
    function tagCount() external view returns (uint32);

    /// @notice The text of a tag.
    /// @dev Reverts with {UnknownTag} for an id beyond {tagCount}.
    /// @param tagId The id; zero is the empty tag.
    /// @return The text.
    function tagText(uint32 tagId) external view returns (string memory);
}
