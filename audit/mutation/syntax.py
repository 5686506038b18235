"""Walks the compiler's syntax tree of one file."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any, NamedTuple

Node = dict[str, Any]

Siblings = dict[int, tuple[str, ...]]
"""The id of a declaration -> the names that can stand for it: members of one struct, or functions of one contract, of
one type."""


class Span(NamedTuple):
    """A half-open range of bytes."""

    start: int
    end: int


@dataclass(frozen=True)
class Place:
    """A node of the tree with what is around it.

    :ivar parents: from the file's root to the node's parent
    :ivar source: the file
    :ivar siblings: see {siblings}
    """

    node: Node
    parents: tuple[Node, ...]
    source: bytes
    siblings: Siblings

    @property
    def kind(self) -> str:
        return str(self.node["nodeType"])

    @property
    def function(self) -> Node | None:
        """The function or modifier around it."""
        kinds = ("FunctionDefinition", "ModifierDefinition")
        return next((parent for parent in reversed(self.parents) if parent["nodeType"] in kinds), None)

    def is_inside(self, *kinds: str) -> bool:
        """Whether it stands inside of a node of one of these kinds."""
        return any(parent["nodeType"] in kinds for parent in self.parents)

    def text(self, node: Node) -> str:
        """The source of a node."""
        start, end = span(node)
        return self.source[start:end].decode()


def span(node: Node) -> Span:
    """Where a node stands in its file."""
    start, length, _ = map(int, node["src"].split(":"))
    return Span(start, start + length)


def walk(root: Node, source: bytes, siblings: Siblings) -> Iterator[Place]:
    """All nodes of a file's tree with their places, parents first."""
    yield from (Place(node, parents, source, siblings) for node, parents in nodes(root))


def nodes(node: Node, parents: tuple[Node, ...] = ()) -> Iterator[tuple[Node, tuple[Node, ...]]]:
    """A node and all below it, each with those above it."""
    yield node, parents
    for value in node.values():
        for child in value if isinstance(value, list) else [value]:
            if isinstance(child, dict) and "nodeType" in child and "src" in child:
                yield from nodes(child, (*parents, node))


def siblings(trees: Iterable[Node]) -> Siblings:
    """The names that can stand for each other in these files."""
    groups: dict[tuple[int, str], dict[int, str]] = {}
    for tree in trees:
        for node, parents in nodes(tree):
            if node["nodeType"] == "StructDefinition":
                for member in node["members"]:
                    groups.setdefault((node["id"], type_of(member)), {})[member["id"]] = member["name"]
            elif node["nodeType"] == "FunctionDefinition" and node["name"]:
                lists = (node["parameters"], node["returnParameters"])
                kind = repr([[type_of(part) for part in listed["parameters"]] for listed in lists])
                groups.setdefault((parents[-1]["id"], kind), {})[node["id"]] = node["name"]
    return {item: tuple(group.values()) for group in groups.values() if len(group) > 1 for item in group}


def name_of(function: Node | None) -> str:
    """The name of a function; "constructor" for that, "" for none."""
    if function is None:
        return ""
    return str(function["name"]) or str(function["kind"])


def type_of(expression: Node) -> str:
    """The compiler's name of an expression's type, wherever its value is kept."""
    words = str(expression["typeDescriptions"].get("typeString", "")).split()
    return " ".join(word for word in words if word not in {"memory", "calldata", "storage", "pointer", "ref"})
