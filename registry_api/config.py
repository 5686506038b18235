"""Settings, from the environment: REGISTRY_API_..., and the RPC of each chain as in `registries.chains`."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Self

from eth_utils.address import is_checksum_address
from pydantic import (
    AfterValidator,
    AnyHttpUrl,
    BaseModel,
    Field,
    IPvAnyNetwork,
    NonNegativeInt,
    PositiveFloat,
    PositiveInt,
    SecretStr,
    model_validator,
)
from pydantic_settings import BaseSettings, SettingsConfigDict

from registries.address_config import AddressConfig
from registries.chains import chain_of
from registry_api.policy import Policy
from registry_api.source import Source
from registry_api.tiers import ANONYMOUS, Tier


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
    :ivar pool_min: connections to the database that an API process keeps while it has nothing to do
    :ivar pool_max: connections to the database that it has at most, beside one for agents by their ids; to SQLite,
        two for each processor at most
    :ivar pool_wait: for a free one; after that the answer is 503; seconds
    :ivar pool_recycle: after which a connection is replaced, seconds
    :ivar connect_timeout: to the database, seconds
    :ivar statement_timeout: of one read of the database; after that the answer is 503; seconds
    :ivar head_poll: between two looks of the API at which block the indexer is, seconds
    :ivar cache_size: of the answers that an API process remembers, bytes
    :ivar body_size: of a request's body, bytes
    :ivar trusted_proxies: networks whose X-Forwarded-For says who asks, such as ["10.0.0.0/8"]
    :ivar tiers: requests a minute of each kind, by tier; `anonymous` is that of clients without a key
    :ivar redis_url: redis://..., of Redis or Valkey, which counts requests for all replicas; if none, each counts alone
    :ivar redis_timeout: for Redis to answer; after that, each process goes on without it for a while; seconds
    :ivar share_answers: whether replicas share answers in Redis; each also remembers by itself
    :ivar warm_up: of how many agents, those with most feedback, a process makes the answers when it starts
    :ivar sentry_dsn: where faults are reported to; nowhere if none
    :ivar traces_url: where traces of requests go, as OTLP over HTTP, such as http://localhost:4318/v1/traces
    :ivar slow_request: a request that takes longer is logged, seconds
    :ivar metrics_port: at which `index` shows what it counts, at all addresses; nowhere if none
    :ivar check_every: between two checks of the database against the chain by `index`, seconds; none if not set
    :ivar check_sample: rows of each table that such a check looks at
    :ivar ready_lag: how far behind the clock the last indexed block may be, for /health/ready; seconds
    :ivar policy: constants of the reputation policy, see docs/reputation.md
    :ivar ipfs_gateway: the URL that `/ipfs/<cid>/<path>` comes after; it is taken at its word
    :ivar file_seconds: for fetching a registration file, and for asking the domains that it names; seconds
    :ivar file_size: of a registration file, bytes
    :ivar file_redirects: how many are followed
    :ivar files_at_once: how many are fetched at once
    :ivar file_refresh: after which a file is fetched again, and its domains are asked again; seconds
    :ivar allow_private_addresses: DANGEROUS, for tests and laptops: files are also fetched from addresses that are not
        of the public internet, over http: and at any port. Whoever registers an agent could then reach every server
        that this machine can, metadata services of clouds included
    """

    model_config = SettingsConfigDict(env_prefix="REGISTRY_API_", extra="forbid")

    database_url: SecretStr = SecretStr("sqlite:///registry-api.db")
    deployments: Path = Path("deployments")
    chains: tuple[PositiveInt, ...] = ()
    other_registries: tuple[OtherRegistries, ...] = ()
    poll: PositiveFloat = 2.0
    pool_min: PositiveInt = 10
    pool_max: PositiveInt = 10
    pool_wait: PositiveFloat = 5.0
    pool_recycle: PositiveInt = 1_800
    connect_timeout: PositiveInt = 5
    statement_timeout: PositiveFloat = 5.0
    head_poll: PositiveFloat = 0.25
    cache_size: PositiveInt = 128 * 2**20
    body_size: PositiveInt = 64 * 2**10
    trusted_proxies: tuple[IPvAnyNetwork, ...] = ()
    tiers: dict[str, Tier] = {
        "anonymous": Tier(read=600, search=120, write=1),
        "standard": Tier(read=6_000, search=1_200, write=60),
        "high": Tier(read=60_000, search=12_000, write=600),
    }
    redis_url: SecretStr | None = None
    redis_timeout: PositiveFloat = 0.25
    share_answers: bool = False
    warm_up: NonNegativeInt = 0
    sentry_dsn: SecretStr | None = None
    traces_url: str | None = None
    slow_request: PositiveFloat = 1.0
    metrics_port: Annotated[int, Field(ge=1, le=65_535)] | None = None
    check_every: PositiveFloat | None = None
    check_sample: PositiveInt = 200
    ready_lag: PositiveFloat = 300.0
    policy: Policy = Policy()
    ipfs_gateway: AnyHttpUrl = AnyHttpUrl("https://ipfs.io")
    file_seconds: PositiveFloat = 10.0
    file_size: PositiveInt = 2**20
    file_redirects: NonNegativeInt = 3
    files_at_once: PositiveInt = 16
    file_refresh: PositiveInt = 86_400
    allow_private_addresses: bool = False

    @model_validator(mode="after")
    def _hang_together(self) -> Self:
        if ANONYMOUS not in self.tiers:
            raise ValueError(f"tiers: {sorted(self.tiers)} have no {ANONYMOUS!r}, that of clients without a key")
        if self.pool_min > self.pool_max:
            raise ValueError(f"pool_min: {self.pool_min} is more than pool_max, {self.pool_max}")
        if self.share_answers and self.redis_url is None:
            raise ValueError("share_answers: there is no redis_url to share them by")
        if everybody := [str(one) for one in self.trusted_proxies if one.prefixlen == 0]:
            raise ValueError(f"trusted_proxies: {everybody} is everybody: any client could say that it is another")
        return self

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
