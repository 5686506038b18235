// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {AccessControl} from "@openzeppelin/contracts/access/AccessControl.sol";
import {ERC721} from "@openzeppelin/contracts/token/ERC721/ERC721.sol";
import {Pausable} from "@openzeppelin/contracts/utils/Pausable.sol";

/// @title Deliberately weak: an identity registry with the weaknesses S1 to S3
/// @dev For tests.
contract WeakOriginalRegistry is ERC721, AccessControl, Pausable {
    struct MetadataEntry {
        string metadataKey;
        bytes metadataValue;
    }

    error Refused();
    error TooManyMetadataKeys(uint256 agentId, uint256 limit);

    // Weak: the time makes it another event (S3).
    event Registered(uint256 indexed agentId, string agentURI, address indexed owner, uint256 timestamp);
    event MetadataSet(
        uint256 indexed agentId, string indexed indexedMetadataKey, string metadataKey, bytes metadataValue
    );

    uint256 public constant MAX_METADATA_KEYS = 50;

    uint256 private _lastAgentId;
    mapping(uint256 agentId => string[] metadataKeys) private _keys;
    mapping(uint256 agentId => mapping(string metadataKey => bytes metadataValue)) private _metadata;

    constructor(address admin) ERC721("Weak", "WEAK") {
        _grantRole(DEFAULT_ADMIN_ROLE, admin);
    }

    // Weak: works while paused, unguarded (S2).
    function register() external returns (uint256 agentId) {
        agentId = _register("");
    }

    // Weak: its entries are not counted against the limit (S1).
    function register(string calldata agentURI, MetadataEntry[] calldata metadata)
        external
        whenNotPaused
        returns (uint256 agentId)
    {
        agentId = _register(agentURI);
        for (uint256 i = 0; i < metadata.length; ++i) {
            _write(agentId, metadata[i].metadataKey, metadata[i].metadataValue);
        }
    }

    // Weak: the admin may write what it likes about any agent (S2); at the limit not even an update passes (S1).
    function setMetadata(uint256 agentId, string calldata metadataKey, bytes calldata metadataValue)
        external
        whenNotPaused
    {
        bool admin = hasRole(DEFAULT_ADMIN_ROLE, msg.sender);
        if (msg.sender != ownerOf(agentId) && !admin) revert Refused();
        if (_keys[agentId].length >= MAX_METADATA_KEYS) revert TooManyMetadataKeys(agentId, MAX_METADATA_KEYS);
        _write(agentId, metadataKey, metadataValue);
    }

    function pause() external onlyRole(DEFAULT_ADMIN_ROLE) {
        _pause();
    }

    function getMetadata(uint256 agentId, string calldata metadataKey) external view returns (bytes memory) {
        return _metadata[agentId][metadataKey];
    }

    function metadataKeyCount(uint256 agentId) external view returns (uint256) {
        return _keys[agentId].length;
    }

    function supportsInterface(bytes4 interfaceId) public view override(ERC721, AccessControl) returns (bool) {
        return super.supportsInterface(interfaceId);
    }

    function _register(string memory agentURI) private returns (uint256 agentId) {
        agentId = ++_lastAgentId;
        _safeMint(msg.sender, agentId);
        emit Registered(agentId, agentURI, msg.sender, block.timestamp);
    }

    // Weak: a key whose value is empty is taken for a new one, each time (S1).
    function _write(uint256 agentId, string calldata key, bytes calldata value) private {
        if (_metadata[agentId][key].length == 0) _keys[agentId].push(key);
        _metadata[agentId][key] = value;
        emit MetadataSet(agentId, key, key, value);
    }
}
