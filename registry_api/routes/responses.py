"""What responses look like, for the OpenAPI document; tests hold every response against it."""

from __future__ import annotations

from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field

from registry_api.problems import CODES

_ADDRESS = "0x8004A169FB4a3325136EB29fA0ceB6D2e539a432"
_HASH = "0x" + "5b" * 32

Responses = dict[int | str, dict[str, Any]]


class Strict(BaseModel):
    """Has exactly these members."""

    model_config = ConfigDict(extra="forbid")


class At(Strict):
    """As of when a response is."""

    chain: str = Field(examples=["eip155:84532"])
    chain_name: str = Field(examples=["base:sepolia"])
    block: int = Field(examples=[31_000_000])
    block_hash: str = Field(examples=[_HASH])
    as_of: str = Field(description="The block's time, ISO 8601.", examples=["2026-01-31T12:00:00Z"])
    final: bool = Field(description="Whether this block is final; later ones may be reorganised away.")
    final_block: int = Field(description="Everything up to this block is final.", examples=[30_999_990])


class Moment(Strict):
    """Where on the chain something happened."""

    block: int
    time: int
    transaction: str = Field(examples=[_HASH])


class FeedbackCounts(Strict):
    """Of all feedback that was ever given to an agent."""

    count: int
    revoked: int
    clients: int
    responses: int
    last_time: int | None


class ValidationCounts(Strict):
    """Of an agent's validations."""

    requested: int
    answered: int


class FileReason(Strict):
    """Why a registration file is not valid."""

    code: str
    pointer: str | None
    text: str


class FileService(Strict):
    """A service that a registration file names."""

    kind: str = Field(examples=["MCP"])
    endpoint: str = Field(examples=["https://agent.example/mcp"])
    version: str | None
    skills: list[str]
    domains: list[str]


class FileRegistration(Strict):
    """Where a registration file says that the agent is registered."""

    agent_registry: str = Field(examples=[f"eip155:84532:{_ADDRESS}"])
    agent_id: int | str


class FileDomain(Strict):
    """Whether a domain of the agent's endpoints vouches for it."""

    domain: str = Field(examples=["agent.example"])
    proven: bool
    reason: str = Field(examples=["well-known-file"])


class File(Strict):
    """An agent's registration file; what is not known is null."""

    state: Literal["none", "generated", "not_fetched", "valid", "invalid", "unreachable"]
    reasons: list[FileReason] | None
    checked_time: int | None
    fetched_time: int | None
    content_hash: str | None
    name: str | None = Field(examples=["Translator"])
    description: str | None
    description_cut: bool | None
    image: str | None
    image_cut: bool | None
    active: bool | None
    x402_support: bool | None
    services: list[FileService] | None
    supported_trust: list[str] | None
    registrations: list[FileRegistration] | None
    lists_agent: bool | None = Field(description="Whether the file names this agent back.")
    domains: list[FileDomain] | None
    lists_cut: bool | None


class Agent(Strict):
    """An agent."""

    agent_id: int | str = Field(examples=[7])
    owner: str = Field(examples=[_ADDRESS])
    approved: str | None
    wallet: str | None
    uri: str | None = Field(description="Its own; null if it has the auto URI.")
    ownership_epoch: int
    registered: Moment
    updated_time: int
    feedback: FeedbackCounts
    validations: ValidationCounts
    block: int = Field(description="In which any of this last changed.")
    auto_uri: str | None
    final: bool
    file: File


class Total(Strict):
    """How many there are on all pages."""

    count: int
    exact: bool = Field(description="False: there are more.")


class AgentResponse(Strict):
    """One agent."""

    at: At
    data: Agent


class AgentsResponse(BaseModel):
    """Agents."""

    at: At
    data: list[Agent]
    next: str | None = Field(None, description="The cursor of the next page; null if this is the last.")
    total: Total | None = Field(None, description="Null if it was not asked for and is not known.")


class Feedback(Strict):
    """A feedback."""

    agent_id: int | str
    client: str = Field(examples=[_ADDRESS])
    feedback_index: int | str
    value: str = Field(description="In units of 10^-decimals.", examples=["9250"])
    decimals: int = Field(examples=[2])
    score: str = Field(description="value * 10^-decimals.", examples=["92.50"])
    tag1: str = Field(examples=["starred"])
    tag2: str
    endpoint: str
    uri: str
    hash: str = Field(examples=[_HASH])
    ownership_epoch: int
    revoked: bool
    revoked_time: int | None
    responses: int
    given: Moment
    block: int
    final: bool


class ClientCounts(Strict):
    """Of a client's feedback to an agent."""

    count: int
    revoked: int


class Client(Strict):
    """A client of an agent."""

    client: str = Field(examples=[_ADDRESS])
    feedback: ClientCounts
    first_time: int
    last_time: int
    block: int
    final: bool


class FeedbackResponse(Strict):
    """A response to a feedback."""

    client: str
    feedback_index: int | str
    responder: str
    uri: str
    hash: str
    time: int
    transaction: str
    block: int
    final: bool


class ValidationRequest(Strict):
    """What was asked of a validator."""

    uri: str
    block: int
    time: int
    transaction: str


class ValidationAnswer(Strict):
    """What a validator answered last."""

    response: int = Field(description="0 to 100.")
    uri: str
    hash: str
    tag: str
    time: int
    transaction: str


class Validation(Strict):
    """A validation."""

    request_hash: str = Field(examples=[_HASH])
    validator: str
    request: ValidationRequest
    answer: ValidationAnswer | None
    answers: int
    block: int
    final: bool


class Change(Strict):
    """A change of an agent."""

    kind: Literal["registration", "transfer", "approval", "uri", "metadata", "wallet"]
    change: dict[str, Any] = Field(examples=[{"sender": _ADDRESS, "recipient": _ADDRESS}])
    time: int
    transaction: str
    block: int
    log_index: int
    final: bool


class Metadata(Strict):
    """A metadata entry."""

    key: str = Field(examples=["model"])
    value: str = Field(examples=["0x6c6c616d61"])
    text: str | None = Field(description="The value as UTF-8; null if it is none.", examples=["llama"])
    time: int
    block: int
    final: bool


class Payment(Strict):
    """A payment that was linked to an agent."""

    agent_id: int | str
    transaction: str = Field(examples=[_HASH])
    log_index: int | None = Field(description="Of the token's Transfer; null for the chain's own currency.")
    token: str | None = Field(description="The contract; null for the chain's own currency.")
    payer: str
    recipient: str
    amount: str = Field(description="In the smallest unit.", examples=["1000000"])
    time: int
    linked_time: int
    block: int
    final: bool


class Registries(Strict):
    """The registries of a chain."""

    identity: str = Field(examples=[_ADDRESS])
    reputation: str
    validation: str | None


class Chain(Strict):
    """A chain that is served."""

    chain: str = Field(examples=["eip155:84532"])
    name: str
    registries: Registries
    at: At | None = Field(description="Null before the indexer has begun.")


class Totals(Strict):
    """How much a chain's registries hold."""

    registries: Registries
    start_block: int
    base_uri: str
    agents: int
    feedback: int
    validations: int


class FeedbackStats(Strict):
    """An agent's feedback in numbers."""

    live: int
    revoked: int
    responses: int
    groups: int
    first_time: int | None
    last_time: int | None


class ClientStats(Strict):
    """An agent's clients in numbers."""

    count: int
    returning: int = Field(description="Who gave more than one feedback.")


class ValidationTag(Strict):
    """Validations whose latest answers have a tag."""

    tag: str
    count: int
    average: float


class ValidationStats(Strict):
    """An agent's validations in numbers."""

    requested: int
    answered: int
    by_tag: list[ValidationTag]


class Stats(Strict):
    """An agent in numbers."""

    feedback: FeedbackStats
    clients: ClientStats
    validations: ValidationStats
    changes: dict[str, int] = Field(examples=[{"registration": 1, "transfer": 2}])
    owners: int


class Score(Strict):
    """A group's score as last computed."""

    level: str | None = Field(examples=["good"])
    point: str | None = Field(examples=["0.915000"])
    lower: str | None
    upper: str | None
    policy_version: str
    block: int


class GroupTotals(Strict):
    """A group of feedback: the same tags and decimals."""

    tag1: str = Field(examples=["starred"])
    tag2: str
    decimals: int
    count: int
    average: str | None = Field(examples=["91.5000"])
    score: Score | None = Field(description="Null if the tag has no scale, or it was not computed yet.")


class GroupsResponse(Strict):
    """An agent's groups."""

    at: At
    data: list[GroupTotals]
    policy_version: str
    all: bool = Field(description="False: there are more groups, with less feedback.")


class GroupDocument(BaseModel):
    """A group's score with all that it was made of; see docs/reputation.md."""

    policy_version: str
    policy: dict[str, Any]
    group: dict[str, Any]
    inputs: list[dict[str, Any]]
    result: dict[str, Any]
    summary: dict[str, Any]


class GroupResponse(Strict):
    """One group."""

    at: At
    data: GroupDocument


class Expected(Strict):
    """What the transaction gives."""

    name: str = Field(examples=["agentId"])
    value: int
    condition: str = Field(examples=["if nothing else registers first"])


class SimulatedAt(Strict):
    """The block at whose end the transaction was simulated."""

    block: int
    block_hash: str
    time: int


class Draft(Strict):
    """A transaction to be signed elsewhere."""

    transaction: dict[str, str] = Field(description="Of type 2 (EIP-1559), as eth_sendTransaction takes it.")
    function: str = Field(examples=["register(string)"])
    arguments: dict[str, Any]
    meaning: str
    expected: Expected
    simulated_at: SimulatedAt


class DraftResponse(Strict):
    """A transaction to be signed elsewhere."""

    data: Draft


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


class PaymentsResponse(Strict):
    """The payments that were linked."""

    at: At
    data: list[Payment]


class ListOf(Strict):
    """A page of a list."""

    at: At
    next: str | None = Field(description="The cursor of the next page; null if this is the last.")


class FeedbackList(ListOf):
    """A page of feedback."""

    data: list[Feedback]


class ClientList(ListOf):
    """A page of clients."""

    data: list[Client]


class ResponseList(ListOf):
    """A page of responses."""

    data: list[FeedbackResponse]


class ValidationList(ListOf):
    """A page of validations."""

    data: list[Validation]


class ChangeList(ListOf):
    """A page of changes."""

    data: list[Change]


class MetadataList(ListOf):
    """A page of metadata."""

    data: list[Metadata]


class PaymentList(ListOf):
    """A page of payments."""

    data: list[Payment]


class ErrorDetail(Strict):
    """What was wrong."""

    code: str = Field(examples=["AGENT_NOT_FOUND"], json_schema_extra={"enum": list(CODES)})
    message: str
    details: dict[str, Any] | None


class ErrorResponse(Strict):
    """A request that was refused; docs/errors.md has every code."""

    error: ErrorDetail


_READING = ("CHAIN_NOT_SUPPORTED", "INVALID_VALUE", "CHAIN_NOT_INDEXED", "SERVICE_UNAVAILABLE", "INTERNAL_ERROR")
_AGENT = (*_READING, "AGENT_NOT_FOUND")
_DRAFT = (
    *_AGENT,
    "BODY_TOO_LARGE",
    "INVALID_ADDRESS",
    "UNAUTHORIZED_OPERATION",
    "SELF_FEEDBACK",
    "REGISTRY_PAUSED",
    "SIMULATION_FAILED",
)


def _responses(
    model: type[BaseModel] | None, codes: tuple[str, ...], *, status: int = 200, etag: bool = True
) -> Responses:
    found: Responses = {
        status: {"model": model} if model else {"description": "The file.", "content": {"application/json": {}}}
    }
    if etag:
        found[304] = {"description": "The data are those of the entity tag."}
    by_status: dict[int, list[str]] = {}
    for code in codes:
        by_status.setdefault(CODES[code].status, []).append(code)
    for error, named in by_status.items():
        found[error] = {"model": ErrorResponse, "description": ", ".join(named)}
    return found


of_agents = _responses(AgentsResponse, (*_READING, "INVALID_ADDRESS", "INVALID_CURSOR"))
of_agent = _responses(AgentResponse, _AGENT)
of_file = _responses(None, (*_AGENT, "REGISTRATION_FILE_NOT_FOUND", "REGISTRATION_FILE_INVALID"))
of_chains = _responses(ChainsResponse, ("SERVICE_UNAVAILABLE", "INTERNAL_ERROR"), etag=False)
of_totals = _responses(TotalsResponse, _READING)
of_stats = _responses(StatsResponse, _AGENT)
of_groups = _responses(GroupsResponse, _AGENT)
of_group = _responses(GroupResponse, _AGENT)
of_draft = _responses(DraftResponse, _DRAFT, etag=False)
of_link = _responses(
    PaymentsResponse,
    (*_AGENT, "BODY_TOO_LARGE", "PAYMENT_NOT_FOUND", "PAYMENT_NOT_CONFIRMED", "PAYMENT_ALREADY_LINKED"),
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
