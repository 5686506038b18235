// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {IERC4906} from "@openzeppelin/contracts/interfaces/IERC4906.sol";
import {IERC721} from "@openzeppelin/contracts/token/ERC721/IERC721.sol";
import {ERC721} from "@openzeppelin/contracts/token/ERC721/ERC721.sol";
import {ERC721Utils} from "@openzeppelin/contracts/token/ERC721/utils/ERC721Utils.sol";
import {
    AccessControlDefaultAdminRules
} from "@openzeppelin/contracts/access/extensions/AccessControlDefaultAdminRules.sol";
import {IERC165} from "@openzeppelin/contracts/utils/introspection/IERC165.sol";
import {Strings} from "@openzeppelin/contracts/utils/Strings.sol";
import {TransientSlot} from "@openzeppelin/contracts/utils/TransientSlot.sol";
import {ECDSA} from "@openzeppelin/contracts/utils/cryptography/ECDSA.sol";
import {EIP712} from "@openzeppelin/contracts/utils/cryptography/EIP712.sol";
import {SignatureChecker} from "@openzeppelin/contracts/utils/cryptography/SignatureChecker.sol";
import {RegistryBase} from "./base/RegistryBase.sol";
import {IERC8004Identity} from "./interfaces/IERC8004Identity.sol";
import {IIdentityRegistry} from "./interfaces/IIdentityRegistry.sol";

/// @title The identity registry of ERC-8004, hardened
/// @notice Agents as ERC-721 tokens with a registration file, metadata and a payment wallet.
/// @dev No proxy, no burn. No role can write an agent's data or move a token: roles pause, and set the base of the
/// auto URIs. What is documented in the interfaces is not repeated here.
contract IdentityRegistry is IIdentityRegistry, IERC4906, ERC721, EIP712, RegistryBase {
    // For slither alone: it inherits only one `using ... for *`, EIP712's, and without the reentrancy guard's it cannot
    // follow any storage pointer in this contract. No code comes of it.
    using TransientSlot for *;

    /// @notice What the registry keeps about an agent beside owner, URI and metadata: one slot, all zero until the
    /// wallet, the owner or a metadata key changes for the first time.
    struct AgentState {
        address wallet; // means something only if walletIsExplicit
        uint40 lastConsentDeadline; // seconds since the epoch
        uint32 ownershipEpoch; // saturates
        uint8 metadataKeyCount;
        bool walletIsExplicit; // false: the wallet is the owner
    }

    /// @notice A metadata value; empty: not set.
    /// @dev A struct only so that its slot is found once, and then read and written.
    struct MetadataSlot {
        bytes value;
    }

    /// @inheritdoc IIdentityRegistry
    bytes32 public constant REGISTRY_ADMIN_ROLE = keccak256("REGISTRY_ADMIN_ROLE");
    /// @inheritdoc IIdentityRegistry
    uint256 public constant MAX_METADATA_KEYS = 50;
    /// @inheritdoc IIdentityRegistry
    uint256 public constant MAX_METADATA_KEY_SIZE = 128;
    /// @inheritdoc IIdentityRegistry
    uint256 public constant MAX_METADATA_VALUE_SIZE = 10_240;
    /// @inheritdoc IIdentityRegistry
    uint256 public constant MAX_CONSENT_PERIOD = 5 minutes;

    /// @dev ERC-4906 has no functions: its id is its number.
    bytes4 private constant ERC4906_INTERFACE_ID = 0x49064906;
    bytes32 private constant WALLET_KEY_HASH = keccak256("agentWallet");
    bytes32 private constant WALLET_CONSENT_TYPEHASH =
        keccak256("AgentWalletSet(uint256 agentId,address newWallet,address owner,uint256 deadline)");

    /// @dev Shares its slot with {Pausable}'s flag, which registering reads anyway; so does the next one.
    uint64 private _lastAgentId;
    bool private _hasBaseUri;
    /// @dev That of agent 0, who does not exist, is the base of the auto URIs.
    mapping(uint256 agentId => string uri) private _uris;
    mapping(uint256 agentId => AgentState state) private _agents;
    mapping(uint256 agentId => mapping(string metadataKey => MetadataSlot slot)) private _metadata;
    mapping(address account => bool optedOut) private _operatorOptOut;

    constructor(uint48 adminDelay, address admin, address pauser, address registryAdmin)
        ERC721("", "")
        EIP712("ERC8004IdentityRegistry", "1")
        RegistryBase(adminDelay, admin, pauser)
    {
        _checkNotZero("registryAdmin", registryAdmin);
        _grantRole(REGISTRY_ADMIN_ROLE, registryAdmin);
    }

    // --------------------------------------------------------------------------------------------------------- NAME

    /// @notice The name of the token.
    /// @dev Name and symbol are code, not storage; view because the ABI says so.
    /// @return The name.
    function name() public view override returns (string memory) {
        return "AgentIdentity";
    }

    /// @notice The symbol of the token.
    /// @return The symbol.
    function symbol() public view override returns (string memory) {
        return "AGENT";
    }

    // ------------------------------------------------------------------------------------------------ REGISTRATION

    /// @inheritdoc IERC8004Identity
    function register() external nonReentrant whenNotPaused returns (uint256 agentId) {
        address from;
        (agentId, from) = _register("");
        _checkReceiver(from, agentId);
    }

    /// @inheritdoc IERC8004Identity
    function register(string calldata agentURI) external nonReentrant whenNotPaused returns (uint256 agentId) {
        address from;
        (agentId, from) = _register(agentURI);
        _checkReceiver(from, agentId);
    }

    /// @inheritdoc IERC8004Identity
    function register(string calldata agentURI, MetadataEntry[] calldata metadata)
        external
        nonReentrant
        whenNotPaused
        returns (uint256 agentId)
    {
        address from;
        (agentId, from) = _register(agentURI);
        for (uint256 i = 0; i < metadata.length; ++i) {
            _setMetadata(agentId, metadata[i].metadataKey, metadata[i].metadataValue);
        }
        _checkReceiver(from, agentId);
    }

    /// @inheritdoc IIdentityRegistry
    function totalAgents() external view returns (uint256) {
        return _lastAgentId;
    }

    /// @dev Mints without the receiver's callback, so that all is written and emitted before {_checkReceiver}.
    /// The token comes from the zero address: its id was never used.
    function _register(string memory agentURI) private returns (uint256 agentId, address from) {
        unchecked {
            // 64 bits, each step of which costs a transaction.
            agentId = ++_lastAgentId;
        }
        from = _update(msg.sender, agentId, address(0));
        if (bytes(agentURI).length == 0) {
            agentURI = _autoURI(agentId);
        } else {
            _storeURI(agentId, agentURI);
            emit MetadataUpdate(agentId);
        }
        emit Registered(agentId, agentURI, msg.sender);
        emit MetadataSet(agentId, "agentWallet", "agentWallet", _encodeWallet(msg.sender));
    }

    /// @dev The last step of a registration. A contract that registers in its own constructor has no code yet and is
    /// not asked, as with every ERC-721.
    function _checkReceiver(address from, uint256 agentId) private {
        ERC721Utils.checkOnERC721Received(msg.sender, from, msg.sender, agentId, "");
    }

    // --------------------------------------------------------------------------------------------------------- URI

    /// @inheritdoc IERC8004Identity
    function setAgentURI(uint256 agentId, string calldata newURI) external nonReentrant whenNotPaused {
        _requireAuthorized(agentId);
        string memory uri = newURI;
        _storeURI(agentId, uri);
        emit MetadataUpdate(agentId);
        bool cleared = bytes(uri).length == 0;
        if (cleared) uri = _autoURI(agentId);
        emit URIUpdated(agentId, uri, msg.sender);
        if (cleared) emit AgentURICleared(agentId);
    }

    /// @notice The URI of an agent's registration file: its own, or else the auto URI if the registry has a base.
    /// @dev Reverts with {ERC721NonexistentToken} for an unknown agent.
    /// @param tokenId The agent.
    /// @return The URI; empty if there is neither.
    function tokenURI(uint256 tokenId) public view override returns (string memory) {
        _requireOwned(tokenId);
        string memory uri = _uris[tokenId];
        return bytes(uri).length == 0 ? _autoURI(tokenId) : uri;
    }

    /// @inheritdoc IIdentityRegistry
    function baseURI() public view returns (string memory) {
        return _uris[0];
    }

    function _storeURI(uint256 agentId, string memory uri) private {
        _checkSize("agentURI", bytes(uri).length, MAX_URI_SIZE);
        _uris[agentId] = uri;
    }

    function _autoURI(uint256 agentId) private view returns (string memory uri) {
        if (_hasBaseUri) uri = string.concat(baseURI(), "/", Strings.toString(agentId), "/registration");
    }

    // ---------------------------------------------------------------------------------------------------- METADATA

    /// @inheritdoc IERC8004Identity
    function setMetadata(uint256 agentId, string calldata metadataKey, bytes calldata metadataValue)
        external
        nonReentrant
        whenNotPaused
    {
        _requireAuthorized(agentId);
        _setMetadata(agentId, metadataKey, metadataValue);
    }

    /// @inheritdoc IERC8004Identity
    function getMetadata(uint256 agentId, string calldata metadataKey) external view returns (bytes memory) {
        if (keccak256(bytes(metadataKey)) != WALLET_KEY_HASH) return _metadata[agentId][metadataKey].value;
        return _encodeWallet(getAgentWallet(agentId));
    }

    /// @inheritdoc IIdentityRegistry
    function metadataKeyCount(uint256 agentId) external view returns (uint256) {
        return _agents[agentId].metadataKeyCount;
    }

    /// @dev The one way to write an entry, for registration and later alike: one set of limits.
    function _setMetadata(uint256 agentId, string calldata key, bytes calldata value) private {
        if (keccak256(bytes(key)) == WALLET_KEY_HASH) revert ReservedMetadataKey(key);
        _checkSize("metadataKey", bytes(key).length, MAX_METADATA_KEY_SIZE);
        _checkSize("metadataValue", value.length, MAX_METADATA_VALUE_SIZE);

        MetadataSlot storage slot = _metadata[agentId][key];
        bool had = slot.value.length != 0;
        if (!had && value.length != 0) {
            AgentState storage agent = _agents[agentId];
            if (agent.metadataKeyCount == MAX_METADATA_KEYS) revert TooManyMetadataKeys(agentId, MAX_METADATA_KEYS);
            unchecked {
                // Below its limit, see above.
                ++agent.metadataKeyCount;
            }
        } else if (had && value.length == 0) {
            unchecked {
                // The key that is removed was counted.
                --_agents[agentId].metadataKeyCount;
            }
        }
        slot.value = value;
        emit MetadataSet(agentId, key, key, value);
    }

    // ------------------------------------------------------------------------------------------------ AGENT WALLET

    /// @inheritdoc IERC8004Identity
    function setAgentWallet(uint256 agentId, address newWallet, uint256 deadline, bytes calldata signature)
        external
        nonReentrant
        whenNotPaused
    {
        address owner_ = _requireAuthorized(agentId);
        if (newWallet == address(0)) revert ZeroWallet();
        AgentState storage agent = _agents[agentId];
        _checkDeadline(agentId, deadline, agent.lastConsentDeadline);
        _checkConsent(agentId, newWallet, owner_, deadline, signature);

        agent.lastConsentDeadline = uint40(deadline); // at most five minutes ahead of the block's time
        _writeWallet(agentId, agent, newWallet);
    }

    /// @inheritdoc IERC8004Identity
    function unsetAgentWallet(uint256 agentId) external nonReentrant {
        _requireAuthorized(agentId);
        _writeWallet(agentId, _agents[agentId], address(0));
    }

    /// @inheritdoc IERC8004Identity
    function getAgentWallet(uint256 agentId) public view returns (address) {
        AgentState storage agent = _agents[agentId];
        return agent.walletIsExplicit ? agent.wallet : _ownerOf(agentId);
    }

    /// @inheritdoc IIdentityRegistry
    function lastConsentDeadline(uint256 agentId) external view returns (uint256) {
        return _agents[agentId].lastConsentDeadline;
    }

    function _writeWallet(uint256 agentId, AgentState storage agent, address wallet) private {
        agent.wallet = wallet;
        agent.walletIsExplicit = true;
        emit MetadataSet(agentId, "agentWallet", "agentWallet", _encodeWallet(wallet));
    }

    function _encodeWallet(address wallet) private pure returns (bytes memory) {
        return wallet == address(0) ? bytes("") : abi.encodePacked(wallet);
    }

    function _checkDeadline(uint256 agentId, uint256 deadline, uint256 lastDeadline) private view {
        // A consent lasts minutes, and a block's time can be shifted by seconds: too little to matter, and the wallet that
        // is set is the one that consented in any case.
        // slither-disable-next-line timestamp
        if (deadline < block.timestamp) revert ConsentExpired(deadline, block.timestamp);
        uint256 latest;
        unchecked {
            // A block's time is nowhere near 2^256.
            latest = block.timestamp + MAX_CONSENT_PERIOD;
        }
        if (deadline > latest) revert ConsentTooFarAhead(deadline, latest);
        // Deadlines only rise, so that a consent cannot be used again: not at once, not after an unset, not after a
        // round trip of the token, and not in turn with another one.
        if (deadline <= lastDeadline) revert ConsentAlreadyUsed(agentId, deadline, lastDeadline);
    }

    /// @dev The key comes first, because an account delegated by EIP-7702 has code and still its key.
    function _checkConsent(
        uint256 agentId,
        address newWallet,
        address owner_,
        uint256 deadline,
        bytes calldata signature
    ) private view {
        bytes32 digest = _hashTypedDataV4(
            keccak256(abi.encode(WALLET_CONSENT_TYPEHASH, agentId, newWallet, owner_, deadline))
        );
        // What is left out is a detail of the failure: of a signature that is not the key's it does not matter why.
        // slither-disable-next-line unused-return
        (address signer, ECDSA.RecoverError failure,) = ECDSA.tryRecoverCalldata(digest, signature);
        if (failure == ECDSA.RecoverError.NoError && signer == newWallet) return;
        if (!SignatureChecker.isValidERC1271SignatureNowCalldata(newWallet, digest, signature)) {
            revert InvalidConsent(newWallet);
        }
    }

    // ------------------------------------------------------------------------------- TRANSFER, APPROVAL, OPT-OUT

    /// @inheritdoc IERC721
    function transferFrom(address from, address to, uint256 tokenId) public override(ERC721, IERC721) nonReentrant {
        super.transferFrom(from, to, tokenId);
    }

    /// @inheritdoc IERC721
    /// @dev The three-argument form ends here too. Written out because OpenZeppelin's calls the guarded
    /// {transferFrom}; the receiver is asked last.
    function safeTransferFrom(address from, address to, uint256 tokenId, bytes memory data)
        public
        override(ERC721, IERC721)
        nonReentrant
    {
        super.transferFrom(from, to, tokenId);
        ERC721Utils.checkOnERC721Received(msg.sender, from, to, tokenId, data);
    }

    /// @inheritdoc IERC721
    /// @dev Reverts with {OperatorOptedOut} if `to` refuses to be an operator.
    function approve(address to, uint256 tokenId) public override(ERC721, IERC721) nonReentrant {
        if (to != address(0)) _checkNotOptedOut(to);
        super.approve(to, tokenId);
    }

    /// @inheritdoc IERC721
    /// @dev Reverts with {OperatorOptedOut} if `operator` is to be approved and refuses to be one.
    function setApprovalForAll(address operator, bool approved) public override(ERC721, IERC721) nonReentrant {
        if (approved) _checkNotOptedOut(operator);
        super.setApprovalForAll(operator, approved);
    }

    /// @inheritdoc IIdentityRegistry
    function setOperatorOptOut(bool optedOut) external nonReentrant {
        _operatorOptOut[msg.sender] = optedOut;
        emit OperatorOptOutSet(msg.sender, optedOut);
    }

    /// @inheritdoc IIdentityRegistry
    function operatorOptOut(address account) external view returns (bool) {
        return _operatorOptOut[account];
    }

    /// @inheritdoc IERC721
    /// @dev False for an operator that has opted out, whatever is stored.
    function isApprovedForAll(address owner, address operator) public view override(ERC721, IERC721) returns (bool) {
        return super.isApprovedForAll(owner, operator) && !_operatorOptOut[operator];
    }

    /// @inheritdoc IIdentityRegistry
    function isAuthorizedOrOwner(address spender, uint256 agentId) external view returns (bool) {
        return _isAuthorized(_requireOwned(agentId), spender, agentId);
    }

    /// @inheritdoc IIdentityRegistry
    function isAffiliated(address account, uint256 agentId) external view returns (bool) {
        address owner_ = _requireOwned(agentId);
        if (_isAuthorized(owner_, account, agentId)) return true;
        AgentState storage agent = _agents[agentId];
        // A wallet that is not explicit is the owner, who is authorised.
        return agent.walletIsExplicit && agent.wallet == account && account != address(0);
    }

    /// @inheritdoc IIdentityRegistry
    function ownershipEpoch(uint256 agentId) external view returns (uint256) {
        return _agents[agentId].ownershipEpoch;
    }

    /// @dev Zero for an approved account that has opted out, whatever is stored.
    function _getApproved(uint256 agentId) internal view override returns (address approved) {
        approved = super._getApproved(agentId);
        if (approved != address(0) && _operatorOptOut[approved]) approved = address(0);
    }

    /// @dev A transfer to somebody else clears the wallet, which the previous owner chose, and starts an epoch.
    function _update(address to, uint256 agentId, address auth) internal override returns (address from) {
        from = super._update(to, agentId, auth);
        if (from == address(0) || from == to) return from;
        AgentState storage agent = _agents[agentId];
        // Saturates instead of reverting: no number of transfers locks an agent in.
        if (agent.ownershipEpoch != type(uint32).max) ++agent.ownershipEpoch;
        _writeWallet(agentId, agent, address(0));
    }

    function _checkNotOptedOut(address operator) private view {
        if (_operatorOptOut[operator]) revert OperatorOptedOut(operator);
    }

    /// @dev The owner of an agent, if the caller may act for it.
    function _requireAuthorized(uint256 agentId) private view returns (address owner_) {
        owner_ = _requireOwned(agentId);
        if (!_isAuthorized(owner_, msg.sender, agentId)) revert NotAuthorized(agentId, msg.sender);
    }

    // ---------------------------------------------------------------------------------------------- ADMINISTRATION

    /// @inheritdoc IIdentityRegistry
    function setBaseURI(string calldata newBaseURI) external onlyRole(REGISTRY_ADMIN_ROLE) {
        _checkSize("baseURI", bytes(newBaseURI).length, MAX_URI_SIZE);
        _uris[0] = newBaseURI;
        _hasBaseUri = bytes(newBaseURI).length != 0;
        emit BaseURIUpdated(newBaseURI, msg.sender);
        emit BatchMetadataUpdate(1, type(uint256).max);
    }

    /// @notice Whether an interface is supported.
    /// @param interfaceId Its ERC-165 id: ERC-165, 721, 721 metadata, 4906, 8004, access control, and our own.
    /// @return Whether it is.
    function supportsInterface(bytes4 interfaceId)
        public
        view
        override(ERC721, IERC165, AccessControlDefaultAdminRules)
        returns (bool)
    {
        return interfaceId == ERC4906_INTERFACE_ID || interfaceId == type(IERC8004Identity).interfaceId
            || interfaceId == type(IIdentityRegistry).interfaceId || super.supportsInterface(interfaceId);
    }
}
