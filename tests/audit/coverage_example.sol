// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

library Steps {
    function next(uint256 x) internal pure returns (uint256) {
        return x + 1;
    }
}

contract Example {
    address public immutable CREATOR;
    uint256 public value;

    error TooLarge(uint256 x);

    modifier below(uint256 limit, uint256 x) {
        if (x >= limit) revert TooLarge(x);
        _;
    }

    constructor(uint256 start) {
        CREATOR = msg.sender;
        if (start == 0) value = 1;
        else value = start;
    }

    function choose(uint256 x) external below(100, x) returns (uint256) {
        if (x > 5) value = x;
        return x == 1 ? 10 : 20;
    }

    function count(uint256 rounds) external pure returns (uint256 total) {
        for (uint256 i = 0; i < rounds; ++i) {
            total = Steps.next(total);
        }
    }

    function both(uint256 a, uint256 b) external pure returns (bool) {
        while (a != 0 && b != 0) --a;
        return a == 0 || b == 0;
    }

    function ask(uint256 x) external returns (bool) {
        try this.choose(x) returns (uint256) {
            return msg.sender == CREATOR;
        } catch {
            return false;
        }
    }
}
