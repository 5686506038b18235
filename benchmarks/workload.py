"""What is asked of the API in a benchmark; the same in every run."""

from __future__ import annotations

import random
from urllib.parse import urlencode

from benchmarks.population import KINDS, TAGS, WORDS
from registry_api.pages import to_cursor

QUESTIONS = 40_000
AGENTS = 300_000
"""More than are remembered: asked again in the same order, each has been forgotten by then."""
POPULAR = 1_000
MIXED = 40_000
MIX = {
    "agent": 40,
    "search": 20,
    "text": 5,
    "reputation": 10,
    "feedback": 10,
    "history": 5,
    "batch": 5,
    "registry": 4,
    "draft": 1,
}
"""What applications ask for, of a hundred requests."""
READS = {kind: share for kind, share in MIX.items() if kind not in {"registry", "draft"}}
"""Of these, what is read from the database each time that it was not asked before."""


def one(agents: int) -> list[str]:
    """An agent by its id, each before any comes again."""
    chance = random.Random("one")  # noqa: S311  # not a secret
    return [f"/api/v1/agents/{number}" for number in chance.sample(range(1, agents + 1), min(agents, AGENTS))]


def popular_ones(agents: int) -> list[str]:
    """As often as agents are asked for: the tenth a tenth as often as the first."""
    return _as_popular(one(agents))


def searches(agents: int) -> list[str]:
    """Pages of 50 that are found by one to three filters, each from another place on: hardly one comes again."""
    chance = random.Random("searches")  # noqa: S311  # not a secret
    return [_search(chance, agents) for _ in range(QUESTIONS)]


def popular_searches(agents: int) -> list[str]:
    """A thousand of them, likewise."""
    return _as_popular(searches(agents)[:POPULAR])


def texts() -> list[str]:
    """Searches for one or two words, some of them rare."""
    chance = random.Random("texts")  # noqa: S311  # not a secret
    found = []
    for number in range(QUESTIONS):
        words = chance.sample(WORDS, chance.choice((1, 2)))
        if number % 3 == 0:
            words.append(f"number{chance.randrange(1_000)}")
        found.append("/api/v1/agents?" + urlencode({"text": " ".join(words), "limit": 50}))
    return found


def mixed(agents: int) -> list[str]:
    """What applications ask for, in the shares of {READS}; hardly one comes again."""
    chance = random.Random("mixed")  # noqa: S311  # not a secret
    ids, pages, words = iter(one(agents)), iter(searches(agents)), iter(texts())
    made = {
        "agent": lambda: next(ids),
        "search": lambda: next(pages),
        "text": lambda: next(words),
        "reputation": lambda: f"{next(ids)}/reputation",
        "feedback": lambda: f"{next(ids)}/feedback?limit=20",
        "history": lambda: f"{next(ids)}/history?limit=20",
        "batch": lambda: "/api/v1/agents/batch?" + urlencode([("id", chance.randint(1, agents)) for _ in range(5)]),
    }
    return [made[kind]() for kind in chance.choices(list(READS), list(READS.values()), k=MIXED)]


def _as_popular(different: list[str]) -> list[str]:
    chance = random.Random("popular")  # noqa: S311  # not a secret
    return chance.choices(different, weights=[1 / rank for rank in range(1, len(different) + 1)], k=AGENTS)


def _search(chance: random.Random, agents: int) -> str:
    sort = "agent_id"
    filters: dict[str, str] = {}
    possible: list[dict[str, str]] = [
        {"service": chance.choice(KINDS)},
        {"active": "true"},
        {"x402": "true"},
        {"trust": "reputation"},
        {"tag": chance.choice(TAGS), "min_score": str(chance.randint(10, 60))},
    ]
    for one in chance.sample(possible, chance.choice((1, 2, 3))):
        filters |= one
    place = chance.randrange(agents * 9 // 10)
    return "/api/v1/agents?" + urlencode({**filters, "limit": 50, "cursor": to_cursor(sort, place, place)})
