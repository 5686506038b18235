// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

/// @notice One feedback in one storage slot; zero is no feedback (the time of a real one is not zero).
/// @dev
/// ```
/// bit  255      224 223      192 191           168 167      136   135    134        128 127         0
///      | tag2 id  | tag1 id    | response count  | timestamp  | revoked | decimals     | value       |
///      |   32     |   32       |   24, saturates |   32       |    1    |    7         | int128      |
/// ```
type PackedFeedback is uint256;

using PackedFeedbackLib for PackedFeedback global;

/// @title Reads and writes the fields of a {PackedFeedback}
library PackedFeedbackLib {
    uint256 private constant DECIMALS_OFFSET = 128;
    uint256 private constant REVOKED_OFFSET = 135;
    uint256 private constant TIMESTAMP_OFFSET = 136;
    uint256 private constant RESPONSES_OFFSET = 168;
    uint256 private constant TAG1_OFFSET = 192;
    uint256 private constant TAG2_OFFSET = 224;

    /// @notice The bit that is set once the feedback is revoked.
    uint256 internal constant REVOKED = 1 << REVOKED_OFFSET;
    /// @notice The bits of the first tag's id.
    uint256 internal constant TAG1 = uint256(type(uint32).max) << TAG1_OFFSET;
    /// @notice The bits of the second tag's id.
    uint256 internal constant TAG2 = uint256(type(uint32).max) << TAG2_OFFSET;

    /// @notice A new feedback, not revoked, without responses.
    /// @param value_ The value.
    /// @param decimals_ The decimals, at most 18.
    /// @param timestamp_ The time, seconds since the epoch; its low 32 bits are kept.
    /// @param tags The ids of both tags in their place, see {placeTags}.
    function pack(int128 value_, uint8 decimals_, uint256 timestamp_, uint256 tags)
        internal
        pure
        returns (PackedFeedback)
    {
        return PackedFeedback.wrap(
            uint256(uint128(value_)) | uint256(decimals_) << DECIMALS_OFFSET | uint256(uint32(timestamp_))
                << TIMESTAMP_OFFSET | tags
        );
    }

    /// @notice The ids of two tags where a feedback holds them.
    function placeTags(uint32 tag1Id_, uint32 tag2Id_) internal pure returns (uint256) {
        return uint256(tag1Id_) << TAG1_OFFSET | uint256(tag2Id_) << TAG2_OFFSET;
    }

    /// @notice Whether there is a feedback.
    function exists(PackedFeedback self) internal pure returns (bool) {
        return PackedFeedback.unwrap(self) != 0;
    }

    /// @notice Whether the bits under a mask are as wanted: tags and the revoked flag in one comparison.
    function matches(PackedFeedback self, uint256 mask, uint256 wanted) internal pure returns (bool) {
        return PackedFeedback.unwrap(self) & mask == wanted;
    }

    function value(PackedFeedback self) internal pure returns (int128) {
        return int128(uint128(PackedFeedback.unwrap(self)));
    }

    function decimals(PackedFeedback self) internal pure returns (uint8) {
        return uint8(PackedFeedback.unwrap(self) >> DECIMALS_OFFSET) & 0x7f;
    }

    function isRevoked(PackedFeedback self) internal pure returns (bool) {
        return PackedFeedback.unwrap(self) & REVOKED != 0;
    }

    function timestamp(PackedFeedback self) internal pure returns (uint32) {
        return uint32(PackedFeedback.unwrap(self) >> TIMESTAMP_OFFSET);
    }

    function responseCount(PackedFeedback self) internal pure returns (uint24) {
        return uint24(PackedFeedback.unwrap(self) >> RESPONSES_OFFSET);
    }

    function tag1Id(PackedFeedback self) internal pure returns (uint32) {
        return uint32(PackedFeedback.unwrap(self) >> TAG1_OFFSET);
    }

    function tag2Id(PackedFeedback self) internal pure returns (uint32) {
        return uint32(PackedFeedback.unwrap(self) >> TAG2_OFFSET);
    }

    /// @notice The feedback, revoked.
    function revoke(PackedFeedback self) internal pure returns (PackedFeedback) {
        return PackedFeedback.wrap(PackedFeedback.unwrap(self) | REVOKED);
    }

    /// @notice The feedback with one response more; the count stays at its maximum once there.
    function addResponse(PackedFeedback self) internal pure returns (PackedFeedback) {
        if (self.responseCount() == type(uint24).max) return self;
        return PackedFeedback.wrap(PackedFeedback.unwrap(self) + (1 << RESPONSES_OFFSET));
    }
}
