// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {SafeCast} from "@openzeppelin/contracts/utils/math/SafeCast.sol";

/// @title Sums and averages of decimal numbers, without wrapping
library DecimalMath {
    /// @notice The decimals in which values are summed up, and the most that a value may have.
    uint8 internal constant MAX_DECIMALS = 18;

    /// @notice A value in units of 10^-18.
    /// @param value The value, in units of 10^-decimals.
    /// @param decimals The decimals, at most 18.
    function scale(int128 value, uint8 decimals) internal pure returns (int256) {
        unchecked {
            return int256(value) * int256(10 ** (MAX_DECIMALS - decimals));
        }
    }

    /// @notice The average of values, truncated toward zero.
    /// @dev The decimals are lowered until the average fits; one of values up to 1e38 always fits with none.
    /// @param sum The sum of the values, in units of 10^-18.
    /// @param count How many there are, not zero.
    /// @param decimals The decimals wanted, at most 18.
    /// @return value The average, in units of 10^-valueDecimals.
    /// @return valueDecimals The decimals of the average.
    function average(int256 sum, uint256 count, uint8 decimals)
        internal
        pure
        returns (int128 value, uint8 valueDecimals)
    {
        unchecked {
            int256 quotient = sum / int256(count * 10 ** (MAX_DECIMALS - decimals));
            valueDecimals = decimals;
            while (quotient > type(int128).max || quotient < type(int128).min) {
                quotient /= 10;
                --valueDecimals;
            }
            value = SafeCast.toInt128(quotient);
        }
    }
}
