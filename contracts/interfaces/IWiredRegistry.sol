// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

/// @title What the registries that read the identity registry add
/// @notice They are wired to one identity registry for good, and give long lists in pages.
interface IWiredRegistry {
    /// @notice The constructor was given something that is not an identity registry of this project.
    /// @param identityRegistry The address given.
    /// @param reason What is wrong with it.
    error InvalidIdentityRegistry(address identityRegistry, string reason);

    /// @notice The largest number of items in a page.
    /// @return The limit.
    function MAX_PAGE_SIZE() external view returns (uint256);
}
