// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {IERC8004Reputation} from "../../interfaces/IERC8004Reputation.sol";

/// @title Deliberately weak: a reputation registry with the weaknesses V6 to V11 and V15
/// @dev For tests. The functions that the attacks need, with the standard's signatures and events.
contract WeakSummaryRegistry {
    struct Entry {
        int128 value;
        uint8 valueDecimals;
        string tag1;
        string tag2;
        address[] responders;
    }

    mapping(uint256 agentId => address[] clients) private _clients;
    mapping(uint256 agentId => mapping(address client => Entry[] entries)) private _feedback;
    mapping(string tag => bool known) private _known;

    // Weak: strings of any size (V11), no time (V15).
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
        Entry[] storage entries = _feedback[agentId][msg.sender];
        if (entries.length == 0) _clients[agentId].push(msg.sender);
        Entry storage entry = entries.push();
        entry.value = value;
        entry.valueDecimals = valueDecimals;
        entry.tag1 = tag1;
        entry.tag2 = tag2;
        _known[tag1] = true;
        _known[tag2] = true;
        emit IERC8004Reputation.NewFeedback(
            agentId,
            msg.sender,
            uint64(entries.length),
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

    function appendResponse(
        uint256 agentId,
        address clientAddress,
        uint64 feedbackIndex,
        string calldata responseURI,
        bytes32 responseHash
    ) external {
        _feedback[agentId][clientAddress][feedbackIndex - 1].responders.push(msg.sender);
        emit IERC8004Reputation.ResponseAppended(
            agentId, clientAddress, feedbackIndex, msg.sender, responseURI, responseHash
        );
    }

    // Weak: a client counts as often as it is listed (V8), values of all tags are one average (V9), every entry is
    // read (V10), the decimals are the most frequent ones (V7), and the result is cut to 128 bits (V6).
    function getSummary(uint256 agentId, address[] calldata clientAddresses, string calldata tag1, string calldata tag2)
        external
        view
        returns (uint64 count, int128 summaryValue, uint8 summaryValueDecimals)
    {
        int256 sum = 0;
        uint256[19] memory frequency;
        for (uint256 i = 0; i < clientAddresses.length; ++i) {
            Entry[] storage entries = _feedback[agentId][clientAddresses[i]];
            for (uint256 j = 0; j < entries.length; ++j) {
                if (!_matches(entries[j], tag1, tag2)) continue;
                ++count;
                ++frequency[entries[j].valueDecimals];
                sum += int256(entries[j].value) * int256(10 ** (18 - entries[j].valueDecimals));
            }
        }
        if (count == 0) return (0, 0, 0);
        for (uint8 decimals = 1; decimals < 19; ++decimals) {
            if (frequency[decimals] > frequency[summaryValueDecimals]) summaryValueDecimals = decimals;
        }
        summaryValue = int128(sum / int256(uint256(count)) / int256(10 ** (18 - summaryValueDecimals)));
    }

    // Weak: no page of it (V10), duplicates repeated (V8).
    function readAllFeedback(
        uint256 agentId,
        address[] calldata clientAddresses,
        string calldata tag1,
        string calldata tag2,
        bool
    ) external view returns (address[] memory clients, uint64[] memory feedbackIndexes, int128[] memory values) {
        address[] memory sources = clientAddresses;
        if (sources.length == 0) sources = _clients[agentId];
        uint256 size = 0;
        for (uint256 i = 0; i < sources.length; ++i) {
            size += _feedback[agentId][sources[i]].length;
        }
        clients = new address[](size);
        feedbackIndexes = new uint64[](size);
        values = new int128[](size);
        uint256 row = 0;
        for (uint256 i = 0; i < sources.length; ++i) {
            Entry[] storage entries = _feedback[agentId][sources[i]];
            for (uint256 j = 0; j < entries.length; ++j) {
                if (!_matches(entries[j], tag1, tag2)) continue;
                (clients[row], feedbackIndexes[row], values[row]) = (sources[i], uint64(j + 1), entries[j].value);
                ++row;
            }
        }
    }

    // Weak: loops over everything that anybody ever wrote (V10), duplicates counted twice (V8).
    function getResponseCount(
        uint256 agentId,
        address clientAddress,
        uint64 feedbackIndex,
        address[] calldata responders
    ) external view returns (uint64 count) {
        address[] memory sources = _clients[agentId];
        for (uint256 i = 0; i < sources.length; ++i) {
            if (clientAddress != address(0) && clientAddress != sources[i]) continue;
            Entry[] storage entries = _feedback[agentId][sources[i]];
            for (uint256 j = 0; j < entries.length; ++j) {
                if (feedbackIndex == 0 || feedbackIndex == j + 1) count += _countResponses(entries[j], responders);
            }
        }
    }

    function readFeedback(uint256 agentId, address clientAddress, uint64 feedbackIndex)
        external
        view
        returns (int128 value, uint8 valueDecimals, string memory tag1, string memory tag2, bool isRevoked)
    {
        Entry storage entry = _feedback[agentId][clientAddress][feedbackIndex - 1];
        return (entry.value, entry.valueDecimals, entry.tag1, entry.tag2, false);
    }

    function getClients(uint256 agentId) external view returns (address[] memory) {
        return _clients[agentId];
    }

    function getLastIndex(uint256 agentId, address clientAddress) external view returns (uint64) {
        return uint64(_feedback[agentId][clientAddress].length);
    }

    function _countResponses(Entry storage entry, address[] calldata responders) private view returns (uint64 count) {
        if (responders.length == 0) return uint64(entry.responders.length);
        for (uint256 i = 0; i < responders.length; ++i) {
            for (uint256 j = 0; j < entry.responders.length; ++j) {
                if (entry.responders[j] == responders[i]) ++count;
            }
        }
    }

    function _matches(Entry storage entry, string calldata tag1, string calldata tag2) private view returns (bool) {
        return _matchesTag(entry.tag1, tag1) && _matchesTag(entry.tag2, tag2);
    }

    // Weak: a tag that nobody has used is taken for no filter (V9); a tag of any size is read and hashed (V11).
    function _matchesTag(string storage tag, string calldata wanted) private view returns (bool) {
        return bytes(wanted).length == 0 || !_known[wanted] || keccak256(bytes(tag)) == keccak256(bytes(wanted));
    }
}
