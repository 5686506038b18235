// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

/// @title ERC-8004 validation registry: the standard's own functions and events, byte for byte
/// @notice Keeps requests to have an agent's work checked, and the validators' responses.
/// @dev Its ERC-165 id covers exactly these functions. What this project adds is in {IValidationRegistry}.
/// Source: ERC-8004, "Validation Registry".
interface IERC8004Validation {
    /// @notice An agent asks a validator to check its work.
    /// @param validatorAddress The validator.
    /// @param agentId The agent.
    /// @param requestURI Where the work is described.
    /// @param requestHash The key of the request.
    event ValidationRequest(
        address indexed validatorAddress, uint256 indexed agentId, string requestURI, bytes32 indexed requestHash
    );

    /// @notice A validator responds to a request, for the first time or again.
    /// @param validatorAddress The validator.
    /// @param agentId The agent.
    /// @param requestHash The key of the request.
    /// @param response The verdict, 0 (failed) to 100 (passed).
    /// @param responseURI Where the evidence is.
    /// @param responseHash The keccak256 of the evidence.
    /// @param tag A category.
    event ValidationResponse(
        address indexed validatorAddress,
        uint256 indexed agentId,
        bytes32 indexed requestHash,
        uint8 response,
        string responseURI,
        bytes32 responseHash,
        string tag
    );

    /// @notice The identity registry that this registry is wired to, for ever.
    /// @return The address.
    function getIdentityRegistry() external view returns (address);

    /// @notice Asks a validator to check an agent's work.
    /// @dev The standard keys requests by `requestHash` alone: whoever uses a hash first has it. Salt it, for example
    /// keccak256(abi.encode(request, chain id, registry, agentId, nonce)), and a squatter must see the transaction
    /// first. Reverts with {EnforcedPause} while paused, {ERC721NonexistentToken} for an unknown agent,
    /// {NotAuthorized} unless the caller is its owner or operator, {ZeroValidator}, {SelfValidation} if the validator
    /// is its owner, operator or wallet, {RequestHashUsed}, {SizeLimitExceeded}.
    /// @param validatorAddress The validator.
    /// @param agentId The agent.
    /// @param requestURI Where the work is described; may be empty.
    /// @param requestHash The key of the request.
    function validationRequest(
        address validatorAddress,
        uint256 agentId,
        string calldata requestURI,
        bytes32 requestHash
    ) external;

    /// @notice Responds to a request, for the first time or again; the latest response counts.
    /// @dev Reverts with {EnforcedPause} while paused, {RequestNotFound}, {NotRequestedValidator} unless the caller is
    /// the validator asked, {SelfValidation} if it has become owner, operator or wallet of the agent,
    /// {ResponseOutOfRange} over 100, {SizeLimitExceeded}.
    /// @param requestHash The key of the request.
    /// @param response The verdict, 0 (failed) to 100 (passed).
    /// @param responseURI Where the evidence is; may be empty.
    /// @param responseHash The keccak256 of the evidence; may be zero.
    /// @param tag A category; may be empty.
    function validationResponse(
        bytes32 requestHash,
        uint8 response,
        string calldata responseURI,
        bytes32 responseHash,
        string calldata tag
    ) external;

    /// @notice The state of a request.
    /// @dev A pending request and one answered with 0 look alike here: {IValidationRegistry-isPending} tells them
    /// apart. Reverts with {RequestNotFound}.
    /// @param requestHash The key of the request.
    /// @return validatorAddress The validator.
    /// @return agentId The agent.
    /// @return response The latest verdict; zero while pending.
    /// @return responseHash The keccak256 of the evidence; zero while pending.
    /// @return tag The category; empty while pending.
    /// @return lastUpdate The time of the latest response, of the request while pending, seconds since the epoch.
    function getValidationStatus(bytes32 requestHash)
        external
        view
        returns (
            address validatorAddress,
            uint256 agentId,
            uint8 response,
            bytes32 responseHash,
            string memory tag,
            uint256 lastUpdate
        );

    /// @notice The average over the answered requests of an agent.
    /// @dev Constant in cost without filters, otherwise unbounded: {IValidationRegistry-getSummaryPage} is not.
    /// @param agentId The agent; unknown gives zeros.
    /// @param validatorAddresses Only these validators; empty for all.
    /// @param tag Only responses with this tag; empty for any.
    /// @return count The number of answered requests included.
    /// @return avgResponse The average of their latest verdicts, rounded down.
    function getSummary(uint256 agentId, address[] calldata validatorAddresses, string calldata tag)
        external
        view
        returns (uint64 count, uint8 avgResponse);

    /// @notice The keys of all requests of an agent, oldest first.
    /// @dev Unbounded; {IValidationRegistry-getAgentValidationsPage} is not.
    /// @param agentId The agent.
    /// @return The keys.
    function getAgentValidations(uint256 agentId) external view returns (bytes32[] memory);

    /// @notice The keys of all requests to a validator, oldest first.
    /// @dev Unbounded; {IValidationRegistry-getValidatorRequestsPage} is not.
    /// @param validatorAddress The validator.
    /// @return The keys.
    function getValidatorRequests(address validatorAddress) external view returns (bytes32[] memory);
}
