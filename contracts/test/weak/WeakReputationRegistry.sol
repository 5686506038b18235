// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {IERC8004Reputation} from "../../interfaces/IERC8004Reputation.sol";

/// @notice The one question a weak reputation registry asks.
interface IOperators {
    function isAuthorizedOrOwner(address spender, uint256 agentId) external view returns (bool);
}

/// @title A reputation registry with the known weaknesses. Never deploy it
/// @dev V4: whoever the owner makes an operator is silenced. V5: the agent's wallet may rate it. V14, V15: nothing tells
/// when feedback was given, or under which owner.
contract WeakReputationRegistry {
    error SelfFeedback(uint256 agentId, address caller);

    IOperators private immutable IDENTITY;

    mapping(uint256 agentId => mapping(address client => int128[] values)) private _feedback;

    constructor(IOperators identity) {
        IDENTITY = identity;
    }

    function giveFeedback(
        uint256 agentId,
        int128 value,
        uint8 valueDecimals,
        string calldata tag1,
        string calldata tag2,
        string calldata endpoint,
        string calldata feedbackURI,
        bytes32 feedbackHash
    ) external {
        if (IDENTITY.isAuthorizedOrOwner(msg.sender, agentId)) {
            revert SelfFeedback(agentId, msg.sender);
        }
        int128[] storage values = _feedback[agentId][msg.sender];
        values.push(value);
        emit IERC8004Reputation.NewFeedback(
            agentId,
            msg.sender,
            uint64(values.length),
            value,
            valueDecimals,
            tag1,
            tag1,
            tag2,
            endpoint,
            feedbackURI,
            feedbackHash
        );
    }

    function getLastIndex(uint256 agentId, address client) external view returns (uint64) {
        return uint64(_feedback[agentId][client].length);
    }

    /// @dev Whole numbers only; tags are not looked at.
    function getSummary(uint256 agentId, address[] calldata clients, string calldata, string calldata)
        external
        view
        returns (uint64 count, int128 summaryValue, uint8)
    {
        for (uint256 i = 0; i < clients.length; ++i) {
            int128[] storage values = _feedback[agentId][clients[i]];
            count += uint64(values.length);
            for (uint256 j = 0; j < values.length; ++j) {
                summaryValue += values[j];
            }
        }
        if (count != 0) summaryValue /= int128(uint128(count));
        return (count, summaryValue, 0);
    }
}
