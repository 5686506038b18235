// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

/// @title What the three registries share: version, roles, pause
/// @notice Roles can stop what creates state, and start it again; none can write what a registry holds.
interface IRegistryBase {
    /// @notice A string or byte string is longer than its limit.
    /// @param field What is too long, as text: `agentURI`, `baseURI`, `metadataKey`, `tag` and so on.
    /// @param size Its size, bytes.
    /// @param limit The largest size allowed, bytes.
    error SizeLimitExceeded(bytes32 field, uint256 size, uint256 limit);

    /// @notice A constructor argument is the zero address.
    /// @param parameter The name of the argument.
    error ZeroAddress(string parameter);

    /// @notice A delay for changing the default admin is below `MIN_ADMIN_DELAY`.
    /// @param delay The delay given, seconds.
    /// @param minimum The shortest delay allowed, seconds.
    error AdminDelayTooShort(uint48 delay, uint48 minimum);

    /// @notice The role that may pause and unpause this registry, and nothing else.
    /// @return The role's id.
    function PAUSER_ROLE() external view returns (bytes32);

    /// @notice The shortest delay between announcing and accepting a new default admin, seconds.
    /// @return The delay.
    function MIN_ADMIN_DELAY() external view returns (uint48);

    /// @notice The largest size of a URI, bytes.
    /// @return The limit.
    function MAX_URI_SIZE() external view returns (uint256);

    /// @notice The version of the ERC-8004 interface that clients look for, "2." and more.
    /// @return The version.
    function getVersion() external pure returns (string memory);

    /// @notice Stops everything that creates state; transfers, approvals, opt-outs, unsetting a wallet, revoking
    /// feedback and all reads go on.
    /// @dev Reverts with {AccessControlUnauthorizedAccount} without `PAUSER_ROLE`, {EnforcedPause} if paused already.
    function pause() external;

    /// @notice Ends a pause.
    /// @dev Reverts with {AccessControlUnauthorizedAccount} without `PAUSER_ROLE`, {ExpectedPause} if not paused.
    function unpause() external;
}
