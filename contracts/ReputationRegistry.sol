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
/// Arithmetic is unchecked where a bound is at hand: loops over what is stored, 64-bit counters of which each step
/// costs a transaction, and sums whose bound is proved in {ClientTotals}. What leaves a wider type is cast with a check.
contract ReputationRegistry is IReputationRegistry, WiredRegistry {
    /// @notice What one client has given to one agent.
    /// @dev The totals are one slot, each feedback is one slot.
    struct Ledger {
        ClientTotals totals;
        mapping(uint256 feedbackIndex => PackedFeedback) entries; // from 1
        mapping(uint256 feedbackIndex => mapping(address responder => uint64 count)) responses;
    }

    /// @notice What the registry keeps about an agent.
    /// @dev Both counts share a slot.
    struct AgentRecord {
        uint64 clientCount;
        uint64 responseCount;
        mapping(uint256 position => address client) clients; // from 0
        mapping(address client => Ledger ledger) ledgers;
    }

    /// @notice Which feedback a read includes: where the bits under the mask are as wanted.
    struct Filter {
        uint256 mask;
        uint256 wanted;
        uint256 start; // the number of feedback to pass over
    }

    /// @inheritdoc IReputationRegistry
    int128 public constant MAX_ABSOLUTE_VALUE = 1e38;
    /// @inheritdoc IReputationRegistry
    uint8 public constant MAX_DECIMALS = DecimalMath.MAX_DECIMALS;
    /// @inheritdoc IReputationRegistry
    uint256 public constant MAX_FEEDBACK_PER_CLIENT = ClientTotalsLib.MAX_COUNT;
    /// @inheritdoc IReputationRegistry
    uint256 public constant MAX_ENDPOINT_SIZE = 2_048;

    mapping(uint256 agentId => AgentRecord record) private _agents;

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

        AgentRecord storage agent = _agents[agentId];
        Ledger storage ledger = agent.ledgers[msg.sender];
        uint64 feedbackIndex = ledger.totals.lastIndex();
        if (feedbackIndex == MAX_FEEDBACK_PER_CLIENT) {
            revert FeedbackLimitReached(agentId, msg.sender, MAX_FEEDBACK_PER_CLIENT);
        }
        unchecked {
            // Counters of 64 bits, each step of which costs a transaction.
            if (feedbackIndex == 0) {
                agent.clients[agent.clientCount] = msg.sender;
                ++agent.clientCount;
            }
            ++feedbackIndex;
        }
        ledger.totals = ledger.totals.add(DecimalMath.scale(value, valueDecimals), valueDecimals);
        uint256 tags = PackedFeedbackLib.placeTags(_internTag(tag1), _internTag(tag2));
        ledger.entries[feedbackIndex] = PackedFeedbackLib.pack(value, valueDecimals, block.timestamp, tags);
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
        Ledger storage ledger = _agents[agentId].ledgers[clientAddress];
        (start, end, nextCursor) = Paging.slice(ledger.totals.lastIndex(), cursor, limit);
        unchecked {
            page = new FeedbackView[](end - start);
            for (uint256 i = start; i < end; ++i) {
                page[i - start] = _view(uint64(i + 1), ledger.entries[i + 1]);
            }
        }
    }

    /// @inheritdoc IERC8004Reputation
    // Long because it gives seven arrays: a line each to declare them, to create them and to fill them.
    // solhint-disable-next-line function-max-lines
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
        Filter memory filter = _filter(tag1, tag2);
        if (includeRevoked) filter.mask ^= PackedFeedbackLib.REVOKED;
        address[] memory sources =
            clientAddresses.length == 0 ? getClients(agentId) : AddressSet.dedupe(clientAddresses);
        uint256 row = 0;
        unchecked {
            // The first pass counts, the second one fills arrays of that size.
            for (uint256 pass = 0; pass < 2; ++pass) {
                if (pass == 1) {
                    clients = new address[](row);
                    feedbackIndexes = new uint64[](row);
                    values = new int128[](row);
                    valueDecimals = new uint8[](row);
                    tag1s = new string[](row);
                    tag2s = new string[](row);
                    revokedStatuses = new bool[](row);
                    row = 0;
                }
                for (uint256 i = 0; i < sources.length; ++i) {
                    Ledger storage ledger = _agents[agentId].ledgers[sources[i]];
                    uint256 last = ledger.totals.lastIndex();
                    for (uint256 index = 1; index <= last; ++index) {
                        PackedFeedback entry = ledger.entries[index];
                        if (!entry.matches(filter.mask, filter.wanted)) continue;
                        if (pass == 1) {
                            clients[row] = sources[i];
                            feedbackIndexes[row] = uint64(index);
                            values[row] = entry.value();
                            valueDecimals[row] = entry.decimals();
                            tag1s[row] = tagText(entry.tag1Id());
                            tag2s[row] = tagText(entry.tag2Id());
                            revokedStatuses[row] = entry.isRevoked();
                        }
                        ++row;
                    }
                }
            }
        }
    }

    /// @inheritdoc IERC8004Reputation
    function getLastIndex(uint256 agentId, address clientAddress) external view returns (uint64) {
        return _agents[agentId].ledgers[clientAddress].totals.lastIndex();
    }

    /// @inheritdoc IReputationRegistry
    function getClientTotals(uint256 agentId, address clientAddress)
        external
        view
        returns (uint64 lastIndex, uint64 liveCount, int256 sum, uint8 maxDecimals)
    {
        ClientTotals totals = _agents[agentId].ledgers[clientAddress].totals;
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

    function _readClients(uint256 agentId, uint256 start, uint256 end) private view returns (address[] memory page) {
        AgentRecord storage agent = _agents[agentId];
        unchecked {
            page = new address[](end - start);
            for (uint256 i = start; i < end; ++i) {
                page[i - start] = agent.clients[i];
            }
        }
    }

    function _requireFeedback(uint256 agentId, address clientAddress, uint64 feedbackIndex)
        private
        view
        returns (PackedFeedback entry)
    {
        entry = _agents[agentId].ledgers[clientAddress].entries[feedbackIndex];
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

    // -------------------------------------------------------------------------------------------------- REVOCATION

    /// @inheritdoc IERC8004Reputation
    function revokeFeedback(uint256 agentId, uint64 feedbackIndex) external nonReentrant {
        PackedFeedback entry = _requireFeedback(agentId, msg.sender, feedbackIndex);
        if (entry.isRevoked()) revert FeedbackAlreadyRevoked(agentId, msg.sender, feedbackIndex);
        Ledger storage ledger = _agents[agentId].ledgers[msg.sender];
        ledger.entries[feedbackIndex] = entry.revoke();
        ledger.totals = ledger.totals.remove(DecimalMath.scale(entry.value(), entry.decimals()));
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

        unchecked {
            AgentRecord storage agent = _agents[agentId];
            Ledger storage ledger = agent.ledgers[clientAddress];
            ledger.entries[feedbackIndex] = entry.addResponse();
            ++ledger.responses[feedbackIndex][msg.sender];
            ++agent.responseCount;
            emit ResponseAppended(agentId, clientAddress, feedbackIndex, msg.sender, responseURI, responseHash);
        }
    }

    /// @inheritdoc IERC8004Reputation
    function getResponseCount(
        uint256 agentId,
        address clientAddress,
        uint64 feedbackIndex,
        address[] calldata responders
    ) external view returns (uint64 count) {
        AgentRecord storage agent = _agents[agentId];
        if (clientAddress == address(0) && responders.length == 0) return agent.responseCount;
        address[] memory distinct = AddressSet.dedupe(responders);
        if (clientAddress == address(0)) {
            for (uint256 i = 0; i < agent.clientCount; ++i) {
                count += _countAllResponses(agent.ledgers[agent.clients[i]], distinct);
            }
        } else if (feedbackIndex == 0) {
            count = _countAllResponses(agent.ledgers[clientAddress], distinct);
        } else {
            count = _countResponses(agent.ledgers[clientAddress], feedbackIndex, distinct);
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
        Ledger storage ledger = _agents[agentId].ledgers[clientAddress];
        (start, end, nextCursor) = Paging.slice(ledger.totals.lastIndex(), cursor, limit);
        address[] memory distinct = AddressSet.dedupe(responders);
        unchecked {
            for (uint256 i = start; i < end; ++i) {
                count += _countResponses(ledger, i + 1, distinct);
            }
        }
    }

    function _countAllResponses(Ledger storage ledger, address[] memory distinct) private view returns (uint64 count) {
        uint256 last = ledger.totals.lastIndex();
        unchecked {
            for (uint256 index = 1; index <= last; ++index) {
                count += _countResponses(ledger, index, distinct);
            }
        }
    }

    /// @dev The responses to one feedback; those of everybody if no responders are given.
    function _countResponses(Ledger storage ledger, uint256 index, address[] memory distinct)
        private
        view
        returns (uint64 count)
    {
        if (distinct.length == 0) return ledger.entries[index].responseCount();
        unchecked {
            for (uint256 i = 0; i < distinct.length; ++i) {
                count += ledger.responses[index][distinct[i]];
            }
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
        Filter memory filter = _filter(tag1, tag2);
        AddressSet.Set memory seen = AddressSet.create(clientAddresses.length);
        AgentRecord storage agent = _agents[agentId];
        int256 sum = 0;
        unchecked {
            for (uint256 i = 0; i < clientAddresses.length; ++i) {
                address client = clientAddresses[i];
                if (!AddressSet.insert(seen, client)) continue;
                Ledger storage ledger = agent.ledgers[client];
                ClientTotals totals = ledger.totals;
                (uint64 clientCount, int256 clientSum, uint8 clientDecimals) = filter.mask == PackedFeedbackLib.REVOKED
                    ? (totals.liveCount(), totals.sum(), totals.maxDecimals())
                    : _sumMatches(ledger, filter, totals.lastIndex());
                count += clientCount;
                sum += clientSum;
                if (clientDecimals > summaryValueDecimals) summaryValueDecimals = clientDecimals;
            }
            if (count != 0) {
                (summaryValue, summaryValueDecimals) = DecimalMath.average(sum, count, summaryValueDecimals);
            }
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
        Filter memory filter = _filter(tag1, tag2);
        uint256 end;
        Ledger storage ledger = _agents[agentId].ledgers[clientAddress];
        (filter.start, end, nextCursor) = Paging.slice(ledger.totals.lastIndex(), cursor, limit);
        (count, sum, maxDecimals) = _sumMatches(ledger, filter, end);
    }

    /// @dev What matches among one client's feedback after the filter's start, up to and with the index `end`. The loop
    /// is the cost of a tagged summary: one slot and one comparison an entry.
    function _sumMatches(Ledger storage ledger, Filter memory filter, uint256 end)
        private
        view
        returns (uint64 count, int256 sum, uint8 maxDecimals)
    {
        (uint256 mask, uint256 wanted) = (filter.mask, filter.wanted);
        unchecked {
            for (uint256 index = filter.start + 1; index <= end; ++index) {
                PackedFeedback entry = ledger.entries[index];
                if (!entry.matches(mask, wanted)) continue;
                uint8 entryDecimals = entry.decimals();
                ++count;
                sum += DecimalMath.scale(entry.value(), entryDecimals);
                if (entryDecimals > maxDecimals) maxDecimals = entryDecimals;
            }
        }
    }

    /// @dev What is not revoked and has these tags. An empty tag is any; a tag that was never used matches nothing, and
    /// is not the wildcard.
    function _filter(string calldata tag1, string calldata tag2) private view returns (Filter memory filter) {
        filter.mask = PackedFeedbackLib.REVOKED;
        if (bytes(tag1).length != 0) filter.mask |= PackedFeedbackLib.TAG1;
        if (bytes(tag2).length != 0) filter.mask |= PackedFeedbackLib.TAG2;
        filter.wanted = PackedFeedbackLib.placeTags(_findTag(tag1), _findTag(tag2));
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
