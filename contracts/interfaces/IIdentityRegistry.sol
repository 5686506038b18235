// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {IERC8004Identity} from "./IERC8004Identity.sol";

/// @title The hardened identity registry: what it adds to ERC-8004
/// @notice Errors, additive events and reads, limits.
interface IIdentityRegistry is IERC8004Identity {
    /// @notice The caller is neither owner nor operator of the agent.
    /// @param agentId The agent.
    /// @param caller The caller.
    error NotAuthorized(uint256 agentId, address caller);

    /// @notice The metadata key belongs to the registry.
    /// @param metadataKey The key.
    error ReservedMetadataKey(string metadataKey);

    /// @notice The agent has as many metadata keys as it may have.
    /// @param agentId The agent.
    /// @param limit The number of keys allowed.
    error TooManyMetadataKeys(uint256 agentId, uint256 limit);

    /// @notice The wallet to set is the zero address; {unsetAgentWallet} clears a wallet.
    error ZeroWallet();

    /// @notice The consent's deadline has passed.
    /// @param deadline The deadline, seconds since the epoch.
    /// @param time The block's time, seconds since the epoch.
    error ConsentExpired(uint256 deadline, uint256 time);

    /// @notice The consent's deadline is too far ahead.
    /// @param deadline The deadline, seconds since the epoch.
    /// @param latest The latest deadline allowed in this block, seconds since the epoch.
    error ConsentTooFarAhead(uint256 deadline, uint256 latest);

    /// @notice A consent with this deadline or a later one was used before.
    /// @param agentId The agent.
    /// @param deadline The deadline given, seconds since the epoch.
    /// @param lastDeadline The deadline of the last consent used, seconds since the epoch.
    error ConsentAlreadyUsed(uint256 agentId, uint256 deadline, uint256 lastDeadline);

    /// @notice The signature is not the new wallet's consent.
    /// @param newWallet The wallet.
    error InvalidConsent(address newWallet);

    /// @notice The account has declared that it is nobody's operator.
    /// @param operator The account.
    error OperatorOptedOut(address operator);

    /// @notice An account refuses, or accepts again, to be an operator of agents that it does not own.
    /// @param account The account.
    /// @param optedOut Whether it refuses.
    event OperatorOptOutSet(address indexed account, bool optedOut);

    /// @notice An agent's own URI is removed: it has the auto URI from now on.
    /// @param agentId The agent.
    event AgentURICleared(uint256 indexed agentId);

    /// @notice The base of the auto URIs changes.
    /// @param baseURI The new base; empty for none.
    /// @param updatedBy The registry admin who changed it.
    event BaseURIUpdated(string baseURI, address indexed updatedBy);

    /// @notice The role that may set the base of the auto URIs, and nothing else.
    /// @return The role's id.
    function REGISTRY_ADMIN_ROLE() external view returns (bytes32);

    /// @notice The number of metadata keys that an agent may have, the reserved one not counted.
    /// @return The limit.
    function MAX_METADATA_KEYS() external view returns (uint256);

    /// @notice The largest size of a metadata key, bytes.
    /// @return The limit.
    function MAX_METADATA_KEY_SIZE() external view returns (uint256);

    /// @notice The largest size of a metadata value, bytes.
    /// @return The limit.
    function MAX_METADATA_VALUE_SIZE() external view returns (uint256);

    /// @notice How far ahead the deadline of a wallet's consent may be, seconds.
    /// @return The limit.
    function MAX_CONSENT_PERIOD() external view returns (uint256);

    /// @notice Refuses to be anyone's operator, or accepts it again.
    /// @dev While it refuses, the caller is authorised for nothing that it does not own: approvals to it revert,
    /// existing ones do not count (they count again after opting back in). So no owner can silence a critic by making
    /// it an operator. Works while paused.
    /// @param optedOut Whether the caller refuses.
    function setOperatorOptOut(bool optedOut) external;

    /// @notice Whether an account refuses to be an operator.
    /// @param account The account.
    /// @return Whether it refuses.
    function operatorOptOut(address account) external view returns (bool);

    /// @notice Whether an account is the owner or an approved operator of an agent.
    /// @dev Reverts with {ERC721NonexistentToken} for an unknown agent.
    /// @param spender The account.
    /// @param agentId The agent.
    /// @return Whether it is.
    function isAuthorizedOrOwner(address spender, uint256 agentId) external view returns (bool);

    /// @notice Whether an account is the owner, an approved operator or the wallet of an agent: those who may neither
    /// rate nor validate it.
    /// @dev Reverts with {ERC721NonexistentToken} for an unknown agent.
    /// @param account The account.
    /// @param agentId The agent.
    /// @return Whether it is.
    function isAffiliated(address account, uint256 agentId) external view returns (bool);

    /// @notice The number of agents; ids run from 1 to it.
    /// @return The number.
    function totalAgents() external view returns (uint256);

    /// @notice How often an agent has changed hands, so that readers can tell what was before the current owner.
    /// @dev Saturates at 2^32 - 1. A transfer to the same owner does not count.
    /// @param agentId The agent.
    /// @return The number of transfers; zero for an unknown agent.
    function ownershipEpoch(uint256 agentId) external view returns (uint256);

    /// @notice The number of metadata keys that an agent has, the reserved one not counted.
    /// @param agentId The agent.
    /// @return The number; zero for an unknown agent.
    function metadataKeyCount(uint256 agentId) external view returns (uint256);

    /// @notice The deadline of the last wallet consent that was used; the next one must be later.
    /// @param agentId The agent.
    /// @return The deadline, seconds since the epoch; zero if there was none.
    function lastConsentDeadline(uint256 agentId) external view returns (uint256);

    /// @notice The base of the auto URIs: an agent without a URI of its own has `<base>/<agentId>/registration`.
    /// @return The base; empty for none.
    function baseURI() external view returns (string memory);

    /// @notice Sets the base of the auto URIs; agents with a URI of their own keep it.
    /// @dev Emits {BaseURIUpdated} and ERC-4906's BatchMetadataUpdate. Reverts with {AccessControlUnauthorizedAccount}
    /// without `REGISTRY_ADMIN_ROLE`, {SizeLimitExceeded} over `MAX_URI_SIZE` bytes.
    /// @param newBaseURI The base, without a slash at its end; empty for none.
    function setBaseURI(string calldata newBaseURI) external;
}
