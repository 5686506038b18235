"""Reading a list page by page gives the same as reading it at once: a property of the contracts alone."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from tests.deployment import PAGE_LIMIT
from tests.stateful.duel import Disagreement, Duel

LIMITS = (1, 2, 3, PAGE_LIMIT)


def compare_pages(duel: Duel) -> None:
    """Walks through every list of the reputation and of the validation registry.

    :raises Disagreement: if the pages of a list are not the list
    """
    reputation, validation = duel.stage.registries.reputation, duel.stage.registries.validation
    for agent_id in range(1, duel.model.identity.total_agents() + 1):
        clients = reputation.getClients(agent_id)
        _same(duel, "getClients", (agent_id,), clients, reputation.getClientsPage)
        requests = validation.getAgentValidations(agent_id)
        _same(duel, "getAgentValidations", (agent_id,), requests, validation.getAgentValidationsPage)
        for client in clients:
            _compare_client(duel, agent_id, client)
        _compare_verdicts(duel, agent_id)
    for validator in duel.stage.accounts:
        requests = validation.getValidatorRequests(validator)
        _same(duel, "getValidatorRequests", (validator,), requests, validation.getValidatorRequestsPage)


def _compare_client(duel: Duel, agent_id: int, client: str) -> None:
    reputation = duel.stage.registries.reputation
    columns = reputation.readAllFeedback(agent_id, [client], "", "", True)
    rows = [(index, *rest) for _, index, *rest in zip(*columns, strict=True)]
    for limit in LIMITS:
        pages = _walk(lambda cursor: reputation.getFeedbackPage(agent_id, client, cursor, limit))  # noqa: B023
        entries = [entry for (page,) in pages for entry in page]
        paged = [(index, value, decimals, *tags, revoked) for index, value, decimals, revoked, _, _, *tags in entries]
        _check(duel, ("getFeedbackPage", agent_id, client, limit), rows, paged)

        summaries = _walk(lambda cursor: reputation.getSummaryPage(agent_id, client, "", "", cursor, limit))  # noqa: B023
        _, live, total, _ = reputation.getClientTotals(agent_id, client)
        added = (sum(part[0] for part in summaries), sum(part[1] for part in summaries))
        _check(duel, ("getSummaryPage", agent_id, client, limit), (live, total), added)

        counts = _walk(lambda cursor: reputation.getResponseCountPage(agent_id, client, [], cursor, limit))  # noqa: B023
        responses = reputation.getResponseCount(agent_id, client, 0, [])
        _check(duel, ("getResponseCountPage", agent_id, client, limit), responses, sum(part[0] for part in counts))


def _compare_verdicts(duel: Duel, agent_id: int) -> None:
    validation = duel.stage.registries.validation
    for tag in ("", *duel.model.validation.tags):
        expected = validation.getSummary(agent_id, [], tag)
        for limit in LIMITS:
            parts = _walk(lambda cursor: validation.getSummaryPage(agent_id, [], tag, cursor, limit))  # noqa: B023
            count, total = sum(part[0] for part in parts), sum(part[1] for part in parts)
            average = total // count if count else 0
            _check(duel, ("getSummaryPage", agent_id, tag, limit), expected, (count, average))


def _same(
    duel: Duel, name: str, arguments: tuple[Any, ...], expected: Sequence[Any], read_page: Callable[..., Any]
) -> None:
    for limit in LIMITS:
        pages = _walk(lambda cursor: read_page(*arguments, cursor, limit))  # noqa: B023
        _check(duel, (name, *arguments, limit), tuple(expected), tuple(item for (page,) in pages for item in page))


def _walk(read: Callable[[int], tuple[Any, ...]]) -> list[tuple[Any, ...]]:
    """All pages, each without its cursor."""
    pages, cursor = [], 0
    while True:
        *page, cursor = read(cursor)
        pages.append(tuple(page))
        if cursor == 0:
            return pages


def _check(duel: Duel, what: tuple[Any, ...], unpaged: Any, paged: Any) -> None:
    duel.tally.checks["pages"] += 1
    if unpaged != paged:
        raise Disagreement(f"{duel.tell(what)}\n  at once:      {unpaged}\n  page by page: {paged}")
