// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {IERC721Errors} from "@openzeppelin/contracts/interfaces/draft-IERC6093.sol";
import {ERC165Checker} from "@openzeppelin/contracts/utils/introspection/ERC165Checker.sol";
import {IIdentityRegistry} from "../interfaces/IIdentityRegistry.sol";
import {ITagBook} from "../interfaces/ITagBook.sol";
import {IWiredRegistry} from "../interfaces/IWiredRegistry.sol";
import {Paging} from "../libraries/Paging.sol";
import {RegistryBase} from "./RegistryBase.sol";

/// @title What the reputation and the validation registry share: the wire to the identity registry, and tags by number
/// @dev The wire is checked at deployment, because a registry wired to a wrong address deploys without a sound and is
/// dead: the address must have code, announce the interface, and answer a probe as only an identity registry does.
abstract contract WiredRegistry is RegistryBase, IWiredRegistry, ITagBook {
    /// @inheritdoc IWiredRegistry
    uint256 public constant MAX_PAGE_SIZE = Paging.MAX_PAGE_SIZE;
    /// @inheritdoc ITagBook
    uint256 public constant MAX_TAG_SIZE = 128;

    /// @dev An id that no tag has, and so nothing that is stored.
    uint32 private constant UNKNOWN_TAG = type(uint32).max;

    IIdentityRegistry internal immutable IDENTITY;

    /// @inheritdoc ITagBook
    /// @dev Shares its slot with {Pausable}'s flag, which every write reads anyway.
    uint32 public tagCount;
    mapping(string tag => uint32 tagId) private _tagIds;
    mapping(uint32 tagId => string tag) private _tagTexts;

    constructor(IIdentityRegistry identity, uint48 adminDelay, address admin, address pauser)
        RegistryBase(adminDelay, admin, pauser)
    {
        address wire = address(identity);
        if (wire.code.length == 0) revert InvalidIdentityRegistry(wire, "no code");
        if (!ERC165Checker.supportsInterface(wire, type(IIdentityRegistry).interfaceId)) {
            revert InvalidIdentityRegistry(wire, "interface not supported");
        }
        if (!_knowsNoAgentZero(identity)) revert InvalidIdentityRegistry(wire, "probe failed");
        IDENTITY = identity;
    }

    // -------------------------------------------------------------------------------------------------------- TAGS

    /// @inheritdoc ITagBook
    function tagText(uint32 tagId) public view returns (string memory) {
        if (tagId > tagCount) revert UnknownTag(tagId);
        return _tagTexts[tagId];
    }

    /// @dev The id to look for: zero for the empty tag, UNKNOWN_TAG for one that was never used.
    function _findTag(string calldata tag) internal view returns (uint32 tagId) {
        if (bytes(tag).length == 0) return 0;
        tagId = _tagIds[tag];
        if (tagId == 0) tagId = UNKNOWN_TAG;
    }

    /// @dev The id of a tag, a new one at its first use. The empty tag is never stored: its id is zero.
    function _internTag(string calldata tag) internal returns (uint32 tagId) {
        uint256 size = bytes(tag).length;
        if (size == 0) return 0;
        tagId = _tagIds[tag];
        if (tagId != 0) return tagId;
        _checkSize("tag", size, MAX_TAG_SIZE);
        if (tagCount == UNKNOWN_TAG - 1) revert TagBookFull();
        unchecked {
            // Below its limit, see above.
            tagId = ++tagCount;
        }
        _tagIds[tag] = tagId;
        _tagTexts[tagId] = tag;
    }

    // ------------------------------------------------------------------------------------------------------ WIRING

    /// @dev An identity registry of this project reverts with ERC721NonexistentToken(0) for the agent 0.
    function _knowsNoAgentZero(IIdentityRegistry identity) private view returns (bool) {
        // Whatever the answer is: that there is one is wrong.
        // slither-disable-next-line unused-return
        try identity.isAffiliated(address(this), 0) returns (bool) {
            return false;
        } catch (bytes memory reason) {
            return
                keccak256(reason) == keccak256(abi.encodeWithSelector(IERC721Errors.ERC721NonexistentToken.selector, 0));
        }
    }
}
