// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

/// @title Sets of addresses in memory
/// @notice Open addressing in a table at most half full: membership costs the same for ten addresses and ten thousand.
/// @dev The hash multiplies by a factor drawn from the data of the whole call. Who would make the table slow must
/// choose addresses that collide under a factor which depends on all of them. The zero address is never a member: it
/// is no client, responder or validator.
library AddressSet {
    struct Set {
        address[] table; // its length is a power of two
        uint256 factor; // odd
    }

    /// @notice The addresses of a list in their order, without duplicates.
    /// @dev Zero stays wherever it stands, so that a list of zeros does not become an empty one, which means everybody.
    /// @param list The addresses.
    /// @return distinct The same, each once.
    function dedupe(address[] calldata list) internal pure returns (address[] memory distinct) {
        Set memory set = _create(list.length);
        address[] memory found = new address[](list.length);
        unchecked {
            uint256 size = 0;
            for (uint256 i = 0; i < list.length; ++i) {
                address account = list[i];
                if (_insert(set, account)) {
                    found[size] = account;
                    ++size;
                }
            }
            distinct = new address[](size);
            for (uint256 i = 0; i < size; ++i) {
                distinct[i] = found[i];
            }
        }
    }

    /// @notice The set of the addresses of a list.
    /// @param list The addresses; duplicates and zero are left out.
    /// @return set The set.
    function fromList(address[] calldata list) internal pure returns (Set memory set) {
        set = _create(list.length);
        for (uint256 i = 0; i < list.length; ++i) {
            _insert(set, list[i]);
        }
    }

    /// @notice Whether an address is in a set.
    /// @param set The set.
    /// @param account The address, not zero.
    /// @return Whether it is.
    function contains(Set memory set, address account) internal pure returns (bool) {
        return set.table[_find(set, account)] == account;
    }

    /// @dev An empty set with room for a number of addresses.
    function _create(uint256 size) private pure returns (Set memory set) {
        unchecked {
            uint256 length = 2;
            while (length < 2 * size) length *= 2;
            set.table = new address[](length);
            set.factor = uint256(keccak256(msg.data)) | 1;
        }
    }

    /// @dev Whether the address was not in the set before; true for zero, which is not put in.
    function _insert(Set memory set, address account) private pure returns (bool fresh) {
        if (account == address(0)) return true;
        uint256 slot = _find(set, account);
        fresh = set.table[slot] == address(0);
        if (fresh) set.table[slot] = account;
    }

    /// @dev The slot that holds the address, or the free one where it belongs.
    function _find(Set memory set, address account) private pure returns (uint256 slot) {
        address[] memory table = set.table;
        unchecked {
            // Wraps on purpose: the product modulo 2^256, of which high bits are used, and the probe at the table's end.
            uint256 mask = table.length - 1;
            slot = (uint256(uint160(account)) * set.factor) >> 192 & mask;
            while (table[slot] != address(0) && table[slot] != account) slot = (slot + 1) & mask;
        }
    }
}
