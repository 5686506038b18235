// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {IERC1271} from "@openzeppelin/contracts/interfaces/IERC1271.sol";
import {ERC721} from "@openzeppelin/contracts/token/ERC721/ERC721.sol";
import {ERC721URIStorage} from "@openzeppelin/contracts/token/ERC721/extensions/ERC721URIStorage.sol";
import {EIP712} from "@openzeppelin/contracts/utils/cryptography/EIP712.sol";

/// @title An identity registry with the known weaknesses. Never deploy it
/// @dev V1 to V3: everything is written and emitted after the receiver's callback, and nothing is guarded. V4: nobody
/// can refuse to be an operator. V12: a consent can be used again. V13: any transfer clears the wallet. V14: nothing
/// counts owners. V18: the reserved key is compared by bytes but stored without regard to case. Signatures: a wallet
/// with code is called, not statically, and its answer is copied whole and read by its first bytes; keys may sign
/// with a high s.
contract WeakIdentityRegistry is ERC721URIStorage, EIP712 {
    struct MetadataEntry {
        string metadataKey;
        bytes metadataValue;
    }

    string private constant WALLET_KEY = "agentWallet";
    bytes32 private constant WALLET_CONSENT_TYPEHASH =
        keccak256("AgentWalletSet(uint256 agentId,address newWallet,address owner,uint256 deadline)");

    event Registered(uint256 indexed agentId, string agentURI, address indexed owner);
    event MetadataSet(
        uint256 indexed agentId, string indexed indexedMetadataKey, string metadataKey, bytes metadataValue
    );
    event URIUpdated(uint256 indexed agentId, string newURI, address indexed updatedBy);

    error NotAuthorized(uint256 agentId, address caller);
    error ReservedMetadataKey(string metadataKey);
    error ConsentOutOfTime(uint256 deadline);
    error InvalidConsent(address newWallet);

    uint256 private _lastAgentId;
    mapping(uint256 agentId => mapping(bytes32 foldedKeyHash => bytes)) private _metadata;

    constructor() ERC721("WeakIdentity", "WEAK") EIP712("ERC8004IdentityRegistry", "1") {}

    function register() external returns (uint256) {
        return _register("", new MetadataEntry[](0));
    }

    function register(string calldata agentURI) external returns (uint256) {
        return _register(agentURI, new MetadataEntry[](0));
    }

    function register(string calldata agentURI, MetadataEntry[] calldata metadata) external returns (uint256) {
        return _register(agentURI, metadata);
    }

    function setAgentURI(uint256 agentId, string calldata newURI) external {
        _requireAuthorized(agentId);
        _setTokenURI(agentId, newURI);
        emit URIUpdated(agentId, newURI, msg.sender);
    }

    function setMetadata(uint256 agentId, string calldata metadataKey, bytes calldata metadataValue) external {
        _requireAuthorized(agentId);
        if (keccak256(bytes(metadataKey)) == keccak256(bytes(WALLET_KEY))) revert ReservedMetadataKey(metadataKey);
        _setMetadata(agentId, metadataKey, metadataValue);
    }

    function setAgentWallet(uint256 agentId, address newWallet, uint256 deadline, bytes calldata signature) external {
        _requireAuthorized(agentId);
        if (deadline < block.timestamp || deadline > block.timestamp + 5 minutes) revert ConsentOutOfTime(deadline);
        bytes32 digest = _hashTypedDataV4(
            keccak256(abi.encode(WALLET_CONSENT_TYPEHASH, agentId, newWallet, ownerOf(agentId), deadline))
        );
        if (!_consents(newWallet, digest, signature)) revert InvalidConsent(newWallet);
        _setMetadata(agentId, WALLET_KEY, abi.encodePacked(newWallet));
    }

    function unsetAgentWallet(uint256 agentId) external {
        _requireAuthorized(agentId);
        _setMetadata(agentId, WALLET_KEY, "");
    }

    function getAgentWallet(uint256 agentId) external view returns (address) {
        return address(bytes20(getMetadata(agentId, WALLET_KEY)));
    }

    function isAuthorizedOrOwner(address spender, uint256 agentId) external view returns (bool) {
        return _isAuthorized(ownerOf(agentId), spender, agentId);
    }

    function getMetadata(uint256 agentId, string memory metadataKey) public view returns (bytes memory) {
        return _metadata[agentId][_foldedHash(metadataKey)];
    }

    function _update(address to, uint256 agentId, address auth) internal override returns (address from) {
        from = super._update(to, agentId, auth);
        if (from != address(0)) _setMetadata(agentId, WALLET_KEY, "");
    }

    function _register(string memory agentURI, MetadataEntry[] memory metadata) private returns (uint256 agentId) {
        agentId = ++_lastAgentId;
        _metadata[agentId][_foldedHash(WALLET_KEY)] = abi.encodePacked(msg.sender);
        _safeMint(msg.sender, agentId);
        _setTokenURI(agentId, agentURI);
        emit Registered(agentId, agentURI, msg.sender);
        for (uint256 i = 0; i < metadata.length; ++i) {
            _setMetadata(agentId, metadata[i].metadataKey, metadata[i].metadataValue);
        }
        emit MetadataSet(agentId, WALLET_KEY, WALLET_KEY, abi.encodePacked(msg.sender));
    }

    function _setMetadata(uint256 agentId, string memory key, bytes memory value) private {
        _metadata[agentId][_foldedHash(key)] = value;
        emit MetadataSet(agentId, key, key, value);
    }

    function _consents(address wallet, bytes32 digest, bytes calldata signature) private returns (bool) {
        if (wallet.code.length != 0) {
            (bool ok, bytes memory answer) = wallet.call(abi.encodeCall(IERC1271.isValidSignature, (digest, signature)));
            return ok && bytes4(answer) == IERC1271.isValidSignature.selector;
        }
        address signer = ecrecover(digest, uint8(signature[64]), bytes32(signature[0:32]), bytes32(signature[32:64]));
        return signer != address(0) && signer == wallet;
    }

    function _requireAuthorized(uint256 agentId) private view {
        if (!_isAuthorized(ownerOf(agentId), msg.sender, agentId)) revert NotAuthorized(agentId, msg.sender);
    }

    /// @dev Hashes the key with A to Z made small.
    function _foldedHash(string memory key) private pure returns (bytes32) {
        bytes memory folded = bytes.concat(bytes(key));
        for (uint256 i = 0; i < folded.length; ++i) {
            if (folded[i] >= "A" && folded[i] <= "Z") folded[i] |= 0x20;
        }
        return keccak256(folded);
    }
}
