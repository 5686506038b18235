// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {
    AccessControlDefaultAdminRules
} from "@openzeppelin/contracts/access/extensions/AccessControlDefaultAdminRules.sol";
import {Pausable} from "@openzeppelin/contracts/utils/Pausable.sol";
import {ReentrancyGuardTransient} from "@openzeppelin/contracts/utils/ReentrancyGuardTransient.sol";
import {IRegistryBase} from "../interfaces/IRegistryBase.sol";

/// @title What the three registries share: version, roles, pause, reentrancy guard
/// @dev Every entry point that changes state is guarded, those of the roles included: nothing in a registry can be
/// called from a callback of the same registry. {Pausable} comes last: its flag shares a slot with the first state
/// variable of the contract that inherits this one.
abstract contract RegistryBase is IRegistryBase, AccessControlDefaultAdminRules, ReentrancyGuardTransient, Pausable {
    /// @inheritdoc IRegistryBase
    bytes32 public constant PAUSER_ROLE = keccak256("PAUSER_ROLE");
    /// @inheritdoc IRegistryBase
    uint48 public constant MIN_ADMIN_DELAY = 1 days;
    /// @inheritdoc IRegistryBase
    uint256 public constant MAX_URI_SIZE = 10_240;

    constructor(uint48 adminDelay, address admin, address pauser) AccessControlDefaultAdminRules(adminDelay, admin) {
        _checkAdminDelay(adminDelay);
        _checkNotZero("pauser", pauser);
        _grantRole(PAUSER_ROLE, pauser);
    }

    /// @inheritdoc IRegistryBase
    function getVersion() external pure returns (string memory) {
        return "2.1.0";
    }

    // ------------------------------------------------------------------------------------------------------- PAUSE

    /// @inheritdoc IRegistryBase
    function pause() external onlyRole(PAUSER_ROLE) {
        _pause();
    }

    /// @inheritdoc IRegistryBase
    function unpause() external onlyRole(PAUSER_ROLE) {
        _unpause();
    }

    // ------------------------------------------------------------------------------------------------------- ROLES

    /// @dev Neither this nor the next function is behind {_checkRole}.
    function renounceRole(bytes32 role, address account) public override nonReentrant {
        super.renounceRole(role, account);
    }

    function acceptDefaultAdminTransfer() public override nonReentrant {
        super.acceptDefaultAdminTransfer();
    }

    /// @dev Reverts with {AdminDelayTooShort} below `MIN_ADMIN_DELAY`.
    function changeDefaultAdminDelay(uint48 newDelay) public override {
        super.changeDefaultAdminDelay(newDelay);
        _checkAdminDelay(newDelay);
    }

    /// @dev Guards all entry points that ask for a role, in one place: they call nobody, so it is enough that nobody
    /// can call them in the middle of another one.
    function _checkRole(bytes32 role) internal view override {
        if (_reentrancyGuardEntered()) revert ReentrancyGuardReentrantCall();
        super._checkRole(role);
    }

    // ------------------------------------------------------------------------------------------------------ CHECKS

    /// @dev No other transient storage is used. A small slot number instead of OpenZeppelin's hash keeps the code small.
    function _reentrancyGuardStorageSlot() internal pure override returns (bytes32) {
        return 0;
    }

    function _checkSize(bytes32 field, uint256 size, uint256 limit) internal pure {
        if (size > limit) revert SizeLimitExceeded(field, size, limit);
    }

    function _checkNotZero(string memory parameter, address account) internal pure {
        if (account == address(0)) revert ZeroAddress(parameter);
    }

    function _checkAdminDelay(uint48 delay) private pure {
        if (delay < MIN_ADMIN_DELAY) revert AdminDelayTooShort(delay, MIN_ADMIN_DELAY);
    }
}
