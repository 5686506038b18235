"""Settings, from the environment: REGISTRY_API_..., and the RPC of each chain as in `registries.chains`."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

from eth_utils.address import is_checksum_address
from pydantic import AfterValidator, BaseModel, Field, NonNegativeInt, PositiveFloat, PositiveInt, SecretStr
from pydantic_settings import BaseSettings, SettingsConfigDict

from registries.address_config import AddressConfig
from registries.chains import Chain, chain_of
from registry_api.source import Source


def _checked(address: str) -> str:
    if not is_checksum_address(address):
        raise ValueError(f"{address!r} is not an address in EIP-55 form")
    return address


Address = Annotated[str, AfterValidator(_checked)]


class OtherRegistries(BaseModel):
    """Registries that have no address config, the public reference's for example."""

    chain_id: PositiveInt
    name: str
    identity: Address
    reputation: Address
    validation: Address | None = None
    start_block: NonNegativeInt


class Settings(BaseSettings):
    """What can be set.

    :ivar database_url: sqlite:///path or postgresql://user:password@host/name
    :ivar deployments: the folder with an address config for each chain
    :ivar chains: ids of the chains whose address configs count; all in the folder if empty
    :ivar other_registries: to be indexed as well, one deployment a chain
    :ivar poll: between two looks at the head of a chain, seconds
    """

    model_config = SettingsConfigDict(env_prefix="REGISTRY_API_", extra="forbid")

    database_url: SecretStr = SecretStr("sqlite:///registry-api.db")
    deployments: Path = Path("deployments")
    chains: tuple[PositiveInt, ...] = ()
    other_registries: tuple[OtherRegistries, ...] = ()
    poll: PositiveFloat = 2.0
    pool_size: PositiveInt = Field(default=10)

    def sources(self) -> list[Source]:
        """What is to be indexed.

        :raises AddressConfigError: if an address config is missing or breaks a rule
        :raises ValueError: if there is nothing to index, or two deployments on one chain
        """
        ids = self.chains or tuple(
            sorted(int(path.stem) for path in self.deployments.glob("*.json") if path.stem.isdigit())
        )
        sources = [_of_config(AddressConfig.read(chain_id, self.deployments)) for chain_id in ids]
        sources += [_of_others(one) for one in self.other_registries]
        if not sources:
            raise ValueError(f"{self.deployments}: no address config; deploy first, or set REGISTRY_API_DEPLOYMENTS")
        known = [source.chain_id for source in sources]
        if len(set(known)) < len(known):
            raise ValueError(f"two deployments on one chain: {sorted(known)}; a database holds one of each chain")
        return sources


def chain_behind(source: Source) -> Chain:
    """The chain of a source, with the name of the variable that has its RPC."""
    return chain_of(str(source.chain_id))


def _of_config(config: AddressConfig) -> Source:
    return Source(
        chain_id=config.chain_id,
        name=config.chain_name,
        identity=config.identity.address,
        reputation=config.reputation.address,
        validation=config.validation.address,
        start_block=min(registry.block for registry in config.registries.values()),
        confirmations=chain_of(str(config.chain_id)).confirmations,
    )


def _of_others(others: OtherRegistries) -> Source:
    return Source(**others.model_dump(), confirmations=chain_of(str(others.chain_id)).confirmations, is_standard=True)
