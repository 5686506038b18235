// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {WiredRegistry} from "./base/WiredRegistry.sol";
import {IERC8004Validation} from "./interfaces/IERC8004Validation.sol";
import {IIdentityRegistry} from "./interfaces/IIdentityRegistry.sol";
import {IValidationRegistry} from "./interfaces/IValidationRegistry.sol";
import {AddressSet} from "./libraries/AddressSet.sol";
import {Paging} from "./libraries/Paging.sol";

/// @title The validation registry of ERC-8004, hardened
/// @notice Requests to have an agent's work checked, and the validators' responses.
/// @dev The only role pauses. What is documented in the interfaces is not repeated here. Arithmetic is
/// unchecked where a bound is at hand: loops over what is stored, and 64-bit counters of which each step costs a
/// transaction.
contract ValidationRegistry is IValidationRegistry, WiredRegistry {
    using AddressSet for AddressSet.Set;

    /// @notice A request: one slot when it is made, two more at its first response.
    struct Request {
        address validator; // zero: no request
        uint64 agentId;
        uint32 requestedAt; // seconds since the epoch, until February 2106
        uint40 respondedAt; // seconds since the epoch; zero: pending
        uint32 tagId;
        uint8 response;
        bytes32 responseHash;
    }

    /// @notice The answered requests of an agent, by their latest verdicts: one slot.
    struct AgentTotals {
        uint64 answeredCount;
        uint64 responseSum;
    }

    /// @inheritdoc IValidationRegistry
    uint8 public constant MAX_RESPONSE = 100;

    mapping(bytes32 requestHash => Request request) private _requests;
    mapping(uint256 agentId => AgentTotals totals) private _agents;
    mapping(uint256 agentId => bytes32[] requestHashes) private _agentRequests;
    mapping(address validator => bytes32[] requestHashes) private _validatorRequests;

    constructor(IIdentityRegistry identity, uint48 adminDelay, address admin, address pauser)
        WiredRegistry(identity, adminDelay, admin, pauser)
    {}

    // ---------------------------------------------------------------------------------------------------- REQUESTS

    /// @inheritdoc IERC8004Validation
    function validationRequest(
        address validatorAddress,
        uint256 agentId,
        string calldata requestURI,
        bytes32 requestHash
    ) external nonReentrant whenNotPaused {
        if (!IDENTITY.isAuthorizedOrOwner(msg.sender, agentId)) {
            revert NotAuthorized(agentId, msg.sender);
        }
        if (validatorAddress == address(0)) revert ZeroValidator();
        _checkNotAffiliated(agentId, validatorAddress);
        Request storage request = _requests[requestHash];
        if (request.validator != address(0)) revert RequestHashUsed(requestHash);
        _checkSize("requestURI", bytes(requestURI).length, MAX_URI_SIZE);

        request.validator = validatorAddress;
        request.agentId = uint64(agentId); // the agent exists, and ids are counted in 64 bits
        request.requestedAt = uint32(block.timestamp);
        _agentRequests[agentId].push(requestHash);
        _validatorRequests[validatorAddress].push(requestHash);
        emit ValidationRequest(validatorAddress, agentId, requestURI, requestHash);
    }

    /// @inheritdoc IERC8004Validation
    function getAgentValidations(uint256 agentId) public view returns (bytes32[] memory) {
        return _read(_agentRequests[agentId], 0, _agentRequests[agentId].length);
    }

    /// @inheritdoc IValidationRegistry
    function getAgentValidationsPage(uint256 agentId, uint256 cursor, uint256 limit)
        external
        view
        returns (bytes32[] memory page, uint256 nextCursor)
    {
        return _readPage(_agentRequests[agentId], cursor, limit);
    }

    /// @inheritdoc IERC8004Validation
    function getValidatorRequests(address validatorAddress) external view returns (bytes32[] memory) {
        return _read(_validatorRequests[validatorAddress], 0, _validatorRequests[validatorAddress].length);
    }

    /// @inheritdoc IValidationRegistry
    function getValidatorRequestsPage(address validatorAddress, uint256 cursor, uint256 limit)
        external
        view
        returns (bytes32[] memory page, uint256 nextCursor)
    {
        return _readPage(_validatorRequests[validatorAddress], cursor, limit);
    }

    function _readPage(bytes32[] storage list, uint256 cursor, uint256 limit)
        private
        view
        returns (bytes32[] memory page, uint256 nextCursor)
    {
        uint256 start;
        uint256 end;
        (start, end, nextCursor) = Paging.slice(list.length, cursor, limit);
        page = _read(list, start, end);
    }

    function _read(bytes32[] storage list, uint256 start, uint256 end) private view returns (bytes32[] memory part) {
        unchecked {
            part = new bytes32[](end - start);
            for (uint256 i = start; i < end; ++i) {
                part[i - start] = list[i];
            }
        }
    }

    function _requireRequest(bytes32 requestHash) private view returns (Request storage request) {
        request = _requests[requestHash];
        if (request.validator == address(0)) revert RequestNotFound(requestHash);
    }

    function _checkNotAffiliated(uint256 agentId, address validatorAddress) private view {
        if (IDENTITY.isAffiliated(validatorAddress, agentId)) revert SelfValidation(agentId, validatorAddress);
    }

    // --------------------------------------------------------------------------------------------------- RESPONSES

    /// @inheritdoc IERC8004Validation
    function validationResponse(
        bytes32 requestHash,
        uint8 response,
        string calldata responseURI,
        bytes32 responseHash,
        string calldata tag
    ) external nonReentrant whenNotPaused {
        Request storage request = _requireRequest(requestHash);
        uint256 agentId = request.agentId;
        if (request.validator != msg.sender) revert NotRequestedValidator(requestHash, msg.sender);
        _checkNotAffiliated(agentId, msg.sender);
        if (response > MAX_RESPONSE) revert ResponseOutOfRange(response, MAX_RESPONSE);
        _checkSize("responseURI", bytes(responseURI).length, MAX_URI_SIZE);

        AgentTotals storage totals = _agents[agentId];
        unchecked {
            if (request.respondedAt == 0) ++totals.answeredCount;
            totals.responseSum = totals.responseSum - request.response + response;
        }
        uint32 tagId = _internTag(tag);
        request.respondedAt = uint40(block.timestamp);
        request.tagId = tagId;
        request.response = response;
        request.responseHash = responseHash;
        emit ValidationResponse(msg.sender, agentId, requestHash, response, responseURI, responseHash, tag);
    }

    /// @inheritdoc IERC8004Validation
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
        )
    {
        Request storage request = _requireRequest(requestHash);
        return (
            request.validator,
            request.agentId,
            request.response,
            request.responseHash,
            tagText(request.tagId),
            request.respondedAt == 0 ? request.requestedAt : request.respondedAt
        );
    }

    /// @inheritdoc IValidationRegistry
    function isPending(bytes32 requestHash) external view returns (bool) {
        return _requireRequest(requestHash).respondedAt == 0;
    }

    // --------------------------------------------------------------------------------------------------- SUMMARIES

    /// @inheritdoc IERC8004Validation
    function getSummary(uint256 agentId, address[] calldata validatorAddresses, string calldata tag)
        external
        view
        returns (uint64 count, uint8 avgResponse)
    {
        uint256 sum;
        if (validatorAddresses.length == 0 && bytes(tag).length == 0) {
            (count, sum) = (_agents[agentId].answeredCount, _agents[agentId].responseSum);
        } else {
            (count, sum) = _sumMatches(getAgentValidations(agentId), validatorAddresses, tag);
        }
        if (count != 0) avgResponse = uint8(sum / count); // an average of numbers up to 100
    }

    /// @inheritdoc IValidationRegistry
    function getSummaryPage(
        uint256 agentId,
        address[] calldata validatorAddresses,
        string calldata tag,
        uint256 cursor,
        uint256 limit
    ) external view returns (uint64 count, uint256 sum, uint256 nextCursor) {
        bytes32[] memory page;
        (page, nextCursor) = _readPage(_agentRequests[agentId], cursor, limit);
        (count, sum) = _sumMatches(page, validatorAddresses, tag);
    }

    /// @dev What matches among the answered ones of some requests. A tag that was never used matches nothing.
    function _sumMatches(bytes32[] memory requestHashes, address[] calldata validatorAddresses, string calldata tag)
        private
        view
        returns (uint64 count, uint256 sum)
    {
        uint32 tagId = _findTag(tag);
        AddressSet.Set memory validators = AddressSet.fromList(validatorAddresses);
        unchecked {
            for (uint256 i = 0; i < requestHashes.length; ++i) {
                Request storage request = _requests[requestHashes[i]];
                if (request.respondedAt == 0) continue;
                if (tagId != 0 && request.tagId != tagId) continue;
                if (validatorAddresses.length != 0 && !validators.contains(request.validator)) continue;
                ++count;
                sum += request.response;
            }
        }
    }

    // ---------------------------------------------------------------------------------------------- ADMINISTRATION

    /// @inheritdoc IERC8004Validation
    function getIdentityRegistry() external view returns (address) {
        return address(IDENTITY);
    }

    /// @notice Whether an interface is supported.
    /// @param interfaceId Its ERC-165 id: ERC-165, ERC-8004, access control, and our own.
    /// @return Whether it is.
    function supportsInterface(bytes4 interfaceId) public view override returns (bool) {
        return interfaceId == type(IERC8004Validation).interfaceId
            || interfaceId == type(IValidationRegistry).interfaceId || super.supportsInterface(interfaceId);
    }
}
