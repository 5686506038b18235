// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {UnitLibraryHarness} from "../contracts/test/UnitLibraryHarness.sol";
import {ClientTotals} from "../contracts/libraries/ClientTotals.sol";
import {Symbolic} from "./Symbolic.sol";

/// @title The summary never wraps
contract SummaryProof is Symbolic {
    int256 private constant MAX_SCALED = 1e38 * 1e18;
    uint256 private constant MAX_COUNT = 2_000_000;

    UnitLibraryHarness private _library;

    function setUp() public {
        _library = new UnitLibraryHarness();
    }

    /// @notice Adding keeps every field of a client's totals exact and within its bits.
    function check_adding(int256 sum, uint64 last, uint64 live, uint8 decimals, int256 value, uint8 valueDecimals)
        public
        view
    {
        ClientTotals totals = _totals(sum, last, live, decimals);
        VM.assume(last < MAX_COUNT);
        VM.assume(value >= -MAX_SCALED && value <= MAX_SCALED);
        VM.assume(valueDecimals <= 18);
        try _library.addToTotals(totals, value, valueDecimals) returns (ClientTotals added) {
            _assertTotals(
                added, sum + value, last + 1, live + 1, valueDecimals > decimals ? valueDecimals : decimals
            );
        } catch {
            assert(false);
        }
    }

    function _totals(int256 sum, uint64 last, uint64 live, uint8 decimals) private pure returns (ClientTotals) {
        VM.assume(last <= MAX_COUNT && live <= last && decimals <= 18);
        int256 bound = int256(uint256(live)) * MAX_SCALED;
        VM.assume(sum >= -bound && sum <= bound);
        if (live == 0) VM.assume(decimals == 0);
        return ClientTotals.wrap(
            uint256(uint208(int208(sum))) | uint256(last) << 208 | uint256(live) << 229 | uint256(decimals) << 250
        );
    }

    function _assertTotals(ClientTotals totals, int256 sum, uint64 last, uint64 live, uint8 decimals) private view {
        (uint64 lastRead, uint64 liveRead, int256 sumRead, uint8 decimalsRead) = _library.readTotals(totals);
        assert(lastRead == last);
        assert(liveRead == live);
        assert(sumRead == sum);
        assert(decimalsRead == decimals);
    }
}
