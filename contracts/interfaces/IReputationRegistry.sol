// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {IERC8004Reputation} from "./IERC8004Reputation.sol";

/// @title The hardened reputation registry: what it adds to ERC-8004
/// @notice Errors, reads with time and tags, pages with a cursor beside each unbounded read, limits.
/// @dev A page starts at the number of items already read (`cursor`, 0 to begin with) and gives the next cursor, 0
/// when nothing is left. Its limit is 1 to `MAX_PAGE_SIZE`, otherwise {PageLimitOutOfRange}.
interface IReputationRegistry is IERC8004Reputation {
    /// @notice One feedback as it is stored.
    /// @param feedbackIndex The index among the client's feedback, from 1.
    /// @param value The value, in units of 10^-valueDecimals.
    /// @param valueDecimals The decimals of the value.
    /// @param isRevoked Whether the client took it back.
    /// @param timestamp The time of the block, seconds since the epoch (32 bits: until February 2106).
    /// @param responseCount The number of responses; saturates at 2^24 - 1.
    /// @param tag1 The first tag.
    /// @param tag2 The second tag.
    struct FeedbackView {
        uint64 feedbackIndex;
        int128 value;
        uint8 valueDecimals;
        bool isRevoked;
        uint64 timestamp;
        uint64 responseCount;
        string tag1;
        string tag2;
    }

    /// @notice The owner, an operator or the wallet of an agent tries to rate it.
    /// @param agentId The agent.
    /// @param caller The caller.
    error SelfFeedback(uint256 agentId, address caller);

    /// @notice The decimals are over 18.
    /// @param valueDecimals The decimals given.
    /// @param limit The largest number of decimals allowed.
    error DecimalsOutOfRange(uint8 valueDecimals, uint8 limit);

    /// @notice The absolute value is too large.
    /// @param value The value given.
    /// @param limit The largest absolute value allowed.
    error ValueOutOfRange(int128 value, int128 limit);

    /// @notice The client has given as much feedback to this agent as it may.
    /// @param agentId The agent.
    /// @param clientAddress The client.
    /// @param limit The number of feedback allowed.
    error FeedbackLimitReached(uint256 agentId, address clientAddress, uint256 limit);

    /// @notice There is no such feedback.
    /// @param agentId The agent.
    /// @param clientAddress The client.
    /// @param feedbackIndex The index given.
    error FeedbackNotFound(uint256 agentId, address clientAddress, uint64 feedbackIndex);

    /// @notice The feedback was taken back before.
    /// @param agentId The agent.
    /// @param clientAddress The client.
    /// @param feedbackIndex The index given.
    error FeedbackAlreadyRevoked(uint256 agentId, address clientAddress, uint64 feedbackIndex);

    /// @notice A response needs a URI.
    error EmptyResponseURI();

    /// @notice A summary needs at least one client.
    error EmptyClientList();

    /// @notice Raised by the identity registry for an unknown agent (ERC-6093) and passed on.
    /// @param tokenId The agent.
    error ERC721NonexistentToken(uint256 tokenId);

    /// @notice The largest absolute value of a feedback, in its own units.
    /// @return The limit.
    function MAX_ABSOLUTE_VALUE() external view returns (int128);

    /// @notice The largest number of decimals of a feedback.
    /// @return The limit.
    function MAX_DECIMALS() external view returns (uint8);

    /// @notice How often one client may rate one agent: so often that a client's running sum cannot overflow.
    /// @return The limit.
    function MAX_FEEDBACK_PER_CLIENT() external view returns (uint256);

    /// @notice The largest size of an endpoint, bytes.
    /// @return The limit.
    function MAX_ENDPOINT_SIZE() external view returns (uint256);

    /// @notice One feedback with its time, tags and number of responses.
    /// @dev Reverts with {FeedbackNotFound}.
    /// @param agentId The agent.
    /// @param clientAddress The client.
    /// @param feedbackIndex Which of its feedback, from 1.
    /// @return The feedback.
    function getFeedback(uint256 agentId, address clientAddress, uint64 feedbackIndex)
        external
        view
        returns (FeedbackView memory);

    /// @notice A page of one client's feedback to an agent, revoked ones included, in the order of the index.
    /// @param agentId The agent.
    /// @param clientAddress The client.
    /// @param cursor The number of feedback already read.
    /// @param limit How many to read at most.
    /// @return page The feedback.
    /// @return nextCursor The next cursor; zero at the end.
    function getFeedbackPage(uint256 agentId, address clientAddress, uint256 cursor, uint256 limit)
        external
        view
        returns (FeedbackView[] memory page, uint256 nextCursor);

    /// @notice The number of clients of an agent.
    /// @param agentId The agent.
    /// @return The number.
    function getClientCount(uint256 agentId) external view returns (uint256);

    /// @notice A page of an agent's clients, in the order of their first feedback.
    /// @param agentId The agent.
    /// @param cursor The number of clients already read.
    /// @param limit How many to read at most.
    /// @return page The clients.
    /// @return nextCursor The next cursor; zero at the end.
    function getClientsPage(uint256 agentId, uint256 cursor, uint256 limit)
        external
        view
        returns (address[] memory page, uint256 nextCursor);

    /// @notice The running totals of one client for one agent: what a summary without tags is made of.
    /// @param agentId The agent.
    /// @param clientAddress The client.
    /// @return lastIndex The index of its latest feedback.
    /// @return liveCount The number of its feedback that is not revoked.
    /// @return sum The sum of what is not revoked, in units of 10^-18.
    /// @return maxDecimals An upper bound of the decimals of what is not revoked; exact unless something was revoked.
    function getClientTotals(uint256 agentId, address clientAddress)
        external
        view
        returns (uint64 lastIndex, uint64 liveCount, int256 sum, uint8 maxDecimals);

    /// @notice A part of a summary: what is not revoked in a page of one client's feedback. Parts add up.
    /// @param agentId The agent.
    /// @param clientAddress The client.
    /// @param tag1 Only feedback with this first tag; empty for any.
    /// @param tag2 Only feedback with this second tag; empty for any.
    /// @param cursor The number of feedback already read.
    /// @param limit How many to read at most.
    /// @return count The number of feedback included.
    /// @return sum Their sum, in units of 10^-18.
    /// @return maxDecimals The highest decimals among them.
    /// @return nextCursor The next cursor; zero at the end.
    function getSummaryPage(
        uint256 agentId,
        address clientAddress,
        string calldata tag1,
        string calldata tag2,
        uint256 cursor,
        uint256 limit
    ) external view returns (uint64 count, int256 sum, uint8 maxDecimals, uint256 nextCursor);

    /// @notice A part of a response count: the responses in a page of one client's feedback. Parts add up.
    /// @param agentId The agent.
    /// @param clientAddress The client.
    /// @param responders Whose responses to count; empty for all.
    /// @param cursor The number of feedback already read.
    /// @param limit How many to read at most.
    /// @return count The number of responses.
    /// @return nextCursor The next cursor; zero at the end.
    function getResponseCountPage(
        uint256 agentId,
        address clientAddress,
        address[] calldata responders,
        uint256 cursor,
        uint256 limit
    ) external view returns (uint64 count, uint256 nextCursor);
}
