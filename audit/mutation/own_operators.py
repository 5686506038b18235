"""Our own operators: the faults that auditors of registries look for, and those that slither's text patterns miss.

Each operator takes a place in the syntax tree and yields edits. Whether an edit compiles is for the compiler to say.
"""

from __future__ import annotations

import itertools
import re
from collections.abc import Callable, Iterator, Sequence
from typing import NamedTuple

from audit.mutation.mutant import Mutant
from audit.mutation.syntax import Node, Place, Siblings, Span, name_of, nodes, span, type_of, walk

_BOUNDARIES = {"<": "<=", "<=": "<", ">": ">=", ">=": ">", "==": "!=", "!=": "=="}
_BINARY = {"+": "-", "-": "+", "*": "/", "/": "*", "%": "*", "**": "*"}
_BITS = {"&": "|", "|": "&", "^": "|", "<<": ">>", ">>": "<<"}
_LOGIC = {"&&": "||", "||": "&&"}
_OTHER_OPERATOR = {**_BINARY, **_BITS, **_LOGIC}
_WEAKER_CHECKS = {"_requireAuthorized": "_requireOwned", "_requireOwned": "_ownerOf"}


class Edit(NamedTuple):
    """What replaces which bytes."""

    span: Span
    replacement: str


Operator = Callable[[Place], Iterator[Edit]]


def own_mutants(file: str, ast: Node, source: bytes, siblings: Siblings) -> list[Mutant]:
    """All mutants of our operators in one file."""
    return [
        Mutant(file, name, name_of(place.function), *edit.span, edit.replacement)
        for place in walk(ast, source, siblings)
        if not place.is_inside("ImportDirective", "PragmaDirective")
        for name, operator in OPERATORS.items()
        for edit in operator(place)
    ]


# EVENTS


def _drop_event(place: Place) -> Iterator[Edit]:
    if place.kind == "EmitStatement":
        yield _without_statement(place)


def _swap_event_arguments(place: Place) -> Iterator[Edit]:
    if place.kind == "EmitStatement":
        yield from _swaps(place, place.node["eventCall"]["arguments"])


# CHECKS


def _drop_modifier(place: Place) -> Iterator[Edit]:
    if place.kind == "ModifierInvocation" and place.node.get("kind") == "modifierInvocation":
        yield Edit(span(place.node), "")


def _drop_check(place: Place) -> Iterator[Edit]:
    if place.kind == "ExpressionStatement" and re.match(r"_(check|require)", place.text(place.node)):
        yield _without_statement(place)
    if place.kind == "FunctionCall" and (weaker := _WEAKER_CHECKS.get(place.text(place.node["expression"]))):
        yield Edit(span(place.node["expression"]), weaker)


def _force_condition(place: Place) -> Iterator[Edit]:
    if place.kind in {"IfStatement", "WhileStatement", "ForStatement", "Conditional"} and place.node.get("condition"):
        for value in ("true", "false"):
            yield Edit(span(place.node["condition"]), value)


def _drop_condition(place: Place) -> Iterator[Edit]:
    if place.kind == "BinaryOperation" and place.node["operator"] in _LOGIC:
        for side in ("leftExpression", "rightExpression"):
            yield Edit(span(place.node), f"({place.text(place.node[side])})")


# LIMITS


def _shift_boundary(place: Place) -> Iterator[Edit]:
    if place.kind == "BinaryOperation" and (other := _BOUNDARIES.get(place.node["operator"])):
        yield _with_operator(place, other)


def _shift_number(place: Place) -> Iterator[Edit]:
    text = place.text(place.node)
    is_number = place.kind == "Literal" and place.node["kind"] == "number"
    is_bound = place.kind == "MemberAccess" and re.fullmatch(r"type\(\w+\)\.(max|min)", text)
    if is_number or is_bound:
        for step in ("+ 1", "- 1"):
            yield Edit(span(place.node), f"({text} {step})")


def _change_literal(place: Place) -> Iterator[Edit]:
    if place.kind != "Literal":
        return
    if place.node["kind"] == "bool":
        yield Edit(span(place.node), "false" if place.node["value"] == "true" else "true")
    elif place.node["kind"] == "string":
        yield Edit(span(place.node), '"mutant"')


# WHAT IS READ AND WRITTEN


def _swap_arguments(place: Place) -> Iterator[Edit]:
    if place.kind == "FunctionCall" and not (place.parents and place.parents[-1]["nodeType"] == "EmitStatement"):
        yield from _swaps(place, place.node["arguments"])
    elif place.kind == "ModifierInvocation":
        yield from _swaps(place, place.node.get("arguments") or [])
    elif place.kind == "TupleExpression":
        yield from _swaps(place, place.node["components"])


def _change_key(place: Place) -> Iterator[Edit]:
    """Another variable of the same type as a mapping's key, or the caller; and two keys in a row swapped."""
    if place.kind != "IndexAccess":
        return
    key, base = place.node["indexExpression"], place.node["baseExpression"]
    for other in _variables(place.function, type_of(key)):
        if other != place.text(key):
            yield Edit(span(key), other)
    if type_of(key) == "address" and place.text(key) != "msg.sender":
        yield Edit(span(key), "msg.sender")
    if base["nodeType"] == "IndexAccess":
        yield from _swaps(place, [base["indexExpression"], key], same_type=False)


def _change_member(place: Place) -> Iterator[Edit]:
    """Another member of the same struct, or another function of the same contract, of the same type."""
    if place.kind not in {"MemberAccess", "Identifier"}:
        return
    name = place.node.get("memberName") or place.node["name"]
    end = span(place.node).end
    for other in place.siblings.get(place.node.get("referencedDeclaration", 0), ()):
        if other != name:
            yield Edit(Span(end - len(name.encode()), end), other)


def _swap_branches(place: Place) -> Iterator[Edit]:
    if place.kind == "Conditional":
        yield from _swaps(place, [place.node["trueExpression"], place.node["falseExpression"]], same_type=False)


def _change_operator(place: Place) -> Iterator[Edit]:
    if place.kind == "BinaryOperation" and (other := _OTHER_OPERATOR.get(place.node["operator"])):
        yield _with_operator(place, other)


def _change_unary(place: Place) -> Iterator[Edit]:
    if place.kind != "UnaryOperation":
        return
    operand = place.text(place.node["subExpression"])
    match place.node["operator"]:
        case "!" | "-":
            yield Edit(span(place.node), operand)
        case "++":
            yield Edit(span(place.node), f"--{operand}")
        case "--":
            yield Edit(span(place.node), f"++{operand}")


def _drop_statement(place: Place) -> Iterator[Edit]:
    if place.kind in {"ExpressionStatement", "Return", "RevertStatement", "Continue"}:
        yield _without_statement(place)


OPERATORS: dict[str, Operator] = {
    "EVD": _drop_event,
    "EVS": _swap_event_arguments,
    "ACM": _drop_modifier,
    "ACC": _drop_check,
    "CFO": _force_condition,
    "CDR": _drop_condition,
    "LBO": _shift_boundary,
    "LNU": _shift_number,
    "LCH": _change_literal,
    "ARG": _swap_arguments,
    "KEY": _change_key,
    "MEM": _change_member,
    "TER": _swap_branches,
    "OPR": _change_operator,
    "UNA": _change_unary,
    "DEL": _drop_statement,
}
"""Each by its short name, events first."""

DESCRIPTIONS = {
    "EVD": "an event is not emitted",
    "EVS": "two arguments of one type of an event are swapped, topics included",
    "ACM": "a modifier is removed: guard, pause or role",
    "ACC": "a check is not called, or a weaker one",
    "CFO": "a condition is always true or always false",
    "CDR": "one side of a logical operator is removed",
    "LBO": "a limit is off by one: `<` and `<=`; and `==` is `!=`",
    "LNU": "a number or a bound of a type is one more or less",
    "LCH": "a boolean is the other one, a string is another one",
    "ARG": "two arguments of one type of a call, a base constructor or a returned tuple are swapped",
    "KEY": "a mapping's key is another variable of its type, or two keys are swapped",
    "MEM": "another member of the struct or another function of the same type is used",
    "TER": "the branches of a conditional are swapped",
    "OPR": "an arithmetic, bitwise or logical operator is another one",
    "UNA": "a negation is removed, a step goes the other way",
    "DEL": "a statement is removed",
}


# HELPERS


def _without_statement(place: Place) -> Edit:
    start, end = span(place.node)
    # Solidity has no `;` alone for the body of an `if` or a loop.
    in_block = place.parents[-1]["nodeType"] in {"Block", "UncheckedBlock"}
    return Edit(Span(start, place.source.index(b";", end - 1) + 1), "" if in_block else "{}")


def _with_operator(place: Place, operator: str) -> Edit:
    left, right = place.node["leftExpression"], place.node["rightExpression"]
    between = Span(span(left).end, span(right).start)
    text = place.source[between.start : between.end].decode()
    return Edit(between, text.replace(place.node["operator"], operator, 1))


def _swaps(place: Place, items: Sequence[Node | None], *, same_type: bool = True) -> Iterator[Edit]:
    """Each two of the expressions in each other's place, if their types are the same and their texts are not."""
    present = [item for item in items if item is not None]
    for one, two in itertools.combinations(present, 2):
        if same_type and type_of(one) != type_of(two):
            continue
        first, second = place.text(one), place.text(two)
        if first == second:
            continue
        whole = Span(span(one).start, span(two).end)
        between = place.source[span(one).end : span(two).start].decode()
        yield Edit(whole, second + between + first)


def _variables(function: Node | None, kind: str) -> list[str]:
    """The parameters, return values and local variables of a function that have this type."""
    if function is None:
        return []
    declared = [node for node, _ in nodes(function) if node["nodeType"] == "VariableDeclaration" and node["name"]]
    return [str(node["name"]) for node in declared if type_of(node) == kind]
