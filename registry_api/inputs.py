"""What comes from outside, as types that check it: addresses, hashes, tags and values."""

from __future__ import annotations

import re
from typing import Annotated, Any, TypeVar

from eth_utils.address import is_checksum_address, to_checksum_address
from pydantic import AfterValidator, BaseModel, BeforeValidator, Field, ValidationError, WithJsonSchema
from pydantic_core import ErrorDetails, PydanticCustomError

from registry_api.problems import Problem

_ADDRESS = re.compile(r"0x[0-9a-fA-F]{40}")
_BYTES = re.compile(r"0x([0-9a-fA-F]{2})*")

Model = TypeVar("Model", bound=BaseModel)


def _address(text: str) -> str:
    digits = text[2:]
    one_case = digits in {digits.lower(), digits.upper()}
    if _ADDRESS.fullmatch(text) and (one_case or is_checksum_address(text)):
        return to_checksum_address(text)
    raise PydanticCustomError("address", "is 0x and 40 digits, with a right checksum (EIP-55) if in mixed case")


def _bytes(value: Any) -> bytes:
    if not isinstance(value, str):
        raise PydanticCustomError("bytes", "is a text")
    if value.startswith("0x"):
        if not _BYTES.fullmatch(value):
            raise PydanticCustomError("bytes", "has an even number of hexadecimal digits after 0x")
        return bytes.fromhex(value[2:])
    return value.encode()


def _storable(text: str) -> str:
    # As the database keeps what is on the chain.
    return text.replace("\0", "\\x00")


Address = Annotated[str, AfterValidator(_address), Field(examples=["0x8004A169FB4a3325136EB29fA0ceB6D2e539a432"])]
"""An account, in any case that EIP-55 allows; its own form is EIP-55's."""
MetadataValue = Annotated[bytes, BeforeValidator(_bytes), WithJsonSchema({"type": "string"})]
"""Bytes: a text, or 0x and hexadecimal digits."""
Tag = Annotated[str, Field(max_length=1_024), AfterValidator(_storable)]
MetadataKey = Annotated[str, Field(max_length=1_024), AfterValidator(_storable)]
"""As responses have it."""
Hash = Annotated[str, Field(pattern=r"^0x[0-9a-fA-F]{64}$")]


def checked(model: type[Model], given: Any) -> Model:
    """A model of what was given.

    :raises Problem: INVALID_ADDRESS or INVALID_VALUE, with what is wrong in each place
    """
    try:
        return model.model_validate(given)
    except ValidationError as error:
        raise invalid(error.errors(include_url=False, include_context=False)) from None


def invalid(errors: list[ErrorDetails]) -> Problem:
    """What is wrong, as the API says it."""
    found = [
        {"parameter": _shown(".".join(map(str, one["loc"]))), "value": _shown(one["input"]), "rule": one["msg"]}
        for one in errors[:20]
    ]
    code = "INVALID_ADDRESS" if errors[0]["type"] == "address" else "INVALID_VALUE"
    first = found[0]
    return Problem(code, f"{first['parameter']}: {first['value']!r}: {first['rule']}", invalid=found)


def _shown(value: Any) -> str:
    text = value if isinstance(value, str) else repr(value)
    cut = text if len(text) <= 80 else f"{text[:80]}..."
    # JSON's escapes make half of a surrogate pair, too, which is no text.
    return cut.encode(errors="backslashreplace").decode()
