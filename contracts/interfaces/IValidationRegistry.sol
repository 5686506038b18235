// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {IERC8004Validation} from "./IERC8004Validation.sol";

/// @title The hardened validation registry: what it adds to ERC-8004
/// @notice Errors, the pending state, pages with a cursor beside each unbounded read, limits.
/// @dev A page starts at the number of items already read (`cursor`, 0 to begin with) and gives the next cursor, 0
/// when nothing is left. Its limit is 1 to `MAX_PAGE_SIZE`, otherwise {PageLimitOutOfRange}.
interface IValidationRegistry is IERC8004Validation {
    /// @notice The caller is neither owner nor operator of the agent.
    /// @param agentId The agent.
    /// @param caller The caller.
    error NotAuthorized(uint256 agentId, address caller);

    /// @notice The validator is the zero address.
    error ZeroValidator();

    /// @notice The validator is the owner, an operator or the wallet of the agent.
    /// @param agentId The agent.
    /// @param validatorAddress The validator.
    error SelfValidation(uint256 agentId, address validatorAddress);

    /// @notice The key belongs to another request.
    /// @param requestHash The key.
    error RequestHashUsed(bytes32 requestHash);

    /// @notice There is no such request.
    /// @param requestHash The key.
    error RequestNotFound(bytes32 requestHash);

    /// @notice The caller is not the validator asked.
    /// @param requestHash The key.
    /// @param caller The caller.
    error NotRequestedValidator(bytes32 requestHash, address caller);

    /// @notice The verdict is over 100.
    /// @param response The verdict given.
    /// @param limit The largest verdict allowed.
    error ResponseOutOfRange(uint8 response, uint8 limit);

    /// @notice Raised by the identity registry for an unknown agent (ERC-6093) and passed on.
    /// @param tokenId The agent.
    error ERC721NonexistentToken(uint256 tokenId);

    /// @notice The largest verdict.
    /// @return The limit.
    function MAX_RESPONSE() external view returns (uint8);

    /// @notice Whether a request waits for its first response.
    /// @dev Reverts with {RequestNotFound}.
    /// @param requestHash The key of the request.
    /// @return Whether it waits.
    function isPending(bytes32 requestHash) external view returns (bool);

    /// @notice A part of a summary: the answered requests in a page of an agent's. Parts add up.
    /// @param agentId The agent.
    /// @param validatorAddresses Only these validators; empty for all.
    /// @param tag Only responses with this tag; empty for any.
    /// @param cursor The number of requests already read.
    /// @param limit How many to read at most.
    /// @return count The number of answered requests included.
    /// @return sum The sum of their latest verdicts.
    /// @return nextCursor The next cursor; zero at the end.
    function getSummaryPage(
        uint256 agentId,
        address[] calldata validatorAddresses,
        string calldata tag,
        uint256 cursor,
        uint256 limit
    ) external view returns (uint64 count, uint256 sum, uint256 nextCursor);

    /// @notice A page of the keys of an agent's requests, oldest first.
    /// @param agentId The agent.
    /// @param cursor The number of keys already read.
    /// @param limit How many to read at most.
    /// @return page The keys.
    /// @return nextCursor The next cursor; zero at the end.
    function getAgentValidationsPage(uint256 agentId, uint256 cursor, uint256 limit)
        external
        view
        returns (bytes32[] memory page, uint256 nextCursor);

    /// @notice A page of the keys of the requests to a validator, oldest first.
    /// @param validatorAddress The validator.
    /// @param cursor The number of keys already read.
    /// @param limit How many to read at most.
    /// @return page The keys.
    /// @return nextCursor The next cursor; zero at the end.
    function getValidatorRequestsPage(address validatorAddress, uint256 cursor, uint256 limit)
        external
        view
        returns (bytes32[] memory page, uint256 nextCursor);
}
