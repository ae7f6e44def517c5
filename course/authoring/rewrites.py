"""Rewrites of a right answer that do the same: another order of arithmetic, another form. A check must accept each.

Like mutants they are made mechanically, one change each, and named by the change, "a + b -> b + a". The few that do
change what an exercise asks for are listed by name, with the reason, by `different` in the answers file.
"""

from __future__ import annotations

import ast
import copy
from collections.abc import Callable, Iterator
from typing import Any

from course.authoring.mutants import changes

Variants = Iterator[ast.AST]

_INPLACE: dict[type[ast.operator], tuple[str, str]] = {
    ast.Add: ("add_", "+"), ast.Sub: ("sub_", "-"), ast.Mult: ("mul_", "*"), ast.Div: ("div_", "/"),
}  # fmt: skip
_SIGNS = dict(_INPLACE.values())
_REDUCTIONS = ("sum", "mean", "min", "max")
_KEYWORDS = {"mean": ["dim"], "sum": ["dim"], "SGD": ["params", "lr"], "Adam": ["params", "lr"]}


def rewrites(source: str) -> dict[str, str]:
    """All rewrites of a source by name."""
    found = changes(source, _variants)
    for name, rewrite in _WHOLE.items():
        tree = ast.parse(source)
        rewrite(_main(tree))
        text = ast.unparse(ast.fix_missing_locations(tree))
        if text != ast.unparse(ast.parse(source)):
            found[name] = text
    return found


def _main(tree: ast.Module) -> ast.FunctionDef:
    return [node for node in tree.body if isinstance(node, ast.FunctionDef)][-1]


def _expression(template: str, **parts: ast.AST) -> ast.expr:
    """The template with whole expressions in place of names."""
    tree = ast.parse(template, mode="eval").body
    filled: ast.expr = _Fill(parts).visit(tree)
    return filled


def _statements(template: str, **parts: ast.AST) -> list[ast.stmt]:
    filled: list[ast.stmt] = [_Fill(parts).visit(node) for node in ast.parse(template).body]
    return filled


class _Fill(ast.NodeTransformer):
    def __init__(self, parts: dict[str, ast.AST]) -> None:
        self.parts = parts

    def visit_Name(self, node: ast.Name) -> ast.AST:
        if node.id not in self.parts:
            return node
        part = copy.deepcopy(self.parts[node.id])
        if hasattr(part, "ctx"):
            part.ctx = node.ctx
        return part


# ── one node ────────────────────────────────────────────────────────────────────────────────────────────────


def _variants(node: ast.AST) -> Variants:
    for kind, rewrite in _REWRITERS:
        if isinstance(node, kind):
            yield from rewrite(node)


def _arithmetic(node: ast.BinOp) -> Variants:
    """Another order of the same arithmetic, equal but for the last digits."""
    parts = {"a": node.left, "b": node.right}
    if isinstance(node.op, ast.Add) and not _is_listlike(node):
        yield _expression("b + a", **parts)
    if isinstance(node.op, ast.Mult):
        yield _expression("b * a", **parts)
    if isinstance(node.op, ast.Sub):
        yield _expression("-(b - a)", **parts)
        yield _expression("a + -1 * b", **parts)
    if isinstance(node.op, ast.Div):
        yield _expression("a * (1 / b)", **parts)
        yield from _distributed(node)
    if isinstance(node.op, ast.MatMult):
        yield _expression("torch.matmul(a, b)", **parts)
    if isinstance(node.op, ast.Pow) and isinstance(node.right, ast.Constant) and node.right.value == 2:
        yield _expression("a * a", **parts)
        yield _expression("torch.square(a)", **parts)


def _distributed(node: ast.BinOp) -> Variants:
    """(a + b) / c -> a / c + b / c, and the same for a sum of many."""
    match node.left:
        case ast.BinOp(op=ast.Add(), left=left, right=right):
            yield _expression("a / c + b / c", a=left, b=right, c=node.right)
        case ast.Call(func=ast.Name(id="sum"), args=[ast.Name() as many]):
            yield _expression("sum(one / c for one in many)", many=many, c=node.right)


def _is_listlike(node: ast.BinOp) -> bool:
    """Of texts and lists `+` is no arithmetic: slices, displays and constants tell."""
    return any(
        isinstance(side, ast.List | ast.ListComp | ast.Tuple)
        or (isinstance(side, ast.Subscript) and isinstance(side.slice, ast.Slice))
        for side in (node.left, node.right)
    )


def _call(node: ast.Call) -> Variants:
    """Another way to say the same call."""
    match node:
        case ast.Call(func=ast.Name(id="sum"), args=[many]):
            yield _expression("sum(reversed(list(many)))", many=many)
            yield _expression("sum([*many])", many=many)
        case ast.Call(func=ast.Attribute(value=value, attr=attr), args=[], keywords=[]) if attr in _REDUCTIONS:
            if not isinstance(value, ast.Subscript):
                yield _expression(f"torch.{attr}(a)", a=value)
        case ast.Call(func=ast.Attribute(value=value, attr="copy"), args=[]):
            yield _expression("a.clone()", a=value)
        case ast.Call(func=ast.Attribute(value=value, attr="t"), args=[]):
            yield _expression("a.T", a=value)
        case ast.Call(func=ast.Attribute(value=value, attr="item"), args=[]):
            yield _expression("float(a)", a=value)
        case ast.Call(
            func=ast.Attribute(value=ast.Call(func=ast.Attribute(attr=attr), args=[]) as value, attr="get"), keywords=[]
        ) if attr in _REDUCTIONS:
            yield _expression("a.reshape(1, 1).get().reshape(())", a=value)
    yield from _keywords(node)


def _keywords(node: ast.Call) -> Variants:
    """Keywords for positional arguments, and the other way round."""
    name = node.func.attr if isinstance(node.func, ast.Attribute) else ""
    names = _KEYWORDS.get(name, []) if not _is_module(node.func) or name in ("SGD", "Adam") else []
    if names and node.args and not node.keywords:
        pairs = zip(names, node.args, strict=False)
        yield ast.Call(node.func, node.args[len(names) :], [ast.keyword(key, value) for key, value in pairs])
    if names and node.keywords and [key.arg for key in node.keywords] == names[len(node.args) :][: len(node.keywords)]:
        yield ast.Call(node.func, [*node.args, *(key.value for key in node.keywords)], [])


def _is_module(node: ast.expr) -> bool:
    return isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name) and node.value.id == "torch"


def _in_place(node: ast.AugAssign) -> Variants:
    """`w -= g` in three other ways; of numbers and lists only the plain one."""
    method, sign = _INPLACE.get(type(node.op), ("", ""))
    if not method or not isinstance(node.target, ast.Name):
        return
    parts: dict[str, ast.AST] = {"a": node.target, "b": node.value}
    yield _statements(f"a = a {sign} b", **parts)[0]
    if not isinstance(node.value, ast.List | ast.Constant):
        yield _statements(f"a.{method}(b)", **parts)[0]
        yield _statements(f"a.data = a.data {sign} b", **parts)[0]
        yield _statements(f"a.copy_(a {sign} b)", **parts)[0]


def _statement(node: ast.Expr) -> Variants:
    """`w.sub_(g)` as an assignment, `backward` as `torch.autograd.grad`, other ways to forget gradients."""
    match node.value:
        case ast.Call(func=ast.Attribute(value=target, attr=method), args=[value]) if method in _SIGNS:
            if isinstance(target, ast.Attribute) and target.attr == "data":
                target = target.value
            yield _statements(f"a.data = a.data {_SIGNS[method]} b", a=target, b=value)[0]
        case ast.Call(func=ast.Attribute(value=ast.Name(id="opt"), attr="zero_grad"), args=[]):
            yield _statements("model.zero_grad()")[0]
            yield _statements("for p in model.parameters():\n    p.grad = None")[0]
        case ast.Call(func=ast.Attribute(value=loss, attr="backward"), args=[]):
            yield _statements("torch.autograd.backward(loss)", loss=loss)[0]


def _loop(node: ast.For) -> Variants:
    """The same loop by index, and with its condition the other way round."""
    match node.body:
        case [ast.If(test=test, body=body, orelse=[])]:
            guard = ast.If(ast.UnaryOp(ast.Not(), test), [ast.Continue()], [])
            yield ast.For(node.target, node.iter, [guard, *body], [])
    if not isinstance(node.iter, ast.Call):
        parts: dict[str, ast.AST] = {"many": node.iter, "one": node.target}
        (loop,) = _statements("for at in range(len(many)):\n    one = many[at]", **parts)
        assert isinstance(loop, ast.For)
        yield ast.For(loop.target, loop.iter, [*loop.body, *node.body], [])


def _comprehension(node: ast.ListComp | ast.GeneratorExp) -> Variants:
    """`map` and an inner function for a comprehension of one name."""
    match node.generators:
        case [ast.comprehension(target=ast.Name(id=name), iter=many, ifs=[])]:
            yield _expression(f"list(map(lambda {name}: one, many))", one=node.elt, many=many)


_REWRITERS: list[tuple[Any, Callable[[Any], Variants]]] = [
    (ast.BinOp, _arithmetic),
    (ast.Call, _call),
    (ast.AugAssign, _in_place),
    (ast.Expr, _statement),
    (ast.For, _loop),
    ((ast.ListComp, ast.GeneratorExp), _comprehension),
]


# ── the whole function ──────────────────────────────────────────────────────────────────────────────────────


def _rename(function: ast.FunctionDef) -> None:
    """Every local variable under another name; arguments keep theirs, a caller may use them."""
    stored = {node.id for node in ast.walk(function) if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store)}
    taken = {arg.arg for node in ast.walk(function) if isinstance(node, ast.arguments) for arg in node.args}
    for node in ast.walk(function):
        if isinstance(node, ast.Name) and node.id in stored - taken:
            node.id = f"my_{node.id}"


def _name_steps(function: ast.FunctionDef) -> None:
    """Every step of a statement under a name of its own, in the order in which it is evaluated."""
    _Steps().blocks(function)


_STEPS = (ast.BinOp, ast.Call, ast.Attribute, ast.UnaryOp, ast.Tuple)  # evaluated once, in order, in this scope


class _Steps:
    """Pulls calls and operations out of simple statements."""

    def __init__(self) -> None:
        self.count = 0

    def blocks(self, node: Any) -> None:
        for field in ("body", "orelse"):
            block = getattr(node, field, None)
            if isinstance(block, list):
                setattr(node, field, [step for statement in block for step in self.steps(statement)])

    def steps(self, node: Any) -> list[ast.stmt]:
        if isinstance(node, ast.Return | ast.Assign | ast.Expr) and isinstance(node.value, _STEPS):
            before: list[ast.stmt] = []
            for name, value in ast.iter_fields(node.value):
                setattr(node.value, name, self.pulled(value, before))
            return [*before, node]
        if not isinstance(node, ast.FunctionDef):
            self.blocks(node)
        return [node]

    def pulled(self, value: Any, before: list[ast.stmt]) -> Any:
        if isinstance(value, list):
            return [self.pulled(item, before) for item in value]
        if not isinstance(value, _STEPS):
            return value
        for name, inner in ast.iter_fields(value):
            setattr(value, name, self.pulled(inner, before))
        if not isinstance(value, ast.BinOp | ast.Call):
            return value
        self.count += 1
        before += _statements(f"step{self.count} = value", value=value)
        return ast.Name(f"step{self.count}", ast.Load())


def _inner_function(function: ast.FunctionDef) -> None:
    """The whole body as an inner function that is called at the end."""
    doc, body = _split(function)
    inner = ast.FunctionDef("work", ast.arguments([], [], None, [], [], None, []), body, [])
    stored = {node.id for node in ast.walk(function) if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store)}
    shared = sorted(stored & {arg.arg for arg in function.args.args})
    if shared:
        inner.body = [ast.Nonlocal(shared), *body]
    function.body = [*doc, inner, *_statements("return work()")]


def _one_exit(function: ast.FunctionDef) -> None:
    """The last return through a name."""
    last = function.body[-1]
    if isinstance(last, ast.Return) and last.value is not None:
        named = "result = value\nif result is None:\n    return None\nreturn result"
        function.body[-1:] = _statements(named, value=last.value)


def _loops_for_comprehensions(function: ast.FunctionDef) -> None:
    """Each assigned or returned list comprehension as a loop that appends."""
    _each_block(function, _as_loop)


def _as_loop(statement: ast.stmt) -> list[ast.stmt]:
    match statement:
        case (
            ast.Assign(value=ast.ListComp(elt=elt, generators=[one]))
            | ast.Return(value=ast.ListComp(elt=elt, generators=[one]))
        ):
            body = _statements("gathered.append(elt)", elt=elt)
            for test in one.ifs:
                body = [ast.If(test, body, [])]
            loop = ast.For(one.target, one.iter, body, [])
            statement.value = ast.Name("gathered", ast.Load())
            return [*_statements("gathered = []"), loop, statement]
    return [statement]


def _comprehensions_for_loops(function: ast.FunctionDef) -> None:
    """A loop that ends in `append` as a comprehension over an inner function."""
    _each_block(function, lambda statement: _as_comprehension(function, statement))


def _as_comprehension(function: ast.FunctionDef, statement: ast.stmt) -> list[ast.stmt]:
    match statement:
        case ast.For(target=target, iter=many, body=[*body, ast.Expr(value=ast.Call(func=func, args=[value]))]) if (
            isinstance(func, ast.Attribute)
            and func.attr == "append"
            and isinstance(func.value, ast.Name)
            and not _carries(function, body)
        ):
            inner = ast.FunctionDef("work", ast.arguments([], [], None, [], [], None, []), [], [])
            inner.args.args = [ast.arg(name.id) for name in ast.walk(target) if isinstance(name, ast.Name)]
            inner.body = [*body, ast.Return(value)]
            called = ast.Call(ast.Name("work", ast.Load()), [ast.Name(a.arg, ast.Load()) for a in inner.args.args], [])
            many_of = ast.ListComp(called, [ast.comprehension(target, many, [], 0)])
            return [inner, ast.Expr(ast.Call(_expression("a.extend", a=func.value), [many_of], []))]
    return [statement]


def _carries(function: ast.FunctionDef, body: list[ast.stmt]) -> bool:
    """Whether the body assigns names that are arguments, or are assigned elsewhere as well."""

    def stored(nodes: Any) -> list[str]:
        names = [n for node in nodes for n in ast.walk(node) if isinstance(n, ast.Name)]
        return [name.id for name in names if isinstance(name.ctx, ast.Store)]

    everywhere = stored([function]) + [arg.arg for arg in function.args.args]
    return any(everywhere.count(name) > stored(body).count(name) for name in stored(body))


def _each_block(node: Any, change: Callable[[ast.stmt], list[ast.stmt]]) -> None:
    for field in ("body", "orelse"):
        block = getattr(node, field, None)
        if isinstance(block, list):
            for statement in block:
                _each_block(statement, change)
            setattr(node, field, [new for statement in block for new in change(statement)])


def _gradients_apart(function: ast.FunctionDef) -> None:
    """`torch.autograd.grad` for `backward`, of the weights whose gradient is read, or of a model's."""
    read = [
        ast.unparse(node.value)
        for node in ast.walk(function)
        if isinstance(node, ast.Attribute) and node.attr == "grad" and isinstance(node.ctx, ast.Load)
    ]
    grad = "torch.autograd.grad(loss, {})"
    if read:
        template = f"({read[0]}.grad,) = {grad.format(f'[{read[0]}]')}"
    else:
        template = f"for p, g in zip(model.parameters(), {grad.format('list(model.parameters())')}):\n    p.grad = g"

    def change(statement: ast.stmt) -> list[ast.stmt]:
        match statement:
            case ast.Expr(value=ast.Call(func=ast.Attribute(value=loss, attr="backward"), args=[])):
                return _statements(template, loss=loss)
        return [statement]

    _each_block(function, change)


def _split(function: ast.FunctionDef) -> tuple[list[ast.stmt], list[ast.stmt]]:
    """Docstring, and the rest of the body."""
    count = int(ast.get_docstring(function) is not None)
    return function.body[:count], function.body[count:]


_WHOLE: dict[str, Callable[[ast.FunctionDef], None]] = {
    "local variables renamed": _rename,
    "every step under a name": _name_steps,
    "an inner function": _inner_function,
    "another exit": _one_exit,
    "loops for comprehensions": _loops_for_comprehensions,
    "comprehensions for loops": _comprehensions_for_loops,
    "torch.autograd.grad": _gradients_apart,
}
