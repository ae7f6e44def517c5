"""A rewrite does what the original does: both are run, in plain torch, and compared."""

from __future__ import annotations

from typing import Any

import pytest
import torch

from course.authoring.rewrites import rewrites

SOURCES = {
    "arithmetic": """
def f(x, y):
    \"\"\"Stays a - b.\"\"\"
    return ((x + y) / 2 - (x @ y.T).sum() * 0.5) ** 2
""",
    "a loop": """
def f(x, y):
    found = []
    for row in x:
        double = row * 2
        found.append(double + y)
    return torch.stack(found)
""",
    "a comprehension": """
def f(x, y):
    rows = [row + y for row in x]
    return sum(rows) / len(rows)
""",
    "a condition": """
def f(x, y):
    total = torch.zeros(3)
    for row in x:
        if row.sum() > 0:
            total += row
    return total
""",
    "a gradient": """
def f(x, y):
    w = torch.ones(3, requires_grad=True)
    loss = (x @ w).sum()
    loss.backward()
    with torch.no_grad():
        w -= 0.1 * w.grad
    return w.detach()
""",
    "a model": """
def f(x, y):
    torch.manual_seed(0)
    model = nn.Linear(3, 1)
    opt = optim.SGD(model.parameters(), lr=0.1)
    for _ in range(3):
        opt.zero_grad()
        loss = (model(x) ** 2).mean()
        loss.backward()
        opt.step()
    return model.weight.detach()
""",
    "an argument that is assigned": """
def f(x, y):
    for _ in range(3):
        x = (x + y) / 2
    return x
""",
}


def run(source: str) -> torch.Tensor:
    names: dict[str, Any] = {"torch": torch, "nn": torch.nn, "optim": torch.optim}
    exec(source, names)
    torch.manual_seed(3)
    result: torch.Tensor = names["f"](torch.randn(4, 3), torch.randn(3))
    return result


@pytest.mark.parametrize("source", SOURCES.values(), ids=SOURCES)
def test_every_rewrite_computes_the_same_up_to_the_last_digits(source: str) -> None:
    made = rewrites(source)
    expected = run(source)
    assert len(made) >= 3
    for name, text in made.items():
        torch.testing.assert_close(run(text), expected, msg=lambda said, name=name: f"{name}: {said}")
        assert "a - b" in text or "Stays" not in source


@pytest.mark.parametrize(
    ("line", "rewrite"),
    [
        ("y = a + b", "y = a + b -> y = b + a"),
        ("y = (a + b) / c", "y = (a + b) / c -> y = a / c + b / c"),
        ("y = sum(parts) / n", "y = sum(parts) / n -> y = sum((one / n for one in parts)) "),
        ("y = sum(parts)", "y = sum(parts) -> y = sum(reversed(list(parts)))"),
        ("w -= g", "w -= g -> w = w - g"),
        ("w -= g", "w -= g -> w.sub_(g)"),
        ("w -= g", "w -= g -> w.data = w.data - g"),
        ("w.data.sub_(g)", "w.data.sub_(g) -> w.data = w.data - g"),
        ("y = x.copy()", "y = x.copy() -> y = x.clone()"),
        ("y = x.sum().get()", "y = x.sum().get() -> y = x.sum().reshape(1, 1).get().reshape(())"),
        ("y = optim.SGD(p, lr=1)", "y = optim.SGD(p, lr=1) -> y = optim.SGD(p, 1)"),
        ("y = optim.SGD(p, 1)", "y = optim.SGD(p, 1) -> y = optim.SGD(params=p, lr=1)"),
        ("opt.zero_grad()", "opt.zero_grad() -> model.zero_grad()"),
        ("y = [g(x) for x in xs]", "y = [g(x) for x in xs] -> y = list(map(lambda x: g(x), xs))"),
    ],
)
def test_rewrites_by_name(line: str, rewrite: str) -> None:
    assert rewrite.strip() in rewrites(f"def f():\n    {line}\n")


@pytest.mark.parametrize("line", ["y = places[1:] + places[:1]", "y = [a] + rest", "found += [a]"])
def test_lists_are_not_commuted_or_subtracted(line: str) -> None:
    changed = [name for name in rewrites(f"def f():\n    {line}\n") if " -> " in name]
    assert changed == ([] if line.startswith("y") else ["found += [a] -> found = found + [a]"])


def test_whole_functions() -> None:
    source = """
def f(w, xs):
    found = []
    for x in xs:
        y = g(h(x), w)
        found.append(y)
    return found
"""
    made = rewrites(source)
    assert "my_found" in made["local variables renamed"] and "my_w" not in made["local variables renamed"]
    assert "step1 = h(x)\n        y = g(step1, w)" in made["every step under a name"]
    assert "return work()" in made["an inner function"]
    assert "found.extend([work(x) for x in xs])" in made["comprehensions for loops"]


def test_a_loop_that_carries_something_stays_a_loop() -> None:
    source = (
        "def f(w, xs):\n    kept = []\n    for x in xs:\n        w = g(w, x)\n        kept.append(w)\n    return w\n"
    )
    assert "comprehensions for loops" not in rewrites(source)
