// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {IERC8004Validation} from "../../interfaces/IERC8004Validation.sol";

import {IIdentityRegistry} from "../../interfaces/IIdentityRegistry.sol";

/// @title Deliberately weak: a validation registry with the weaknesses of V19
/// @dev For tests.
contract WeakValidationRegistry {
    struct Request {
        address validator;
        uint8 response;
        uint256 agentId;
    }

    error Refused();
    error RequestHashUsed(bytes32 requestHash);

    IIdentityRegistry private immutable IDENTITY;
    mapping(bytes32 requestHash => Request request) private _requests;
    mapping(uint256 agentId => bytes32[] requestHashes) private _agentRequests;
    mapping(address validator => bytes32[] requestHashes) private _validatorRequests;

    constructor(IIdentityRegistry identity) {
        IDENTITY = identity;
    }

    // Weak: the validator may be the owner itself.
    function validationRequest(
        address validatorAddress,
        uint256 agentId,
        string calldata requestURI,
        bytes32 requestHash
    ) external {
        if (!IDENTITY.isAuthorizedOrOwner(msg.sender, agentId)) revert Refused();
        if (_requests[requestHash].validator != address(0)) revert RequestHashUsed(requestHash);
        _requests[requestHash] = Request(validatorAddress, 0, agentId);
        _agentRequests[agentId].push(requestHash);
        _validatorRequests[validatorAddress].push(requestHash);
        emit IERC8004Validation.ValidationRequest(validatorAddress, agentId, requestURI, requestHash);
    }

    // Weak: nothing remembers that there was a response.
    function validationResponse(
        bytes32 requestHash,
        uint8 response,
        string calldata responseURI,
        bytes32 responseHash,
        string calldata tag
    ) external {
        Request storage request = _requests[requestHash];
        if (request.validator != msg.sender) revert Refused();
        request.response = response;
        emit IERC8004Validation.ValidationResponse(
            msg.sender, request.agentId, requestHash, response, responseURI, responseHash, tag
        );
    }

    // Weak: a pending request counts as a verdict of 0.
    function getSummary(uint256 agentId, address[] calldata, string calldata)
        external
        view
        returns (uint64 count, uint8 avgResponse)
    {
        bytes32[] memory requestHashes = _agentRequests[agentId];
        uint256 sum = 0;
        for (uint256 i = 0; i < requestHashes.length; ++i) {
            sum += _requests[requestHashes[i]].response;
        }
        count = uint64(requestHashes.length);
        if (count != 0) avgResponse = uint8(sum / count);
    }

    // Weak: a pending request and a verdict of 0 are the same bytes.
    function getValidationStatus(bytes32 requestHash)
        external
        view
        returns (address validatorAddress, uint256 agentId, uint8 response)
    {
        Request storage request = _requests[requestHash];
        return (request.validator, request.agentId, request.response);
    }

    function getAgentValidations(uint256 agentId) external view returns (bytes32[] memory) {
        return _agentRequests[agentId];
    }

    // Weak: no page of it, and anybody may make it longer.
    function getValidatorRequests(address validatorAddress) external view returns (bytes32[] memory) {
        return _validatorRequests[validatorAddress];
    }
}
