// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

/// @title Sets of addresses in memory
/// @notice Open addressing in a table at most half full: membership costs the same for ten addresses and ten thousand.
/// @dev The hash multiplies by a factor drawn from the data of the whole call. Who would make the table slow must
/// choose addresses that collide under a factor which depends on all of them. The zero address is never a member: it
/// is no client, responder or validator.
library AddressSet {
    struct Set {
        address[] table; // its length is a power of two; zero is a free place
        uint256 factor; // odd
    }

    /// @notice The addresses of a list in their order, without duplicates.
    /// @dev Zero stays wherever it stands, so that a list of zeros does not become an empty one, which means everybody.
    /// @param list The addresses.
    /// @return distinct The same, each once.
    function dedupe(address[] calldata list) internal pure returns (address[] memory distinct) {
        Set memory set = create(list.length);
        distinct = new address[](list.length);
        uint256 size = 0;
        unchecked {
            for (uint256 i = 0; i < list.length; ++i) {
                address account = list[i];
                if (insert(set, account)) {
                    distinct[size] = account;
                    ++size;
                }
            }
        }
        if (size != list.length) distinct = _head(distinct, size);
    }

    /// @notice The set of the addresses of a list.
    /// @param list The addresses; duplicates and zero are left out.
    /// @return set The set.
    function fromList(address[] calldata list) internal pure returns (Set memory set) {
        set = create(list.length);
        for (uint256 i = 0; i < list.length; ++i) {
            insert(set, list[i]);
        }
    }

    /// @notice Whether an address is in a set.
    /// @param set The set.
    /// @param account The address, not zero.
    /// @return Whether it is.
    function contains(Set memory set, address account) internal pure returns (bool) {
        (, address found) = _find(set, account);
        return found == account;
    }

    /// @notice An empty set.
    /// @param size How many addresses it is to have room for.
    /// @return set The set.
    function create(uint256 size) internal pure returns (Set memory set) {
        unchecked {
            uint256 length = 2;
            while (length < 2 * size) length *= 2;
            set.table = new address[](length);
            set.factor = uint256(keccak256(msg.data)) | 1;
        }
    }

    /// @notice Puts an address into a set.
    /// @param set The set.
    /// @param account The address.
    /// @return fresh Whether it was not in the set before; always true for zero.
    function insert(Set memory set, address account) internal pure returns (bool fresh) {
        (uint256 place, address found) = _find(set, account);
        fresh = found == address(0);
        if (fresh) set.table[place] = account;
    }

    /// @dev The place of the address and the address, or the free place where it belongs and zero.
    function _find(Set memory set, address account) private pure returns (uint256 place, address found) {
        address[] memory table = set.table;
        unchecked {
            // Wraps on purpose: the product modulo 2^256, of which high bits are used, and the probe at the table's end.
            uint256 mask = table.length - 1;
            place = (uint256(uint160(account)) * set.factor) >> 192 & mask;
            found = table[place];
            while (found != address(0) && found != account) {
                place = (place + 1) & mask;
                found = table[place];
            }
        }
    }

    function _head(address[] memory list, uint256 size) private pure returns (address[] memory head) {
        head = new address[](size);
        for (uint256 i = 0; i < size; ++i) {
            head[i] = list[i];
        }
    }
}
