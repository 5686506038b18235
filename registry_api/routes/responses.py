"""What responses look like, for the OpenAPI document; tests hold every response against it."""

from __future__ import annotations

from types import NoneType
from typing import Annotated, Any, Literal, get_args, get_origin

from pydantic import BaseModel, ConfigDict, Field
from pydantic.fields import FieldInfo

from registry_api.answers import JSON
from registry_api.problems import CODES
from registry_api.score import Level, Reason
from registry_api.signals import Role, Signal

_REGISTRY = "0x8004A169FB4a3325136EB29fA0ceB6D2e539a432"
_OWNER = "0x70997970C51812dc3A010C7d01b50e0d17dc79C8"
_CLIENT = "0x3C44CdDdB6a900fa2b585dd299e03d12FA4293BC"
_HASH = "0x" + "5b" * 32
_ADDRESS = r"^0x[0-9a-fA-F]{40}$"

Registry = Annotated[str, Field(pattern=_ADDRESS, examples=[_REGISTRY])]
Owner = Annotated[str, Field(pattern=_ADDRESS, examples=[_OWNER])]
Account = Annotated[str, Field(pattern=_ADDRESS, examples=[_CLIENT])]
Hash = Annotated[str, Field(pattern=r"^0x[0-9a-f]{64}$", examples=[_HASH])]
Bytes = Annotated[str, Field(pattern=r"^0x([0-9a-f]{2})*$", examples=["0x6c6c616d61"])]
Quantity = Annotated[str, Field(pattern=r"^0x[0-9a-f]+$", examples=["0x1"])]
AgentId = Annotated[int | str, Field(description="A text above 2^53.", examples=[7])]
Index = Annotated[int | str, Field(description="A text above 2^53.", examples=[1])]
Number = Annotated[str, Field(pattern=r"^-?[0-9]+(\.[0-9]+)?$", examples=["0.915000"])]
Count = Annotated[int, Field(ge=0, examples=[3])]
Block = Annotated[int, Field(examples=[31_000_000])]
Time = Annotated[int, Field(description="Unix seconds.", examples=[1_769_860_800])]
Seconds = Annotated[int, Field(ge=0, examples=[604_800])]
Decimals = Annotated[int, Field(ge=0, le=255, examples=[2])]
Text = Annotated[str, Field(examples=[""])]
URI = Annotated[str, Field(examples=["https://agent.example/7.json"])]
Tag = Annotated[str, Field(examples=["starred"])]
Flag = Annotated[bool, Field(examples=[True])]

Responses = dict[int | str, dict[str, Any]]


class Strict(BaseModel):
    """Has exactly these members."""

    model_config = ConfigDict(extra="forbid")


class At(Strict):
    """As of when a response is."""

    chain: str = Field(examples=["eip155:84532"])
    chain_name: str = Field(examples=["base:sepolia"])
    block: Block
    block_hash: Hash
    as_of: str = Field(description="The block's time, ISO 8601.", examples=["2026-01-31T12:00:00Z"])
    final: bool = Field(
        description="Whether this block is final; if not, it may be reorganised away.", examples=[False]
    )
    final_block: int = Field(description="Everything up to this block is final.", examples=[30_999_990])


class Moment(Strict):
    """Where on the chain something happened."""

    block: Block
    time: Time
    transaction: Hash


# AGENTS


class FeedbackCounts(Strict):
    """Of all feedback that was ever given to an agent."""

    count: Count
    revoked: Count
    clients: Count
    responses: Count
    last_time: Time | None


class ValidationCounts(Strict):
    """Of an agent's validations."""

    requested: Count
    answered: Count


class FileReason(Strict):
    """Why a registration file is not valid."""

    code: str = Field(examples=["invalid-file"])
    pointer: str | None = Field(description="To a value in the file (JSON pointer).", examples=["/services/0/endpoint"])
    text: str = Field(examples=["is a text: 7"])


class FileService(Strict):
    """A service that a registration file names."""

    kind: str = Field(examples=["MCP"])
    endpoint: str = Field(examples=["https://agent.example/mcp"])
    version: str | None = Field(examples=["2025-06-18"])
    skills: list[Annotated[str, Field(examples=["natural_language_processing/translation"])]]
    domains: list[Annotated[str, Field(examples=["technology/software_engineering"])]]


class FileRegistration(Strict):
    """Where a registration file says that the agent is registered."""

    agent_registry: str = Field(examples=[f"eip155:84532:{_REGISTRY}"])
    agent_id: AgentId


class FileDomain(Strict):
    """Whether a domain of the agent's endpoints vouches for it."""

    domain: str = Field(examples=["agent.example"])
    proven: Flag
    reason: str = Field(examples=["well-known-file"])


class File(Strict):
    """An agent's registration file; what is not known is null."""

    state: Literal["valid", "invalid", "unreachable", "not_fetched", "generated", "none"]
    reasons: list[FileReason] | None = Field(description="Why the state is not valid.", examples=[None])
    checked_time: Time | None
    fetched_time: Time | None
    content_hash: Hash | None
    name: str | None = Field(examples=["Translator"])
    description: str | None = Field(examples=["Translates between 40 languages."])
    description_cut: bool | None = Field(examples=[False])
    image: str | None = Field(examples=["https://agent.example/7.png"])
    image_cut: bool | None = Field(examples=[False])
    active: Flag | None
    x402_support: Flag | None
    services: list[FileService] | None
    supported_trust: list[Annotated[str, Field(examples=["reputation"])]] | None
    registrations: list[FileRegistration] | None
    lists_agent: bool | None = Field(description="Whether the file names this agent back.", examples=[True])
    domains: list[FileDomain] | None
    lists_cut: bool | None = Field(description="Whether lists are longer than what is shown.", examples=[False])


class Agent(Strict):
    """An agent."""

    agent_id: AgentId
    owner: Owner
    approved: Account | None = Field(examples=[None])
    wallet: Owner | None
    uri: URI | None = Field(description="Its own; null if it has the auto URI.")
    ownership_epoch: int = Field(description="How often it has changed hands.", examples=[0])
    registered: Moment
    updated_time: Time
    feedback: FeedbackCounts
    validations: ValidationCounts
    block: Block = Field(description="In which any of this last changed.")
    auto_uri: str | None = Field(description="Null if it has its own, or the registry no base.", examples=[None])
    final: Flag
    file: File


class Total(Strict):
    """How many there are on all pages."""

    count: Count
    exact: bool = Field(description="False: there are more.", examples=[True])


class Cursored(Strict):
    """A page."""

    at: At
    next: str | None = Field(
        description="The cursor of the next page; null if this is the last.", examples=["WyJhZ2VudF9pZCIsNyw3XQ"]
    )


class AgentResponse(Strict):
    """One agent."""

    at: At
    data: Agent


class AgentsResponse(Cursored):
    """A page of agents."""

    data: list[Agent]
    total: Total | None = Field(description="Null if it was not asked for and is not known.")


class BatchResponse(Strict):
    """Agents by their ids."""

    at: At
    data: list[Agent]


# LISTS


class Feedback(Strict):
    """A feedback."""

    agent_id: AgentId
    client: Account
    feedback_index: Index
    value: Number = Field(description="In units of 10^-decimals.", examples=["9250"])
    decimals: Decimals
    score: Number = Field(description="value * 10^-decimals.", examples=["92.50"])
    tag1: Tag
    tag2: Text
    endpoint: Text
    uri: Text
    hash: Hash
    ownership_epoch: int = Field(description="That of the agent when it was given.", examples=[0])
    revoked: bool = Field(examples=[False])
    revoked_time: Time | None = Field(examples=[None])
    responses: Count
    given: Moment
    block: Block
    final: Flag


class ClientCounts(Strict):
    """Of a client's feedback to an agent."""

    count: Count
    revoked: Count


class Client(Strict):
    """A client of an agent."""

    client: Account
    feedback: ClientCounts
    first_time: Time
    last_time: Time
    block: Block
    final: Flag


class FeedbackResponse(Strict):
    """A response to a feedback."""

    client: Account
    feedback_index: Index
    responder: Owner
    uri: URI
    hash: Hash
    time: Time
    transaction: Hash
    block: Block
    final: Flag


class ValidationRequest(Strict):
    """What was asked of a validator."""

    uri: URI
    block: Block
    time: Time
    transaction: Hash


class ValidationAnswer(Strict):
    """What a validator answered last."""

    response: int = Field(description="0 to 100; the reference allows up to 255.", ge=0, le=255, examples=[100])
    uri: Text
    hash: Hash
    tag: str = Field(examples=["tee"])
    time: Time
    transaction: Hash


class Validation(Strict):
    """A validation."""

    request_hash: Hash
    validator: Account
    request: ValidationRequest
    answer: ValidationAnswer | None
    answers: Count
    block: Block
    final: Flag


class Change(Strict):
    """A change of an agent."""

    kind: Literal["registration", "transfer", "approval", "uri", "metadata", "wallet"]
    change: dict[str, str | None] = Field(
        description="owner; sender and recipient; approved; uri; key and value; wallet.", examples=[{"owner": _OWNER}]
    )
    time: Time
    transaction: Hash
    block: Block
    log_index: int = Field(examples=[12])
    final: Flag


class Metadata(Strict):
    """A metadata entry."""

    key: str = Field(examples=["model"])
    value: Bytes
    text: str | None = Field(description="The value as UTF-8; null if it is none.", examples=["llama"])
    time: Time
    block: Block
    final: Flag


class Payment(Strict):
    """A payment that was linked to an agent."""

    agent_id: AgentId
    transaction: Hash
    log_index: int | None = Field(
        description="Of the token's Transfer; null for the chain's own currency.", examples=[None]
    )
    token: Registry | None = Field(description="The contract; null for the chain's own currency.", examples=[None])
    payer: Account
    recipient: Owner
    amount: Number = Field(description="In the smallest unit.", examples=["1000000"])
    time: Time
    linked_time: Time
    block: Block
    final: Flag


class FeedbackList(Cursored):
    """A page of feedback."""

    data: list[Feedback]


class ClientList(Cursored):
    """A page of clients."""

    data: list[Client]


class ResponseList(Cursored):
    """A page of responses."""

    data: list[FeedbackResponse]


class ValidationList(Cursored):
    """A page of validations."""

    data: list[Validation]


class ChangeList(Cursored):
    """A page of changes."""

    data: list[Change]


class MetadataList(Cursored):
    """A page of metadata."""

    data: list[Metadata]


class PaymentList(Cursored):
    """A page of payments."""

    data: list[Payment]


# CHAINS AND TOTALS


class Registries(Strict):
    """The registries of a chain."""

    identity: Registry
    reputation: Registry
    validation: Registry | None


class Chain(Strict):
    """A chain that is served."""

    chain: str = Field(examples=["eip155:84532"])
    name: str = Field(examples=["base:sepolia"])
    registries: Registries
    at: At | None = Field(description="Null before the indexer has begun.")


class Totals(Strict):
    """How much a chain's registries hold."""

    registries: Registries
    start_block: Block
    base_uri: str = Field(description="Of auto URIs; empty if there are none.", examples=[""])
    agents: Count
    feedback: Count
    validations: Count


class FeedbackStats(Strict):
    """An agent's feedback in numbers."""

    live: Count
    revoked: Count
    responses: Count
    groups: Count
    first_time: Time | None
    last_time: Time | None


class ClientStats(Strict):
    """An agent's clients in numbers."""

    count: Count
    returning: Count = Field(description="Who gave more than one feedback.")


class ValidationTag(Strict):
    """Validations whose latest answers have a tag."""

    tag: str = Field(examples=["tee"])
    count: Count
    average: float = Field(examples=[97.5])


class ValidationStats(Strict):
    """An agent's validations in numbers."""

    requested: Count
    answered: Count
    by_tag: list[ValidationTag]


class Stats(Strict):
    """An agent in numbers."""

    feedback: FeedbackStats
    clients: ClientStats
    validations: ValidationStats
    changes: dict[str, Count] = Field(description="By kind.", examples=[{"registration": 1, "transfer": 2}])
    owners: int = Field(description="How many it has had, one after another.", examples=[3])


class ChainsResponse(Strict):
    """The chains that are served."""

    data: list[Chain]


class TotalsResponse(Strict):
    """A chain's totals."""

    at: At
    data: Totals


class StatsResponse(Strict):
    """An agent in numbers."""

    at: At
    data: Stats


# REPUTATION


class Score(Strict):
    """A group's score as last computed."""

    level: Level | None = Field(examples=[Level.GOOD])
    point: Number | None
    lower: Number | None
    upper: Number | None
    policy_version: str = Field(examples=["1"])
    block: Block


class GroupTotals(Strict):
    """A group of feedback: the same tags and decimals."""

    tag1: Tag
    tag2: Text
    decimals: Decimals
    count: Count
    average: Number | None = Field(examples=["91.5000"])
    score: Score | None = Field(description="Null if the tag has no scale, or it was not computed yet.")


class GroupsResponse(Strict):
    """An agent's groups."""

    at: At
    data: list[GroupTotals]
    policy_version: str = Field(examples=["1"])
    all: bool = Field(description="False: there are more groups, with less feedback.", examples=[True])


class Scale(Strict):
    """A tag whose values go from 0 to a best one."""

    tag1: Tag
    maximum: int = Field(examples=[100])
    untrusted: Number
    fair: Number
    good: Number
    excellent: Number


class Policy(Strict):
    """The constants."""

    scales: list[Scale]
    z: Number = Field(examples=["1.96"])
    minimum_evidence: Number = Field(examples=["5"])
    thin_limit: Number = Field(examples=["2"])
    untrusted_interest_share: Number
    young_seconds: Seconds
    burst_clients: Count
    burst_seconds: Seconds
    young_weight: Number
    one_agent_weight: Number
    burst_weight: Number
    ex_owner_weight: Number
    ex_operator_weight: Number
    ex_wallet_weight: Number
    funded_by_owner_weight: Number
    reciprocity_weight: Number


class Group(Strict):
    """Which feedback it is about."""

    tag1: Tag
    tag2: Text
    decimals: Decimals


class Input(Strict):
    """A client's facts and feedback."""

    address: Account
    first_feedback: Time
    last_feedback: Time
    first_seen: Time | None
    agents_rated: Count | None
    roles: list[Role] | None
    funding: list[Hash] | None
    rated_by: list[Owner] | None
    ring_through: list[Account] | None
    count: Count
    total: Number = Field(examples=["275"])
    off_scale: Count


class Decision(Strict):
    """The level, and the comparison that decided."""

    level: Level | None = Field(examples=[Level.GOOD])
    reason: Reason = Field(examples=[Reason.LOWER_BOUND])
    seen: Number | None
    threshold: Number | None


class RaisedFlag(Strict):
    """A signal that is raised."""

    signal: Signal
    raised: Flag
    seen: int | list[str] | None = Field(
        description="A number, or what was found: roles, transactions, accounts.", examples=[3_600]
    )
    threshold: int = Field(examples=[604_800])


class Weighed(Strict):
    """What a client counts for."""

    address: Account
    mean: Number
    weight: Number
    thin: Flag
    flags: list[RaisedFlag]
    unknown: list[Signal]


class Result(Strict):
    """The score."""

    decision: Decision
    point: Number | None
    lower: Number | None
    upper: Number | None
    evidence: Number | None
    gross_evidence: Number | None
    interest_share: Number | None
    thin_factor: Number | None
    feedback: Count | None
    off_scale: Count | None
    clients: list[Weighed]


class Bucket(Strict):
    """A part of a distribution: values from low to high."""

    low: Number = Field(examples=["90"])
    high: Number = Field(examples=["95"])
    count: Count


class Point(Strict):
    """A period of a time series."""

    start: Time
    count: Count
    average: Number | None = Field(examples=["91.5000"])


class Summary(Strict):
    """Statistics of a group."""

    count: Count
    clients: Count
    average: Number | None = Field(examples=["91.5000"])
    median: Number | None = Field(examples=["92.0000"])
    minimum: Number | None = Field(examples=["90"])
    maximum: Number | None = Field(examples=["95"])
    distribution: list[Bucket]
    series: list[Point]


class GroupDocument(Strict):
    """A group's score with all that it was made of; docs/reputation.md explains each figure."""

    policy_version: str = Field(examples=["1"])
    policy: Policy
    group: Group
    inputs: list[Input]
    result: Result
    summary: Summary


class GroupResponse(Strict):
    """One group."""

    at: At
    data: GroupDocument


# TRANSACTIONS


class Transaction(Strict):
    """Of type 2 (EIP-1559), as eth_sendTransaction takes it."""

    model_config = ConfigDict(extra="forbid", serialize_by_alias=True)

    sender: Account = Field(alias="from")
    to: Registry
    data: Bytes = Field(examples=["0x1aa3a008"])
    type: Quantity = Field(examples=["0x2"])
    chainId: Quantity = Field(examples=["0x14a34"])  # noqa: N815  # as the JSON-RPC has it
    nonce: Quantity
    value: Quantity = Field(examples=["0x0"])
    gas: Quantity = Field(examples=["0x249f0"])
    maxFeePerGas: Quantity = Field(examples=["0x3b9aca00"])  # noqa: N815
    maxPriorityFeePerGas: Quantity = Field(examples=["0xf4240"])  # noqa: N815


class Expected(Strict):
    """What the transaction gives."""

    name: Literal["agentId", "feedbackIndex"]
    value: int | str = Field(examples=[7])
    condition: str = Field(examples=["if nothing else registers first"])


class SimulatedAt(Strict):
    """The block at whose end the transaction was simulated."""

    block: Block
    block_hash: Hash
    time: Time


class Draft(Strict):
    """A transaction to be signed elsewhere."""

    transaction: Transaction
    function: str = Field(examples=["register(string)"])
    arguments: dict[str, Any] = Field(examples=[{"agentURI": "https://agent.example/7.json"}])
    meaning: str = Field(examples=[f"Registers an agent that {_CLIENT} owns, with no URI of its own."])
    expected: Expected
    simulated_at: SimulatedAt


class DraftResponse(Strict):
    """A transaction to be signed elsewhere."""

    data: Draft


class PaymentsResponse(Strict):
    """The payments that were linked."""

    at: At
    data: list[Payment]


# ERRORS


class ErrorDetail(Strict):
    """What was wrong."""

    code: str = Field(examples=["AGENT_NOT_FOUND"], json_schema_extra={"enum": list(CODES)})
    message: str
    details: dict[str, Any] | None = Field(description="What is known beside, by name.")


class ErrorResponse(Strict):
    """A request that was refused; docs/errors.md has every code."""

    error: ErrorDetail


# EXAMPLES


def example_of(model: type[BaseModel]) -> dict[str, Any]:
    """An instance of a model, JSON, made of the examples that its fields have."""
    return {field.alias or name: _example(field) for name, field in model.model_fields.items()}


def _example(field: FieldInfo) -> Any:
    return field.examples[0] if field.examples else _example_of_type(field.annotation)


def _example_of_type(kind: Any) -> Any:
    origin, arguments = get_origin(kind), get_args(kind)
    if origin is Annotated:
        return next(one.examples[0] for one in arguments[1:] if isinstance(one, FieldInfo) and one.examples)
    if origin is Literal:
        return arguments[0]
    if origin is list:
        return [_example_of_type(arguments[0])]
    if arguments:
        return _example_of_type(next(one for one in arguments if one is not NoneType))
    return example_of(kind) if issubclass(kind, BaseModel) else next(iter(kind)).value


# BY ROUTE

_READING = ("CHAIN_NOT_SUPPORTED", "INVALID_VALUE", "CHAIN_NOT_INDEXED", "SERVICE_UNAVAILABLE", "INTERNAL_ERROR")
_AGENT = (*_READING, "AGENT_NOT_FOUND")
_SENDING = ("CHAIN_NOT_SUPPORTED", "INVALID_VALUE", "SERVICE_UNAVAILABLE", "INTERNAL_ERROR", "BODY_TOO_LARGE")
_DRAFT = (*_SENDING, "INVALID_ADDRESS", "UNAUTHORIZED_OPERATION", "REGISTRY_PAUSED", "SIMULATION_FAILED")

_VALIDATORS: dict[str, Any] = {
    "ETag": {"description": "Stands for the data, whatever block they are of.", "schema": {"type": "string"}},
    "Registry-Chain": {"description": "The chain's id.", "schema": {"type": "integer"}},
    "Registry-Block": {"description": "As of which block.", "schema": {"type": "integer"}},
    "Registry-Block-Hash": {"description": "Its hash.", "schema": {"type": "string"}},
    "Registry-As-Of": {"description": "Its time, ISO 8601.", "schema": {"type": "string", "format": "date-time"}},
    "Registry-Final": {"description": "Whether it is final.", "schema": {"type": "boolean"}},
}
_RETRY = {"Retry-After": {"description": "Seconds.", "schema": {"type": "integer"}}}
_LIMITS: dict[str, Any] = {
    "X-Request-ID": {"description": "The request's, or one that was given to it.", "schema": {"type": "string"}},
    "X-RateLimit-Limit": {"description": "Requests of this kind in a minute.", "schema": {"type": "integer"}},
    "X-RateLimit-Remaining": {"description": "How many are left.", "schema": {"type": "integer"}},
    "X-RateLimit-Reset": {"description": "Until there are more, seconds.", "schema": {"type": "integer"}},
}
_CHALLENGE = {"WWW-Authenticate": {"description": "Bearer.", "schema": {"type": "string"}}}
_ANY = ("UNAUTHORIZED", "RATE_LIMIT_EXCEEDED")
"""What every path may refuse."""


def _responses(
    model: type[BaseModel] | None, codes: tuple[str, ...], *, status: int = 200, etag: bool = True
) -> Responses:
    found: Responses = {status: _success(model)}
    found[status]["headers"] = _LIMITS
    if etag:
        headers = {**_VALIDATORS, **_LIMITS}
        found[status]["headers"] = headers
        found[304] = {"description": "The data are still those of the tag in If-None-Match.", "headers": headers}
    by_status: dict[int, list[str]] = {}
    for code in (*codes, *_ANY):
        by_status.setdefault(CODES[code].status, []).append(code)
    for error, named in sorted(by_status.items()):
        found[error] = {"model": ErrorResponse, "description": ", ".join(named)}
    found[401]["headers"] = _CHALLENGE
    for status_of_retry in {429, 503} & found.keys():
        found[status_of_retry]["headers"] = _RETRY
    return found


def _success(model: type[BaseModel] | None) -> dict[str, Any]:
    if model is None:
        file = {"type": "https://eips.ethereum.org/EIPS/eip-8004#registration-v1", "name": "Translator"}
        return {"description": "The file.", "content": {JSON: {"schema": {}, "example": file}}}
    return {"model": model, "description": (model.__doc__ or "").strip()}


of_agents = _responses(AgentsResponse, (*_READING, "INVALID_ADDRESS", "INVALID_CURSOR"))
of_batch = _responses(BatchResponse, _READING)
of_agent = _responses(AgentResponse, _AGENT)
of_file = _responses(None, (*_AGENT, "REGISTRATION_FILE_NOT_FOUND", "REGISTRATION_FILE_INVALID"))
of_chains = _responses(ChainsResponse, ("SERVICE_UNAVAILABLE", "INTERNAL_ERROR"), etag=False)
of_totals = _responses(TotalsResponse, _READING)
of_stats = _responses(StatsResponse, _AGENT)
of_groups = _responses(GroupsResponse, _AGENT)
of_group = _responses(GroupResponse, _AGENT)
of_registration = _responses(DraftResponse, _DRAFT, etag=False)
of_feedback = _responses(DraftResponse, (*_DRAFT, "AGENT_NOT_FOUND", "SELF_FEEDBACK"), etag=False)
of_link = _responses(
    PaymentsResponse,
    (
        *_SENDING,
        "CHAIN_NOT_INDEXED",
        "AGENT_NOT_FOUND",
        "PAYMENT_NOT_FOUND",
        "PAYMENT_NOT_CONFIRMED",
        "PAYMENT_ALREADY_LINKED",
    ),
    status=201,
    etag=False,
)

_LISTS: dict[str, type[BaseModel]] = {
    "feedback": FeedbackList,
    "clients": ClientList,
    "responses": ResponseList,
    "validations": ValidationList,
    "history": ChangeList,
    "metadata": MetadataList,
    "payments": PaymentList,
}


def of_list(name: str) -> Responses:
    """Those of a list about an agent."""
    return _responses(_LISTS[name], (*_AGENT, "INVALID_ADDRESS", "INVALID_CURSOR"))
