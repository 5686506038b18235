"""What can be covered: the statements, branches and functions of a source file, from its abstract syntax tree.

A branch is one side of a decision: the two of an `if`, a `?:`, an `&&` or `||` and a loop, and the clauses of a `try`.
`require` and `assert` are not told apart from their callers' code by the compiler, and are refused: the contracts have
none.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from audit.coverage.build import Range

Node = dict[str, Any]

_STATEMENTS = frozenset(
    {
        "Break",
        "Continue",
        "EmitStatement",
        "ExpressionStatement",
        "InlineAssembly",
        "Return",
        "RevertStatement",
        "VariableDeclarationStatement",
    }
)
_LOOPS = frozenset({"DoWhileStatement", "ForStatement", "WhileStatement"})


@dataclass(frozen=True)
class Decision:
    """Which conditional jump decides, and what lies on its sides.

    :ivar place: the range that the compiler gives the jump
    :ivar sides: the code that is executed next on the first and on the second side; None if it has none of its own
    """

    place: Range
    sides: tuple[Range | None, Range | None]


@dataclass(frozen=True)
class Point:
    """Something that a test can reach.

    :ivar kind: "statement", "branch" or "function"
    :ivar label: what it is, in words: "return", "if: true"
    :ivar function: the function or modifier it is in
    :ivar place: its range in the sources
    :ivar decision: for a branch, and for a statement that is nothing but a decision: the one whose jump tells
    :ivar side: for a branch which one, 0 or 1
    """

    kind: str
    label: str
    function: str
    place: Range
    decision: Decision | None = None
    side: int = 0


def points_of(path: str, tree: Node) -> list[Point]:
    """The points of a file, in the order of the file.

    :raises ValueError: if it has something that cannot be told from a trace
    """
    found = [point for contract, node in _functions(tree) for point in _function_points(path, contract, node)]
    return sorted(found, key=lambda point: (point.place.start, -point.place.end, point.kind, point.side))


def _functions(tree: Node) -> Iterator[tuple[str, Node]]:
    """The functions, modifiers and constructors that have a body, with the name of their contract."""
    for unit in tree["nodes"]:
        for node in unit.get("nodes", [unit]):
            if node["nodeType"] in {"FunctionDefinition", "ModifierDefinition"} and node.get("body"):
                yield unit["name"], node


def _function_points(path: str, contract: str, function: Node) -> Iterator[Point]:
    name = f"{contract}.{function['name'] or function['kind']}"
    kind = "modifier" if function["nodeType"] == "ModifierDefinition" else function["kind"]
    yield Point("function", kind, name, _range(path, function))
    for node in _walk(function["body"]):
        yield from _node_points(path, name, node)


def _node_points(path: str, function: str, node: Node) -> Iterator[Point]:
    kind = node["nodeType"]
    if kind in _STATEMENTS:
        yield Point("statement", _words(kind), function, _range(path, node))
    elif kind == "IfStatement":
        sides = (_range(path, node["trueBody"]), _range(path, node.get("falseBody")))
        decision = Decision(_range(path, node), sides)
        yield Point("statement", "if", function, _range(path, node["condition"]), decision)
        yield from _sides(path, function, node, decision, ("if: true", "if: false"))
    elif kind in _LOOPS and node.get("condition"):
        decision = Decision(_range(path, node["condition"]), (_range(path, node["body"]), None))
        yield Point("statement", "loop's condition", function, decision.place, decision)
        yield from _sides(path, function, node["condition"], decision, _rounds(kind))
    elif kind == "Conditional":
        sides = (_range(path, node["trueExpression"]), _range(path, node["falseExpression"]))
        yield from _sides(path, function, node, Decision(_range(path, node), sides), ("?: true", "?: false"))
    elif kind == "BinaryOperation" and node["operator"] in {"&&", "||"}:
        decision = Decision(_range(path, node), (_range(path, node["rightExpression"]), None))
        operator = node["operator"]
        yield from _sides(
            path, function, node, decision, (f"{operator}: right side asked", f"{operator}: left decides")
        )
    elif kind == "TryStatement":
        yield Point("statement", "try", function, _range(path, node["externalCall"]))
        for clause in node["clauses"]:
            label = "try: success" if clause is node["clauses"][0] else f"try: catch {clause['errorName']}".rstrip()
            yield Point("branch", label, function, _range(path, clause["block"]))
    elif kind == "FunctionCall" and node["expression"].get("name") in {"require", "assert"}:
        raise ValueError(f"{path}: {node['expression']['name']} in {function}: cannot be told from a trace")


def _sides(path: str, function: str, node: Node, decision: Decision, labels: tuple[str, str]) -> Iterator[Point]:
    for side, label in enumerate(labels):
        yield Point("branch", label, function, _range(path, node), decision, side)


def _rounds(kind: str) -> tuple[str, str]:
    return ("loop: again", "loop: ended") if kind == "DoWhileStatement" else ("loop: entered", "loop: ended")


def _walk(node: Any) -> Iterator[Node]:
    """A node and everything below it."""
    if isinstance(node, list):
        for item in node:
            yield from _walk(item)
    elif isinstance(node, dict):
        if "nodeType" in node:
            yield node
        for value in node.values():
            yield from _walk(value)


def _words(kind: str) -> str:
    return kind.removesuffix("Statement").lower() if kind != "VariableDeclarationStatement" else "declaration"


def _range(path: str, node: Node | None) -> Any:
    if node is None:
        return None
    start, length, _ = map(int, node["src"].split(":"))
    return Range(path, start, start + length)
