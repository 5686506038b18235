// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {UnitLibraryHarness} from "../contracts/test/UnitLibraryHarness.sol";
import {ClientTotals} from "../contracts/libraries/ClientTotals.sol";
import {Symbolic} from "./Symbolic.sol";

/// @title A summary never wraps
/// @dev A client's totals are those of up to MAX_COUNT values of at most 1e38, in units of 10^-18: `sum` is at most
/// `live * 1e56` either way. The first two claims are the steps of the induction that all totals are of this form. A
/// call into the harness that reverts fails the claim: no checked cast ever does.
/// @custom:bounds none; one step of the average's induction is by hand, see there
/// @custom:halmos --solver yices --solver-timeout-branching 100ms
contract SummaryProof is Symbolic {
    int256 private constant MAX_SCALED = 1e38 * 1e18;
    uint64 private constant MAX_COUNT = 2_000_000;

    UnitLibraryHarness private _library;

    function setUp() public {
        _library = new UnitLibraryHarness();
    }

    /// @notice A feedback more: the sum is exact, each counter one higher, no field reaches into another.
    function check_summary_add(int256 sum, uint64 last, uint64 live, uint8 decimals, int256 value, uint8 valueDecimals)
        public
        view
    {
        ClientTotals totals = _totals(sum, last, live, decimals);
        VM.assume(last < MAX_COUNT);
        _assumeValue(value, valueDecimals);
        ClientTotals added = _add(totals, value, valueDecimals);
        _assertTotals(added, sum + value, last + 1, live + 1, valueDecimals > decimals ? valueDecimals : decimals);
    }

    /// @notice One of the live feedbacks less: the sum is that of the others, only the live counter is one lower.
    function check_summary_remove(
        int256 others,
        uint64 last,
        uint64 live,
        uint8 decimals,
        int256 value,
        uint8 valueDecimals
    ) public view {
        VM.assume(live > 0 && _isSumOf(others, live - 1));
        _assumeValue(value, valueDecimals);
        ClientTotals removed = _remove(_totals(others + value, last, live, decimals), value);
        _assertTotals(removed, others, last, live - 1, live == 1 ? 0 : decimals);
    }

    /// @notice Adding a client's sum to that of fewer than 2^64 values does not wrap.
    function check_summary_clients(int256 sum, int256 clientSum) public pure {
        _assertNoWrap(sum, clientSum, int256(uint256(type(uint64).max)) * MAX_SCALED);
    }

    /// @notice The average in 18 decimals is the quotient of sum and count, divided by ten and truncated as often as it
    /// takes to fit into 128 bits, and at most 18 times; no cast fails.
    /// @dev Assumed of the quotient: it keeps its sign when it is divided, and is at most 1e38 after 18 times. By the
    /// next claim it is, for it begins at no more than 1e56, since the sum is at most `count * 1e56`. An average that
    /// begins with fewer decimals goes the same way from further down.
    /// @custom:halmos --loop 20 --solver-timeout-branching 30s
    function check_summary_average(int256 sum, uint64 count) public view {
        VM.assume(count > 0);
        int256[19] memory quotients;
        quotients[0] = sum / int256(uint256(count));
        for (uint256 i = 0; i < 18; ++i) {
            quotients[i + 1] = quotients[i] / 10;
            VM.assume(quotients[i] < 0 ? quotients[i + 1] <= 0 : quotients[i + 1] >= 0);
        }
        VM.assume(quotients[18] >= -1e38 && quotients[18] <= 1e38);

        (int128 value, uint8 valueDecimals) = _average(sum, count, 18);
        assert(valueDecimals <= 18);
        assert(value == quotients[18 - valueDecimals]);
    }

    /// @notice A tenth of a quotient of at most 10^(38 + decimals) is at most 10^(37 + decimals), and of the same sign.
    /// @custom:halmos --loop 20
    function check_summary_tenth(int256 quotient, uint8 decimals) public pure {
        decimals = _concrete(decimals);
        VM.assume(decimals > 0);
        int256 bound = int256(10 ** (38 + uint256(decimals)));
        VM.assume(quotient >= -bound && quotient <= bound);
        int256 tenth = quotient / 10;
        assert(tenth >= -bound / 10 && tenth <= bound / 10);
        assert(quotient < 0 ? tenth <= 0 : tenth >= 0);
    }

    /// @notice Scaling is exact for all values and decimals allowed, and gives at most 1e56 either way.
    /// @custom:halmos --loop 20
    function check_summary_scale(int128 value, uint8 decimals) public view {
        VM.assume(value >= -1e38 && value <= 1e38);
        decimals = _concrete(decimals);
        int256 scaled = _library.scale(value, decimals);
        assert(scaled == int256(value) * int256(10 ** uint256(18 - decimals)));
        assert(_isSumOf(scaled, 1));
    }

    /// @notice Too much: totals at the limit of the count take one feedback more.
    function refute_summary_addWithoutLimit(int256 sum, uint64 last, uint64 live, uint8 decimals) public view {
        ClientTotals added = _add(_totals(sum, last, live, decimals), 0, 0);
        (uint64 lastRead,,,) = _library.readTotals(added);
        assert(lastRead <= MAX_COUNT);
    }

    /// @notice Too much: removing leaves the highest decimals.
    function refute_summary_removeKeepsDecimals(int256 sum, uint64 last, uint64 live, uint8 decimals) public view {
        VM.assume(live > 0);
        ClientTotals removed = _remove(_totals(sum, last, live, decimals), 0);
        (,,, uint8 decimalsRead) = _library.readTotals(removed);
        assert(decimalsRead == decimals);
    }

    /// @notice Too much: nor does it if the sum may be any.
    function refute_summary_clientsWithoutLimit(int256 sum, int256 clientSum) public pure {
        _assertNoWrap(sum, clientSum, type(int256).max);
    }

    /// @notice Too much: every average in 18 decimals keeps them.
    function refute_summary_averageKeepsDecimals(uint8 more) public view {
        (, uint8 valueDecimals) = _average(int256(type(int128).max) + int256(uint256(more)), 1, 18);
        assert(valueDecimals == 18);
    }

    function _assertNoWrap(int256 sum, int256 clientSum, int256 bound) private pure {
        VM.assume(sum >= -bound && sum <= bound && _isSumOf(clientSum, MAX_COUNT));
        unchecked {
            int256 total = sum + clientSum;
            assert(clientSum < 0 ? total < sum : total >= sum);
        }
    }

    // ------------------------------------------------------------------------------------------------- ASSUMPTIONS

    function _isSumOf(int256 sum, uint64 count) private pure returns (bool) {
        int256 bound = int256(uint256(count)) * MAX_SCALED;
        return sum >= -bound && sum <= bound;
    }

    function _assumeValue(int256 value, uint8 decimals) private pure {
        VM.assume(_isSumOf(value, 1) && decimals <= 18);
    }

    function _totals(int256 sum, uint64 last, uint64 live, uint8 decimals) private pure returns (ClientTotals) {
        VM.assume(last <= MAX_COUNT && live <= last && decimals <= 18);
        VM.assume(_isSumOf(sum, live));
        if (live == 0) VM.assume(decimals == 0);
        return ClientTotals.wrap(
            uint256(uint208(int208(sum))) | uint256(last) << 208 | uint256(live) << 229 | uint256(decimals) << 250
        );
    }

    /// @dev The same number, a constant on each path: solvers know powers of ten with a constant exponent only.
    function _concrete(uint8 decimals) private pure returns (uint8) {
        for (uint8 candidate = 0; candidate < 18; ++candidate) {
            if (decimals == candidate) return candidate;
        }
        VM.assume(decimals == 18);
        return 18;
    }

    // ------------------------------------------------------------------------------------------------------- CALLS

    function _add(ClientTotals totals, int256 value, uint8 decimals) private view returns (ClientTotals added) {
        try _library.addToTotals(totals, value, decimals) returns (ClientTotals result) {
            return result;
        } catch {
            assert(false);
        }
    }

    function _remove(ClientTotals totals, int256 value) private view returns (ClientTotals removed) {
        try _library.removeFromTotals(totals, value) returns (ClientTotals result) {
            return result;
        } catch {
            assert(false);
        }
    }

    function _average(int256 sum, uint64 count, uint8 decimals)
        private
        view
        returns (int128 value, uint8 valueDecimals)
    {
        try _library.average(sum, count, decimals) returns (int128 result, uint8 resultDecimals) {
            return (result, resultDecimals);
        } catch {
            assert(false);
        }
    }

    function _assertTotals(ClientTotals totals, int256 sum, uint64 last, uint64 live, uint8 decimals) private view {
        (uint64 lastRead, uint64 liveRead, int256 sumRead, uint8 decimalsRead) = _library.readTotals(totals);
        assert(lastRead == last && liveRead == live);
        assert(sumRead == sum);
        assert(decimalsRead == decimals);
        assert(ClientTotals.unwrap(totals) >> 255 == 0);
    }
}
