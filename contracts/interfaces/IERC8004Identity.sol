// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

/// @title ERC-8004 identity registry: the standard's own functions and events, byte for byte
/// @notice Registers AI agents as ERC-721 tokens with a registration file, on-chain metadata and a payment wallet.
/// @dev Its ERC-165 id covers exactly these functions; the ERC-721 part has ids of its own. What this project adds is
/// in {IIdentityRegistry}. Source: ERC-8004, "Identity Registry".
interface IERC8004Identity {
    /// @notice One metadata entry of a registration.
    /// @param metadataKey The key, at most `MAX_METADATA_KEY_SIZE` bytes.
    /// @param metadataValue The value, at most `MAX_METADATA_VALUE_SIZE` bytes; empty removes the key.
    struct MetadataEntry {
        string metadataKey;
        bytes metadataValue;
    }

    /// @notice An agent is registered.
    /// @param agentId The new agent, counted from 1.
    /// @param agentURI What `tokenURI` answers from now on.
    /// @param owner The account that registered it.
    event Registered(uint256 indexed agentId, string agentURI, address indexed owner);

    /// @notice A metadata entry is written, or removed when `metadataValue` is empty.
    /// @dev The reserved key `agentWallet` carries the 20 bytes of the wallet, or nothing when it is cleared.
    /// @param agentId The agent.
    /// @param indexedMetadataKey The key, as a topic (its keccak256).
    /// @param metadataKey The key in plain text.
    /// @param metadataValue The new value.
    event MetadataSet(
        uint256 indexed agentId, string indexed indexedMetadataKey, string metadataKey, bytes metadataValue
    );

    /// @notice The URI of an agent's registration file changes.
    /// @param agentId The agent.
    /// @param newURI What `tokenURI` answers from now on.
    /// @param updatedBy The owner or operator who changed it.
    event URIUpdated(uint256 indexed agentId, string newURI, address indexed updatedBy);

    /// @notice Registers an agent without a URI of its own.
    /// @dev Emits Transfer, Registered and MetadataSet(`agentWallet`), then calls the receiver hook of a caller with
    /// code. Reverts as {register-string}.
    /// @return agentId The new agent.
    function register() external returns (uint256 agentId);

    /// @notice Registers an agent with a registration file.
    /// @dev Reverts with {EnforcedPause} while paused, {SizeLimitExceeded} for a URI over `MAX_URI_SIZE` bytes,
    /// {ERC721InvalidReceiver} (or the receiver's own error) if the caller has code and refuses the token.
    /// @param agentURI Where the registration file is (https, ipfs or data); empty is the same as {register}.
    /// @return agentId The new agent.
    function register(string calldata agentURI) external returns (uint256 agentId);

    /// @notice Registers an agent with a registration file and metadata.
    /// @dev Reverts as {register-string}, and for each entry as {setMetadata}.
    /// @param agentURI Where the registration file is; empty is the same as {register}.
    /// @param metadata The entries, written in order; the key `agentWallet` is refused.
    /// @return agentId The new agent.
    function register(string calldata agentURI, MetadataEntry[] calldata metadata) external returns (uint256 agentId);

    /// @notice Changes the URI of an agent's registration file.
    /// @dev Reverts with {EnforcedPause} while paused, {ERC721NonexistentToken} for an unknown agent, {NotAuthorized}
    /// unless the caller is its owner or operator, {SizeLimitExceeded} over `MAX_URI_SIZE` bytes.
    /// @param agentId The agent.
    /// @param newURI The new URI; empty returns the agent to its auto URI.
    function setAgentURI(uint256 agentId, string calldata newURI) external;

    /// @notice Writes one metadata entry; an empty value removes the key.
    /// @dev Reverts with {EnforcedPause} while paused, {ERC721NonexistentToken} for an unknown agent, {NotAuthorized}
    /// unless the caller is its owner or operator, {ReservedMetadataKey} for `agentWallet`, {SizeLimitExceeded} for a
    /// key or value over its limit, {TooManyMetadataKeys} for a new key beyond `MAX_METADATA_KEYS`.
    /// @param agentId The agent.
    /// @param metadataKey The key.
    /// @param metadataValue The value.
    function setMetadata(uint256 agentId, string calldata metadataKey, bytes calldata metadataValue) external;

    /// @notice The value of a metadata key; empty if it is not set or the agent is unknown.
    /// @param agentId The agent.
    /// @param metadataKey The key; `agentWallet` gives the 20 bytes of the wallet, empty when there is none.
    /// @return The value.
    function getMetadata(uint256 agentId, string calldata metadataKey) external view returns (bytes memory);

    /// @notice Sets the address that takes payments for an agent, with that address's consent.
    /// @dev The consent is an EIP-712 signature over `AgentWalletSet(uint256 agentId,address newWallet,address
    /// owner,uint256 deadline)`: of an account's key (delegated by EIP-7702 or not), or by ERC-1271. Each consent is
    /// used at most once: its deadline must be later than that of the last one used. Reverts with {EnforcedPause}
    /// while paused, {ERC721NonexistentToken} for an unknown agent, {NotAuthorized} unless the caller is its owner or
    /// operator, {ZeroWallet}, {ConsentExpired}, {ConsentTooFarAhead}, {ConsentAlreadyUsed}, {InvalidConsent}.
    /// @param agentId The agent.
    /// @param newWallet The wallet that consents.
    /// @param deadline The last second in which the consent holds, at most `MAX_CONSENT_PERIOD` ahead.
    /// @param signature The consent.
    function setAgentWallet(uint256 agentId, address newWallet, uint256 deadline, bytes calldata signature) external;

    /// @notice The address that takes payments for an agent: its owner until changed, zero when cleared or unknown.
    /// @param agentId The agent.
    /// @return The wallet.
    function getAgentWallet(uint256 agentId) external view returns (address);

    /// @notice Clears the wallet of an agent. Works while paused.
    /// @dev A consent that is signed but not used yet stays usable until its deadline. Reverts with
    /// {ERC721NonexistentToken} for an unknown agent, {NotAuthorized} unless the caller is its owner or operator.
    /// @param agentId The agent.
    function unsetAgentWallet(uint256 agentId) external;
}
