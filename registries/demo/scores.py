"""The scores on the chain, agent by agent and tag by tag, checked against the feedback that they are made of."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from registries.demo.chain import expect
from registries.demo.stage import Agent, Stage, distinct


@dataclass(frozen=True)
class Score:
    """The average of an agent's feedback with one pair of tags."""

    agent: Agent
    tag1: str
    tag2: str
    count: int
    value: Decimal


def scores_of(stage: Stage, agent: Agent) -> list[Score]:
    """The scores of an agent, one for each pair of tags: values of different tags have no common scale.

    :raises DemoError: if a summary is not the average of the feedback in it
    """
    clients, _, values, decimals, tag1s, tag2s, _ = read_feedback(stage, agent, include_revoked=False)
    entries: defaultdict[tuple[str, str], list[tuple[int, int]]] = defaultdict(list)
    for tag1, tag2, value, places in zip(tag1s, tag2s, values, decimals, strict=True):
        entries[tag1, tag2].append((value, places))
    scores = []
    for (tag1, tag2), group in entries.items():
        summary = stage.reputation.functions.getSummary(agent.id, distinct(clients), tag1, tag2).call()
        expect(tuple(summary), average(group), f"the summary of {tag1} {tag2} for agent {agent.id}")
        count, value, places = summary
        scores.append(Score(agent, tag1, tag2, count, Decimal(value).scaleb(-places)))
    return scores


def average(entries: Sequence[tuple[int, int]]) -> tuple[int, int, int]:
    """What a summary must say: count, average and its decimals, the highest of the entries; cut off towards zero."""
    places = max(places for _, places in entries)
    total = sum(value * 10 ** (places - own) for value, own in entries)
    quotient = abs(total) // len(entries)
    return len(entries), quotient if total >= 0 else -quotient, places


def expect_ledger(stage: Stage) -> None:
    """Holds all feedback on the chain against what was given in the demo.

    :raises DemoError: if one is missing, too many or different
    """
    for agent in stage.agents.values():
        rows = zip(*read_feedback(stage, agent, include_revoked=True), strict=True)
        wanted = {
            (
                given.client,
                given.index,
                given.rating.value,
                given.rating.decimals,
                given.rating.tag1,
                given.rating.tag2,
                given.is_revoked,
            )
            for given in stage.given
            if given.agent_id == agent.id
        }
        expect(set(rows), wanted, f"the feedback to agent {agent.id}")


def read_feedback(stage: Stage, agent: Agent, *, include_revoked: bool) -> list[list[Any]]:
    """All feedback to an agent, column by column."""
    columns: list[list[Any]] = stage.reputation.functions.readAllFeedback(agent.id, [], "", "", include_revoked).call()
    return columns
