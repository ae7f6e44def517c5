"""Mechanical mutants of a reference answer: one small change each, as somebody might mistype or forget it.

A good check kills nearly all of them. A mutant is named by its change, "a + b -> a - b", so that those
which cannot be told apart from the reference can be listed by name.
"""

from __future__ import annotations

import ast
import copy
from collections.abc import Callable, Iterator
from itertools import zip_longest
from typing import Any

Variants = Iterator[ast.AST]

_OPERATORS: dict[type[ast.operator], type[ast.operator]] = {
    ast.Add: ast.Sub,
    ast.Sub: ast.Add,
    ast.Mult: ast.Div,
    ast.Div: ast.Mult,
    ast.MatMult: ast.Mult,
    ast.FloorDiv: ast.Mod,
    ast.Mod: ast.FloorDiv,
    ast.Pow: ast.Mult,
}
_COMPARISONS: dict[type[ast.cmpop], type[ast.cmpop]] = {
    ast.Lt: ast.LtE,
    ast.LtE: ast.Lt,
    ast.Gt: ast.GtE,
    ast.GtE: ast.Gt,
    ast.Eq: ast.NotEq,
    ast.NotEq: ast.Eq,
    ast.In: ast.NotIn,
    ast.NotIn: ast.In,
    ast.Is: ast.IsNot,
    ast.IsNot: ast.Is,
}
_METHODS = {
    "add_": "sub_", "sub_": "add_", "mul_": "div_", "div_": "mul_", "add": "sub", "sub": "add", "sum": "mean",
    "mean": "sum", "max": "min", "min": "max", "argmax": "argmin", "argmin": "argmax", "move": "copy",
}  # fmt: skip
_MODULES = {"torch", "nn", "F", "optim", "sy", "math", "random"}


def mutants(source: str) -> dict[str, str]:
    """All mutants of a source by name, without those whose code is the reference's."""
    return changes(source, _variants)


def changes(source: str, variants: Callable[[ast.AST], Iterator[ast.AST]]) -> dict[str, str]:
    """One source for each node and each of its variants, by name; those whose code is the original's left out."""
    tree = ast.parse(source)
    seen = {ast.unparse(tree)}
    found: dict[str, str] = {}
    for position, node in enumerate(_walk(tree)):
        for variant in variants(node):
            mutant = ast.unparse(_with(tree, position, variant))
            if mutant not in seen:
                seen.add(mutant)
                found[_unused(_name(ast.unparse(tree), mutant), found)] = mutant
    return found


def _walk(tree: ast.AST) -> Iterator[ast.AST]:
    """Nodes below, outermost first, in a fixed order; annotations, decorators and docstrings left out."""
    yield tree
    for name, value in ast.iter_fields(tree):
        if name in ("annotation", "returns", "decorator_list"):
            continue
        children = value if isinstance(value, list) else [value]
        for child in children:
            if isinstance(child, ast.AST) and not _is_docstring(child):
                yield from _walk(child)


def _is_docstring(node: ast.AST) -> bool:
    return isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant)


def _with(tree: ast.AST, position: int, variant: ast.AST) -> ast.AST:
    """A copy of the tree with the node at `position` replaced."""
    changed = copy.deepcopy(tree)
    target = list(_walk(changed))[position]
    replaced = _Replace(target, variant).visit(changed)
    result: ast.AST = ast.fix_missing_locations(replaced)
    return result


class _Replace(ast.NodeTransformer):
    def __init__(self, target: ast.AST, variant: ast.AST) -> None:
        self.target, self.variant = target, variant

    def visit(self, node: ast.AST) -> Any:
        return self.variant if node is self.target else self.generic_visit(node)


def _name(reference: str, mutant: str) -> str:
    """The first line that differs, before and after."""
    lines = zip_longest(reference.splitlines(), mutant.splitlines(), fillvalue="")
    before, after = next((a.strip(), b.strip()) for a, b in lines if a != b)
    return f"{before} -> {after}"


def _unused(name: str, taken: dict[str, str]) -> str:
    names = [name, *(f"{name} #{n}" for n in range(2, 100))]
    return next(candidate for candidate in names if candidate not in taken)


def _variants(node: ast.AST) -> Variants:
    for kind, mutate in _MUTATORS:
        if isinstance(node, kind):
            yield from mutate(node)


def _changed(node: ast.AST, **fields: Any) -> ast.AST:
    twin = copy.copy(node)
    for name, value in fields.items():
        setattr(twin, name, value)
    return twin


def _operator(node: Any) -> Variants:
    other = _OPERATORS.get(type(node.op))
    if other:
        yield _changed(node, op=other())


def _sides(node: ast.BinOp) -> Variants:
    """Swapped and dropped operands."""
    if isinstance(node.op, ast.Sub | ast.Div | ast.MatMult | ast.Pow | ast.Mod | ast.FloorDiv):
        yield _changed(node, left=node.right, right=node.left)
    yield node.left
    yield node.right


def _comparison(node: ast.Compare) -> Variants:
    other = _COMPARISONS.get(type(node.ops[0]))
    if other:
        yield _changed(node, ops=[other(), *node.ops[1:]])


def _junction(node: ast.BoolOp) -> Variants:
    yield _changed(node, op=ast.Or() if isinstance(node.op, ast.And) else ast.And())
    yield from node.values


def _unary(node: ast.UnaryOp) -> Variants:
    yield node.operand


def _constant(node: ast.Constant) -> Variants:
    value = node.value
    if isinstance(value, bool):
        yield ast.Constant(not value)
    elif isinstance(value, int):
        yield ast.Constant(value + 1)
        yield ast.Constant(value - 1)
    elif isinstance(value, float):
        yield ast.Constant(value * 2)
        yield ast.Constant(-value)
    elif isinstance(value, str) and value:
        yield ast.Constant(value + "_")


def _statement(node: ast.stmt) -> Variants:
    """A forgotten statement."""
    if not isinstance(node, ast.FunctionDef | ast.Import | ast.ImportFrom | ast.Pass | ast.Return):
        yield ast.Pass()


def _return(node: ast.Return) -> Variants:
    if node.value is not None:
        yield ast.Return(None)


def _call(node: ast.Call) -> Variants:
    """A dropped method call, swapped arguments, a dropped keyword, a sister method."""
    called = node.func
    if isinstance(called, ast.Attribute) and not _is_module(called.value):
        yield called.value
    if isinstance(called, ast.Attribute) and called.attr in _METHODS:
        yield _changed(node, func=_changed(called, attr=_METHODS[called.attr]))
    if len(node.args) > 1:
        yield _changed(node, args=[node.args[1], node.args[0], *node.args[2:]])
    for keyword in node.keywords:
        yield _changed(node, keywords=[other for other in node.keywords if other is not keyword])


def _is_module(node: ast.expr) -> bool:
    return isinstance(node, ast.Name) and node.id in _MODULES


def _condition(node: Any) -> Variants:
    yield _changed(node, test=ast.Constant(True))
    yield _changed(node, test=ast.Constant(False)) if not isinstance(node, ast.While) else ast.Pass()


def _loop(node: Any) -> Variants:
    """A loop, or a comprehension, that forgets the first or the last."""
    for slice_ in ("[1:]", "[:-1]"):
        shortened = ast.parse(f"list({ast.unparse(node.iter)}){slice_}", mode="eval").body
        yield _changed(node, iter=shortened)


def _jump(node: Any) -> Variants:
    yield ast.Continue() if isinstance(node, ast.Break) else ast.Break()


def _with_block(node: ast.With) -> Variants:
    """The same statements without their context (`torch.no_grad()` forgotten)."""
    yield ast.If(test=ast.Constant(True), body=node.body, orelse=[])


_MUTATORS: list[tuple[Any, Callable[[Any], Variants]]] = [
    ((ast.BinOp, ast.AugAssign), _operator),
    (ast.BinOp, _sides),
    (ast.Compare, _comparison),
    (ast.BoolOp, _junction),
    (ast.UnaryOp, _unary),
    (ast.Constant, _constant),
    (ast.stmt, _statement),
    (ast.Return, _return),
    (ast.Call, _call),
    ((ast.If, ast.IfExp, ast.While), _condition),
    ((ast.For, ast.comprehension), _loop),
    ((ast.Break, ast.Continue), _jump),
    (ast.With, _with_block),
]
