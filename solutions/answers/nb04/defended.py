"""Exercise 04.5, defend, then attack again: what the check must reject, with its message's tag, and must accept."""

from course.authoring.answers import equivalent, right, wrong


def _program(
    *,
    length: str = "torch.cat([weight.flatten(), bias]).norm()",
    factor: str = "min(1.0, bound / length)",
    noisy: str = "part * factor + noise * bound * torch.randn_like(part)",
    unit: str = "kept[1].abs().argmax()",
    guess: str = "kept[0][unit] / kept[1][unit]",
) -> str:
    return f"""
def defended(weight, bias, bound, noise):
    length = {length}
    factor = {factor}
    kept = [{noisy} for part in (weight, bias)]
    unit = {unit}
    return kept[0], kept[1], {guess}
"""


wrong(
    "04.5",
    tag="only-scaled",
    why="scales by a constant",
    source=_program(noisy="part * factor * (1 - noise)"),
)
wrong("04.5", tag="only-scaled", why="clips, and adds no noise", source=_program(noisy="part * factor"))
wrong(
    "04.5",
    tag="no-noise",
    why="noise on the weights only",
    source=_program(noisy="part * factor + (part.dim() == 2) * noise * bound * torch.randn_like(part)"),
)
wrong(
    "04.5",
    tag="shared-noise",
    why="one draw for each tensor",
    source=_program(noisy="part * factor + noise * bound * torch.randn(1)"),
)
wrong(
    "04.5",
    tag="shared-noise",
    why="one draw for each column",
    source=_program(noisy="part * factor + noise * bound * torch.randn(part.shape[-1])"),
)
wrong(
    "04.5",
    tag="same-noise",
    why="seeds the noise, so that a run can be repeated",
    source=_program().replace("    kept = [", "    torch.manual_seed(0)\n    kept = ["),
)
wrong(
    "04.5",
    tag="noise-size",
    why="forgets the bound",
    source=_program(noisy="part * factor + noise * torch.randn_like(part)"),
)
wrong(
    "04.5",
    tag="noise-size",
    why="takes the standard deviation for a variance",
    source=_program(noisy="part * factor + (noise * bound) ** 0.5 * torch.randn_like(part)"),
)
wrong(
    "04.5",
    tag="off-centre",
    why="draws from 0 to 1",
    source=_program(noisy="part * factor + noise * bound * 3**0.5 * torch.rand_like(part)"),
)
wrong(
    "04.5",
    tag="not-normal",
    why="uniform noise of the right deviation",
    source=_program(noisy="part * factor + noise * bound * 12**0.5 * (torch.rand_like(part) - 0.5)"),
)
wrong(
    "04.5",
    tag="apart",
    why="clips weight and bias apart",
    source=_program(noisy="part * min(1.0, bound / part.norm()) + noise * bound * torch.randn_like(part)"),
)
wrong(
    "04.5",
    tag="stretched",
    why="every update gets the length of the bound",
    source=_program(factor="bound / length"),
)
wrong(
    "04.5",
    tag="clipped-wrong",
    why="clamps each number, and shrinks",
    source=_program(noisy="part.clamp(-bound, bound) * factor + noise * bound * torch.randn_like(part)"),
)
wrong(
    "04.5",
    tag="each-number",
    why="clamps each number",
    source=_program(noisy="part.clamp(-bound, bound) + noise * bound * torch.randn_like(part)"),
)
wrong(
    "04.5",
    tag="own-length",
    why="noise by the length of this update",
    source=_program(noisy="part * factor + noise * min(bound, length) * torch.randn_like(part)"),
)
wrong(
    "04.5",
    tag="true-unit",
    why="the unit of the bias from before",
    source=_program(unit="bias.abs().argmax()"),
)
wrong(
    "04.5",
    tag="off-centre",
    why="rand for randn",
    source=_program(noisy="part * factor + noise * bound * torch.rand_like(part)"),
)
wrong(
    "04.5",
    tag="shared-noise",
    why="the bias gets the weights' first column of noise",
    source="""
def defended(weight, bias, bound, noise):
    length = torch.cat([weight.flatten(), bias]).norm()
    factor = min(1.0, bound / length)
    drawn = noise * bound * torch.randn_like(weight)
    weight, bias = weight * factor + drawn, bias * factor + drawn[:, 0]
    unit = bias.abs().argmax()
    return weight, bias, weight[unit] / bias[unit]
""",
)
wrong(
    "04.5",
    tag="not-clipped",
    why="no clipping",
    source=_program(noisy="part + noise * bound * torch.randn_like(part)"),
)
wrong(
    "04.5",
    tag="clipped-after",
    why="noise first, then clips",
    source="""
def defended(weight, bias, bound, noise):
    noisy = [part + noise * bound * torch.randn_like(part) for part in (weight, bias)]
    length = torch.cat([part.flatten() for part in noisy]).norm()
    weight, bias = [part * min(1.0, bound / length) for part in noisy]
    unit = bias.abs().argmax()
    return weight, bias, weight[unit] / bias[unit]
""",
)
wrong(
    "04.5",
    tag="undefended",
    why="attacks the update from before the protection",
    source=_program(unit="bias.abs().argmax()", guess="weight[unit] / bias[unit]"),
)
wrong(
    "04.5",
    tag="other-unit",
    why="the largest bias, not the largest in size",
    source=_program(unit="kept[1].argmax()"),
)
wrong(
    "04.5",
    tag="no-division",
    why="the protected weights, not divided",
    example="6 is not 3",
    source=_program(guess="kept[0][unit]"),
)
wrong(
    "04.5",
    tag="input-changed",
    why="works in place",
    source=_program(noisy="part.mul_(factor).add_(noise * bound * torch.randn_like(part))"),
)
right(
    "04.5",
    why="one long vector, cut again",
    source="""
def defended(weight, bias, bound, noise):
    units, width = weight.shape
    update = torch.cat([weight.reshape(-1), bias])
    if update.norm() > bound:
        update = update * bound / update.norm()
    update = update + torch.normal(0.0, 1.0, update.shape) * (noise * bound)
    weight, bias = update[: units * width].reshape(units, width), update[units * width :]
    best = max(range(units), key=lambda unit: abs(bias[unit].item()))
    return weight, bias, weight[best] / bias[best]
""",
)
right(
    "04.5",
    why="by sums of squares, step by step",
    source="""
def defended(weight, bias, bound, noise):
    length = ((weight**2).sum() + (bias**2).sum()).sqrt().item()
    factor = bound / length if length > bound else 1.0
    deviation = noise * bound
    safe_weight = factor * weight + deviation * torch.randn(weight.shape)
    safe_bias = factor * bias + deviation * torch.randn(bias.shape)
    _, unit = safe_bias.abs().max(dim=0)
    return safe_weight, safe_bias, safe_weight[unit].div(safe_bias[unit])
""",
)
equivalent(
    "04.5",
    mutant="factor = min(1.0, bound / length) -> factor = min(bound / length, 1.0)",
    reason="a minimum has no order",
)
equivalent(
    "04.5",
    mutant="weight, bias = [part * factor + noise * bound * torch.randn_like(part) for part in parts] -> weight, bias = [part * factor - noise * bound * torch.randn_like(part) for part in parts]",
    reason="normal noise has no side",
)
