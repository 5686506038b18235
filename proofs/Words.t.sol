// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {UnitLibraryHarness} from "../contracts/test/UnitLibraryHarness.sol";
import {PackedFeedback} from "../contracts/libraries/PackedFeedback.sol";
import {Symbolic} from "./Symbolic.sol";

/// @title Packed feedback and pages, for all values
/// @custom:bounds none
contract WordsProof is Symbolic {
    uint256 private constant REVOKED = 1 << 135;
    uint256 private constant RESPONSES = uint256(type(uint24).max) << 168;

    UnitLibraryHarness private _library;

    function setUp() public {
        _library = new UnitLibraryHarness();
    }

    /// @notice What is packed into a feedback's slot is read back as it was, not revoked and without responses.
    function check_words_roundTrip(int128 value, uint8 decimals, uint32 time, uint32 tag1Id, uint32 tag2Id)
        public
        view
    {
        VM.assume(decimals <= 18);
        _assertRoundTrip(value, decimals, time, tag1Id, tag2Id);
    }

    /// @notice Revoking sets the revoked bit and no other; a response changes the count alone, by one or not at all.
    function check_words_updates(uint256 word) public view {
        PackedFeedback entry = PackedFeedback.wrap(word);
        assert(PackedFeedback.unwrap(_library.revoke(entry)) == word | REVOKED);
        uint256 responded = PackedFeedback.unwrap(_library.addResponse(entry));
        assert(responded & ~RESPONSES == word & ~RESPONSES);
        uint256 before = uint24(word >> 168);
        assert(uint24(responded >> 168) == (before == type(uint24).max ? before : before + 1));
    }

    /// @notice A page starts at the cursor, has at most `limit` items, none beyond the total, and the next one starts
    /// where it ends: pages neither repeat nor skip an item.
    function check_words_pages(uint256 total, uint256 cursor, uint256 limit) public view {
        VM.assume(limit > 0 && limit <= 500);
        (uint256 start, uint256 end, uint256 nextCursor) = _library.slice(total, cursor, limit);
        if (cursor >= total) {
            assert(start == 0 && end == 0 && nextCursor == 0);
        } else {
            assert(start == cursor && end > start && end <= total && end - start <= limit);
            assert(nextCursor == (end == total ? 0 : end));
            assert(end == total || end - start == limit);
        }
    }

    /// @notice Too much: decimals of any size are read back.
    function refute_words_roundTripAnyDecimals(int128 value, uint8 decimals, uint32 time) public view {
        _assertRoundTrip(value, decimals, time, 0, 0);
    }

    /// @notice Too much: a response always counts.
    function refute_words_responsesUnbounded(uint256 word) public view {
        uint256 responded = PackedFeedback.unwrap(_library.addResponse(PackedFeedback.wrap(word)));
        assert(responded != word);
    }

    /// @notice Too much: every page is full.
    function refute_words_fullPages(uint256 total, uint256 cursor, uint256 limit) public view {
        (uint256 start, uint256 end,) = _library.slice(total, cursor, limit);
        assert(end - start == limit);
    }

    function _assertRoundTrip(int128 value, uint8 decimals, uint32 time, uint32 tag1Id, uint32 tag2Id) private view {
        (
            int128 valueRead,
            uint8 decimalsRead,
            bool isRevoked,
            uint32 timeRead,
            uint24 responses,
            uint32 tag1Read,
            uint32 tag2Read
        ) = _library.unpack(_library.pack(value, decimals, time, tag1Id, tag2Id));
        assert(valueRead == value && decimalsRead == decimals && timeRead == time);
        assert(tag1Read == tag1Id && tag2Read == tag2Id);
        assert(!isRevoked && responses == 0);
    }
}
