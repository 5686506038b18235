// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

/// @title ERC-8004 reputation registry: the standard's own functions and events, byte for byte
/// @notice Keeps the feedback that clients give to agents.
/// @dev Its ERC-165 id covers exactly these functions. What this project adds is in {IReputationRegistry}.
/// Source: ERC-8004, "Reputation Registry".
interface IERC8004Reputation {
    /// @notice A client gives feedback.
    /// @param agentId The agent.
    /// @param clientAddress The client.
    /// @param feedbackIndex The number of this feedback among this client's for this agent, from 1.
    /// @param value The value, in units of 10^-valueDecimals.
    /// @param valueDecimals The decimals of the value, 0 to 18.
    /// @param indexedTag1 The first tag, as a topic (its keccak256).
    /// @param tag1 The first tag in plain text.
    /// @param tag2 The second tag.
    /// @param endpoint The service that was used.
    /// @param feedbackURI Where the off-chain feedback file is.
    /// @param feedbackHash The keccak256 of that file.
    event NewFeedback(
        uint256 indexed agentId,
        address indexed clientAddress,
        uint64 feedbackIndex,
        int128 value,
        uint8 valueDecimals,
        string indexed indexedTag1,
        string tag1,
        string tag2,
        string endpoint,
        string feedbackURI,
        bytes32 feedbackHash
    );

    /// @notice A client takes feedback back.
    /// @param agentId The agent.
    /// @param clientAddress The client.
    /// @param feedbackIndex Which of its feedback.
    event FeedbackRevoked(uint256 indexed agentId, address indexed clientAddress, uint64 indexed feedbackIndex);

    /// @notice Somebody responds to feedback.
    /// @param agentId The agent.
    /// @param clientAddress The client whose feedback it is.
    /// @param feedbackIndex Which of its feedback.
    /// @param responder Who responds.
    /// @param responseURI Where the response is.
    /// @param responseHash The keccak256 of the response.
    event ResponseAppended(
        uint256 indexed agentId,
        address indexed clientAddress,
        uint64 feedbackIndex,
        address indexed responder,
        string responseURI,
        bytes32 responseHash
    );

    /// @notice The identity registry that this registry is wired to, for ever.
    /// @return The address.
    function getIdentityRegistry() external view returns (address);

    /// @notice Gives feedback to an agent.
    /// @dev Endpoint, URI and hash are emitted, not stored. Reverts with {EnforcedPause} while paused,
    /// {ERC721NonexistentToken} for an unknown agent, {SelfFeedback} for its owner, operators and wallet,
    /// {DecimalsOutOfRange} over 18, {ValueOutOfRange} beyond `MAX_ABSOLUTE_VALUE`, {SizeLimitExceeded} for a tag,
    /// endpoint or URI over its limit, {FeedbackLimitReached} after `MAX_FEEDBACK_PER_CLIENT` of the same client.
    /// @param agentId The agent.
    /// @param value The value, in units of 10^-valueDecimals.
    /// @param valueDecimals The decimals of the value, 0 to 18.
    /// @param tag1 The first tag; may be empty.
    /// @param tag2 The second tag; may be empty.
    /// @param endpoint The service that was used; may be empty.
    /// @param feedbackURI Where the off-chain feedback file is; may be empty.
    /// @param feedbackHash The keccak256 of that file; may be zero.
    function giveFeedback(
        uint256 agentId,
        int128 value,
        uint8 valueDecimals,
        string calldata tag1,
        string calldata tag2,
        string calldata endpoint,
        string calldata feedbackURI,
        bytes32 feedbackHash
    ) external;

    /// @notice Takes the caller's own feedback back. Works while paused.
    /// @dev Reverts with {FeedbackNotFound}, {FeedbackAlreadyRevoked}.
    /// @param agentId The agent.
    /// @param feedbackIndex Which of the caller's feedback.
    function revokeFeedback(uint256 agentId, uint64 feedbackIndex) external;

    /// @notice Responds to feedback, revoked or not. Anyone may.
    /// @dev Reverts with {EnforcedPause} while paused, {FeedbackNotFound}, {EmptyResponseURI}, {SizeLimitExceeded}.
    /// @param agentId The agent.
    /// @param clientAddress The client whose feedback it is.
    /// @param feedbackIndex Which of its feedback.
    /// @param responseURI Where the response is.
    /// @param responseHash The keccak256 of the response; may be zero.
    function appendResponse(
        uint256 agentId,
        address clientAddress,
        uint64 feedbackIndex,
        string calldata responseURI,
        bytes32 responseHash
    ) external;

    /// @notice The average of the feedback that is not revoked.
    /// @dev A client counts once however often it is listed. The average is exact, truncated toward zero at
    /// `summaryValueDecimals`. Those are the highest decimals among what is included, lowered only until the value
    /// fits; without tags they may be higher than that after revocations (see {IReputationRegistry}), never lower.
    /// Values of different tags are not commensurable: pass a tag. Reverts with {EmptyClientList}.
    /// @param agentId The agent; unknown gives zeros.
    /// @param clientAddresses The clients to include, at least one.
    /// @param tag1 Only feedback with this first tag; empty for any.
    /// @param tag2 Only feedback with this second tag; empty for any.
    /// @return count The number of feedback included.
    /// @return summaryValue The average, in units of 10^-summaryValueDecimals.
    /// @return summaryValueDecimals The decimals of the average.
    function getSummary(uint256 agentId, address[] calldata clientAddresses, string calldata tag1, string calldata tag2)
        external
        view
        returns (uint64 count, int128 summaryValue, uint8 summaryValueDecimals);

    /// @notice One feedback.
    /// @dev Reverts with {FeedbackNotFound}.
    /// @param agentId The agent.
    /// @param clientAddress The client.
    /// @param feedbackIndex Which of its feedback, from 1.
    /// @return value The value, in units of 10^-valueDecimals.
    /// @return valueDecimals The decimals of the value.
    /// @return tag1 The first tag.
    /// @return tag2 The second tag.
    /// @return isRevoked Whether the client took it back.
    function readFeedback(uint256 agentId, address clientAddress, uint64 feedbackIndex)
        external
        view
        returns (int128 value, uint8 valueDecimals, string memory tag1, string memory tag2, bool isRevoked);

    /// @notice All feedback of some or all clients, in the order of the clients, then of the index.
    /// @dev Unbounded; {IReputationRegistry-getFeedbackPage} is not. A client appears once however often it is listed.
    /// @param agentId The agent.
    /// @param clientAddresses The clients; empty for all, in the order of their first feedback.
    /// @param tag1 Only feedback with this first tag; empty for any.
    /// @param tag2 Only feedback with this second tag; empty for any.
    /// @param includeRevoked Whether to include what was taken back.
    /// @return clients The client of each feedback.
    /// @return feedbackIndexes The index of each.
    /// @return values The value of each.
    /// @return valueDecimals The decimals of each.
    /// @return tag1s The first tag of each.
    /// @return tag2s The second tag of each.
    /// @return revokedStatuses Whether each was taken back.
    function readAllFeedback(
        uint256 agentId,
        address[] calldata clientAddresses,
        string calldata tag1,
        string calldata tag2,
        bool includeRevoked
    )
        external
        view
        returns (
            address[] memory clients,
            uint64[] memory feedbackIndexes,
            int128[] memory values,
            uint8[] memory valueDecimals,
            string[] memory tag1s,
            string[] memory tag2s,
            bool[] memory revokedStatuses
        );

    /// @notice The number of responses (not of responders).
    /// @dev A responder counts once however often it is listed.
    /// @param agentId The agent.
    /// @param clientAddress The client whose feedback was responded to; zero for all clients.
    /// @param feedbackIndex Which of its feedback; zero for all. Ignored when `clientAddress` is zero.
    /// @param responders Whose responses to count; empty for all.
    /// @return count The number of responses; zero for what does not exist.
    function getResponseCount(
        uint256 agentId,
        address clientAddress,
        uint64 feedbackIndex,
        address[] calldata responders
    ) external view returns (uint64 count);

    /// @notice All clients of an agent, in the order of their first feedback.
    /// @dev Unbounded; {IReputationRegistry-getClientsPage} is not.
    /// @param agentId The agent.
    /// @return The clients.
    function getClients(uint256 agentId) external view returns (address[] memory);

    /// @notice The index of a client's latest feedback to an agent, zero if it gave none.
    /// @param agentId The agent.
    /// @param clientAddress The client.
    /// @return The index.
    function getLastIndex(uint256 agentId, address clientAddress) external view returns (uint64);
}
