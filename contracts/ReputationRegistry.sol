// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {WiredRegistry} from "./base/WiredRegistry.sol";
import {IERC8004Reputation} from "./interfaces/IERC8004Reputation.sol";
import {IIdentityRegistry} from "./interfaces/IIdentityRegistry.sol";
import {IReputationRegistry} from "./interfaces/IReputationRegistry.sol";
import {AddressSet} from "./libraries/AddressSet.sol";
import {ClientTotals, ClientTotalsLib} from "./libraries/ClientTotals.sol";
import {DecimalMath} from "./libraries/DecimalMath.sol";
import {PackedFeedback, PackedFeedbackLib} from "./libraries/PackedFeedback.sol";
import {Paging} from "./libraries/Paging.sol";

/// @title The reputation registry of ERC-8004, hardened
/// @notice Feedback of clients to agents, and responses to it.
/// @dev No role can write, change or remove feedback: the only role pauses. What is documented in the interfaces is
/// not repeated here.
contract ReputationRegistry is IReputationRegistry, WiredRegistry {
    using AddressSet for AddressSet.Set;

    /// @notice What the registry counts about an agent: one slot.
    struct AgentTotals {
        uint64 clientCount;
        uint64 responseCount;
    }

    /// @notice Which feedback a read includes: where the bits under the mask are as wanted.
    /// @dev `nothing` is set for a tag that was never used, which no feedback can have.
    struct Filter {
        uint256 mask;
        uint256 wanted;
        bool nothing;
    }

    /// @inheritdoc IReputationRegistry
    int128 public constant MAX_ABSOLUTE_VALUE = 1e38;
    /// @inheritdoc IReputationRegistry
    uint8 public constant MAX_DECIMALS = DecimalMath.MAX_DECIMALS;
    /// @inheritdoc IReputationRegistry
    uint256 public constant MAX_FEEDBACK_PER_CLIENT = ClientTotalsLib.MAX_COUNT;
    /// @inheritdoc IReputationRegistry
    uint256 public constant MAX_ENDPOINT_SIZE = 2_048;

    mapping(uint256 agentId => AgentTotals) private _agents;
    mapping(uint256 agentId => mapping(uint256 position => address client)) private _clients;
    mapping(uint256 agentId => mapping(address client => ClientTotals)) private _totals;
    mapping(uint256 agentId => mapping(address client => mapping(uint256 feedbackIndex => PackedFeedback))) private
        _feedback;
    mapping(
        uint256 agentId
            => mapping(
            address client => mapping(uint256 feedbackIndex => mapping(address responder => uint64 responseCount))
        )
    ) private _responses;

    constructor(IIdentityRegistry identity, uint48 adminDelay, address admin, address pauser)
        WiredRegistry(identity, adminDelay, admin, pauser)
    {}

    // ---------------------------------------------------------------------------------------------------- FEEDBACK

    /// @inheritdoc IERC8004Reputation
    function giveFeedback(
        uint256 agentId,
        int128 value,
        uint8 valueDecimals,
        string calldata tag1,
        string calldata tag2,
        string calldata endpoint,
        string calldata feedbackURI,
        bytes32 feedbackHash
    ) external nonReentrant whenNotPaused {
        if (IDENTITY.isAffiliated(msg.sender, agentId)) {
            revert SelfFeedback(agentId, msg.sender);
        }
        if (valueDecimals > MAX_DECIMALS) revert DecimalsOutOfRange(valueDecimals, MAX_DECIMALS);
        if (value > MAX_ABSOLUTE_VALUE || value < -MAX_ABSOLUTE_VALUE) {
            revert ValueOutOfRange(value, MAX_ABSOLUTE_VALUE);
        }
        _checkSize("endpoint", bytes(endpoint).length, MAX_ENDPOINT_SIZE);
        _checkSize("feedbackURI", bytes(feedbackURI).length, MAX_URI_SIZE);

        uint64 feedbackIndex = _countFeedback(agentId, DecimalMath.scale(value, valueDecimals), valueDecimals);
        _feedback[agentId][msg.sender][feedbackIndex] = PackedFeedbackLib.pack(
            value,
            valueDecimals,
            block.timestamp,
            PackedFeedbackLib.placeTags(_internTag("tag1", tag1), _internTag("tag2", tag2))
        );
        emit NewFeedback(
            agentId,
            msg.sender,
            feedbackIndex,
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

    /// @inheritdoc IERC8004Reputation
    function readFeedback(uint256 agentId, address clientAddress, uint64 feedbackIndex)
        external
        view
        returns (int128 value, uint8 valueDecimals, string memory tag1, string memory tag2, bool isRevoked)
    {
        PackedFeedback entry = _requireFeedback(agentId, clientAddress, feedbackIndex);
        return (entry.value(), entry.decimals(), tagText(entry.tag1Id()), tagText(entry.tag2Id()), entry.isRevoked());
    }

    /// @inheritdoc IReputationRegistry
    function getFeedback(uint256 agentId, address clientAddress, uint64 feedbackIndex)
        external
        view
        returns (FeedbackView memory)
    {
        return _view(feedbackIndex, _requireFeedback(agentId, clientAddress, feedbackIndex));
    }

    /// @inheritdoc IReputationRegistry
    function getFeedbackPage(uint256 agentId, address clientAddress, uint256 cursor, uint256 limit)
        external
        view
        returns (FeedbackView[] memory page, uint256 nextCursor)
    {
        uint256 start;
        uint256 end;
        (start, end, nextCursor) = Paging.slice(_totals[agentId][clientAddress].lastIndex(), cursor, limit);
        page = new FeedbackView[](end - start);
        for (uint256 i = start; i < end; ++i) {
            page[i - start] = _view(uint64(i + 1), _feedback[agentId][clientAddress][i + 1]);
        }
    }

    /// @inheritdoc IERC8004Reputation
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
        )
    {
        Filter memory filter = _filter(tag1, tag2, includeRevoked);
        address[] memory sources = clientAddresses.length == 0 ? getClients(agentId) : _distinct(clientAddresses);
        uint256 size = _countMatches(agentId, sources, filter);
        clients = new address[](size);
        feedbackIndexes = new uint64[](size);
        values = new int128[](size);
        valueDecimals = new uint8[](size);
        tag1s = new string[](size);
        tag2s = new string[](size);
        revokedStatuses = new bool[](size);

        uint256 row = 0;
        for (uint256 i = 0; row < size; ++i) {
            uint256 last = _totals[agentId][sources[i]].lastIndex();
            for (uint256 index = 1; index <= last; ++index) {
                PackedFeedback entry = _feedback[agentId][sources[i]][index];
                if (!entry.matches(filter.mask, filter.wanted)) continue;
                clients[row] = sources[i];
                feedbackIndexes[row] = uint64(index);
                values[row] = entry.value();
                valueDecimals[row] = entry.decimals();
                tag1s[row] = tagText(entry.tag1Id());
                tag2s[row] = tagText(entry.tag2Id());
                revokedStatuses[row] = entry.isRevoked();
                ++row;
            }
        }
    }

    /// @inheritdoc IERC8004Reputation
    function getLastIndex(uint256 agentId, address clientAddress) external view returns (uint64) {
        return _totals[agentId][clientAddress].lastIndex();
    }

    /// @inheritdoc IReputationRegistry
    function getClientTotals(uint256 agentId, address clientAddress)
        external
        view
        returns (uint64 lastIndex, uint64 liveCount, int256 sum, uint8 maxDecimals)
    {
        ClientTotals totals = _totals[agentId][clientAddress];
        return (totals.lastIndex(), totals.liveCount(), totals.sum(), totals.maxDecimals());
    }

    /// @inheritdoc IERC8004Reputation
    function getClients(uint256 agentId) public view returns (address[] memory) {
        return _readClients(agentId, 0, _agents[agentId].clientCount);
    }

    /// @inheritdoc IReputationRegistry
    function getClientCount(uint256 agentId) external view returns (uint256) {
        return _agents[agentId].clientCount;
    }

    /// @inheritdoc IReputationRegistry
    function getClientsPage(uint256 agentId, uint256 cursor, uint256 limit)
        external
        view
        returns (address[] memory page, uint256 nextCursor)
    {
        uint256 start;
        uint256 end;
        (start, end, nextCursor) = Paging.slice(_agents[agentId].clientCount, cursor, limit);
        page = _readClients(agentId, start, end);
    }

    /// @dev Adds the caller's new feedback to its totals, and the caller to the clients if it is the first.
    function _countFeedback(uint256 agentId, int256 scaledValue, uint8 valueDecimals)
        private
        returns (uint64 feedbackIndex)
    {
        ClientTotals totals = _totals[agentId][msg.sender];
        feedbackIndex = totals.lastIndex();
        if (feedbackIndex == MAX_FEEDBACK_PER_CLIENT) {
            revert FeedbackLimitReached(agentId, msg.sender, MAX_FEEDBACK_PER_CLIENT);
        }
        if (feedbackIndex == 0) _clients[agentId][_agents[agentId].clientCount++] = msg.sender;
        ++feedbackIndex;
        _totals[agentId][msg.sender] = totals.add(scaledValue, valueDecimals);
    }

    function _readClients(uint256 agentId, uint256 start, uint256 end) private view returns (address[] memory page) {
        page = new address[](end - start);
        for (uint256 i = start; i < end; ++i) {
            page[i - start] = _clients[agentId][i];
        }
    }

    function _requireFeedback(uint256 agentId, address clientAddress, uint64 feedbackIndex)
        private
        view
        returns (PackedFeedback entry)
    {
        entry = _feedback[agentId][clientAddress][feedbackIndex];
        if (!entry.exists()) revert FeedbackNotFound(agentId, clientAddress, feedbackIndex);
    }

    function _view(uint64 feedbackIndex, PackedFeedback entry) private view returns (FeedbackView memory) {
        return FeedbackView({
            feedbackIndex: feedbackIndex,
            value: entry.value(),
            valueDecimals: entry.decimals(),
            isRevoked: entry.isRevoked(),
            timestamp: entry.timestamp(),
            responseCount: entry.responseCount(),
            tag1: tagText(entry.tag1Id()),
            tag2: tagText(entry.tag2Id())
        });
    }

    function _countMatches(uint256 agentId, address[] memory sources, Filter memory filter)
        private
        view
        returns (uint256 count)
    {
        if (filter.nothing) return 0;
        for (uint256 i = 0; i < sources.length; ++i) {
            uint256 last = _totals[agentId][sources[i]].lastIndex();
            for (uint256 index = 1; index <= last; ++index) {
                if (_feedback[agentId][sources[i]][index].matches(filter.mask, filter.wanted)) ++count;
            }
        }
    }

    // -------------------------------------------------------------------------------------------------- REVOCATION

    /// @inheritdoc IERC8004Reputation
    function revokeFeedback(uint256 agentId, uint64 feedbackIndex) external nonReentrant {
        PackedFeedback entry = _requireFeedback(agentId, msg.sender, feedbackIndex);
        if (entry.isRevoked()) revert FeedbackAlreadyRevoked(agentId, msg.sender, feedbackIndex);
        _feedback[agentId][msg.sender][feedbackIndex] = entry.revoke();
        _totals[agentId][msg.sender] =
            _totals[agentId][msg.sender].remove(DecimalMath.scale(entry.value(), entry.decimals()));
        emit FeedbackRevoked(agentId, msg.sender, feedbackIndex);
    }

    // --------------------------------------------------------------------------------------------------- RESPONSES

    /// @inheritdoc IERC8004Reputation
    function appendResponse(
        uint256 agentId,
        address clientAddress,
        uint64 feedbackIndex,
        string calldata responseURI,
        bytes32 responseHash
    ) external nonReentrant whenNotPaused {
        PackedFeedback entry = _requireFeedback(agentId, clientAddress, feedbackIndex);
        if (bytes(responseURI).length == 0) revert EmptyResponseURI();
        _checkSize("responseURI", bytes(responseURI).length, MAX_URI_SIZE);

        _feedback[agentId][clientAddress][feedbackIndex] = entry.addResponse();
        ++_responses[agentId][clientAddress][feedbackIndex][msg.sender];
        ++_agents[agentId].responseCount;
        emit ResponseAppended(agentId, clientAddress, feedbackIndex, msg.sender, responseURI, responseHash);
    }

    /// @inheritdoc IERC8004Reputation
    function getResponseCount(
        uint256 agentId,
        address clientAddress,
        uint64 feedbackIndex,
        address[] calldata responders
    ) external view returns (uint64 count) {
        if (clientAddress == address(0) && responders.length == 0) {
            return _agents[agentId].responseCount;
        }
        address[] memory distinct = _distinct(responders);
        if (clientAddress == address(0)) {
            uint256 clientCount = _agents[agentId].clientCount;
            for (uint256 i = 0; i < clientCount; ++i) {
                count += _countResponsesTo(agentId, _clients[agentId][i], distinct);
            }
        } else if (feedbackIndex == 0) {
            count = _countResponsesTo(agentId, clientAddress, distinct);
        } else {
            count = _countResponses(agentId, clientAddress, feedbackIndex, distinct);
        }
    }

    /// @inheritdoc IReputationRegistry
    function getResponseCountPage(
        uint256 agentId,
        address clientAddress,
        address[] calldata responders,
        uint256 cursor,
        uint256 limit
    ) external view returns (uint64 count, uint256 nextCursor) {
        uint256 start;
        uint256 end;
        (start, end, nextCursor) = Paging.slice(_totals[agentId][clientAddress].lastIndex(), cursor, limit);
        address[] memory distinct = _distinct(responders);
        for (uint256 i = start; i < end; ++i) {
            count += _countResponses(agentId, clientAddress, i + 1, distinct);
        }
    }

    /// @dev The responses to all feedback of a client.
    function _countResponsesTo(uint256 agentId, address client, address[] memory distinctResponders)
        private
        view
        returns (uint64 count)
    {
        uint256 last = _totals[agentId][client].lastIndex();
        for (uint256 index = 1; index <= last; ++index) {
            count += _countResponses(agentId, client, index, distinctResponders);
        }
    }

    /// @dev The responses to one feedback; those of everybody if there are no responders.
    function _countResponses(uint256 agentId, address client, uint256 index, address[] memory distinctResponders)
        private
        view
        returns (uint64 count)
    {
        if (distinctResponders.length == 0) return _feedback[agentId][client][index].responseCount();
        for (uint256 i = 0; i < distinctResponders.length; ++i) {
            count += _responses[agentId][client][index][distinctResponders[i]];
        }
    }

    // --------------------------------------------------------------------------------------------------- SUMMARIES

    /// @inheritdoc IERC8004Reputation
    function getSummary(uint256 agentId, address[] calldata clientAddresses, string calldata tag1, string calldata tag2)
        external
        view
        returns (uint64 count, int128 summaryValue, uint8 summaryValueDecimals)
    {
        if (clientAddresses.length == 0) revert EmptyClientList();
        bool tagged = bytes(tag1).length != 0 || bytes(tag2).length != 0;
        Filter memory filter = _filter(tag1, tag2, false);
        if (filter.nothing) return (0, 0, 0);

        AddressSet.Set memory seen = AddressSet.create(clientAddresses.length);
        mapping(address => ClientTotals) storage agentClients = _totals[agentId];
        int256 sum = 0;
        for (uint256 i = 0; i < clientAddresses.length; ++i) {
            if (!seen.insert(clientAddresses[i])) continue;
            ClientTotals totals = agentClients[clientAddresses[i]];
            uint64 clientCount = totals.liveCount();
            int256 clientSum = totals.sum();
            uint8 clientDecimals = totals.maxDecimals();
            if (tagged) {
                (clientCount, clientSum, clientDecimals) =
                    _sumMatches(agentId, clientAddresses[i], 0, totals.lastIndex(), filter);
            }
            count += clientCount;
            sum += clientSum;
            if (clientDecimals > summaryValueDecimals) summaryValueDecimals = clientDecimals;
        }
        if (count != 0) {
            (summaryValue, summaryValueDecimals) = DecimalMath.average(sum, count, summaryValueDecimals);
        }
    }

    /// @inheritdoc IReputationRegistry
    function getSummaryPage(
        uint256 agentId,
        address clientAddress,
        string calldata tag1,
        string calldata tag2,
        uint256 cursor,
        uint256 limit
    ) external view returns (uint64 count, int256 sum, uint8 maxDecimals, uint256 nextCursor) {
        uint256 start;
        uint256 end;
        (start, end, nextCursor) = Paging.slice(_totals[agentId][clientAddress].lastIndex(), cursor, limit);
        Filter memory filter = _filter(tag1, tag2, false);
        if (!filter.nothing) {
            (count, sum, maxDecimals) = _sumMatches(agentId, clientAddress, start, end, filter);
        }
    }

    /// @dev What matches among one client's feedback with an index in (start, end]. The loop is the cost of a tagged
    /// summary: one slot and one comparison an entry.
    function _sumMatches(uint256 agentId, address client, uint256 start, uint256 end, Filter memory filter)
        private
        view
        returns (uint64 count, int256 sum, uint8 maxDecimals)
    {
        mapping(uint256 => PackedFeedback) storage entries = _feedback[agentId][client];
        (uint256 mask, uint256 wanted) = (filter.mask, filter.wanted);
        for (uint256 index = start + 1; index <= end; ++index) {
            PackedFeedback entry = entries[index];
            if (!entry.matches(mask, wanted)) continue;
            uint8 entryDecimals = entry.decimals();
            ++count;
            sum += DecimalMath.scale(entry.value(), entryDecimals);
            if (entryDecimals > maxDecimals) maxDecimals = entryDecimals;
        }
    }

    /// @dev An empty tag is any; a tag that was never used matches nothing, and is not the wildcard.
    function _filter(string calldata tag1, string calldata tag2, bool includeRevoked)
        private
        view
        returns (Filter memory filter)
    {
        (uint32 tag1Id, uint32 tag2Id) = (tagIdOf(tag1), tagIdOf(tag2));
        if (bytes(tag1).length != 0) filter.mask |= PackedFeedbackLib.TAG1;
        if (bytes(tag2).length != 0) filter.mask |= PackedFeedbackLib.TAG2;
        if (!includeRevoked) filter.mask |= PackedFeedbackLib.REVOKED;
        filter.wanted = PackedFeedbackLib.placeTags(tag1Id, tag2Id);
        filter.nothing = (bytes(tag1).length != 0 && tag1Id == 0) || (bytes(tag2).length != 0 && tag2Id == 0);
    }

    /// @dev The addresses of a list in their order, without duplicates and zero.
    function _distinct(address[] calldata list) private pure returns (address[] memory distinct) {
        AddressSet.Set memory seen = AddressSet.create(list.length);
        address[] memory found = new address[](list.length);
        uint256 size = 0;
        for (uint256 i = 0; i < list.length; ++i) {
            if (seen.insert(list[i])) found[size++] = list[i];
        }
        distinct = new address[](size);
        for (uint256 i = 0; i < size; ++i) {
            distinct[i] = found[i];
        }
    }

    // ---------------------------------------------------------------------------------------------- ADMINISTRATION

    /// @inheritdoc IERC8004Reputation
    function getIdentityRegistry() external view returns (address) {
        return address(IDENTITY);
    }

    /// @notice Whether an interface is supported.
    /// @param interfaceId Its ERC-165 id: ERC-165, ERC-8004, access control, and our own.
    /// @return Whether it is.
    function supportsInterface(bytes4 interfaceId) public view override returns (bool) {
        return interfaceId == type(IERC8004Reputation).interfaceId
            || interfaceId == type(IReputationRegistry).interfaceId || super.supportsInterface(interfaceId);
    }
}
