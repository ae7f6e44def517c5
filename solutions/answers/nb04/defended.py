"""Exercise 04.5, defend, then attack again: what the check must reject, with its message's tag, and must accept."""

from course.authoring.answers import equivalent, right, wrong


def _program(
    *,
    first: str = "",
    length: str = "torch.cat([weight.flatten(), bias]).norm()",
    factor: str = "(bound / length).clamp(max=1)",
    noisy: str = "part * factor + noise * bound * torch.randn_like(part)",
    fetched: str = "[part.get() for part in safe]",
    guess: str = "attack(*kept)",
) -> str:
    return f"""
def defended(weight, bias, bound, noise, attack):
    {first}
    length = {length}
    factor = {factor}
    safe = [{noisy} for part in (weight, bias)]
    kept = {fetched}
    return kept[0], kept[1], {guess}
"""


wrong(
    "04.5",
    tag="protected-here",
    why="fetches the update, and protects it here",
    source=_program(first="weight, bias = weight.copy().get(), bias.copy().get()", fetched="safe"),
)
wrong(
    "04.5",
    tag="protected-here",
    why="fetches the clipped update, and adds the noise here",
    source=_program(
        noisy="part * factor",
        fetched="[part.get() for part in safe]\n    kept = [part + noise * bound * torch.randn_like(part) for part in kept]",
    ),
)
wrong(
    "04.5",
    tag="sent-there",
    why="draws the noise here, and sends it",
    source=_program(noisy="part * factor + noise * bound * torch.randn(part.shape).send(part.location)"),
)
wrong(
    "04.5",
    tag="too-much",
    why="fetches the length, to compare it here",
    source=_program(length="torch.cat([weight.flatten(), bias]).norm().get().item()", factor="min(1.0, bound / length)"),
)
wrong(
    "04.5",
    tag="too-much",
    why="attacks the update from before the protection",
    source=_program(guess="attack(weight.copy().get(), bias.copy().get())"),
)
wrong(
    "04.5",
    tag="too-much",
    why="fetches once to attack, and once more, with other noise, to return",
    source=_program(guess="attack(*[(part * factor + noise * bound * torch.randn_like(part)).get() for part in (weight, bias)])"),
)
wrong(
    "04.5",
    tag="not-three",
    why="returns pointers",
    source=_program(fetched="safe", guess="safe[0][0]"),
    example="a pointer prints as one",
)
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
    source=_program(noisy="part * factor + noise * bound * torch.randn_like(part.sum())"),
)
wrong(
    "04.5",
    tag="shared-noise",
    why="one draw for each column",
    source=_program(noisy="part * factor + noise * bound * torch.randn_like(part if part.dim() == 1 else part[0])"),
)
wrong(
    "04.5",
    tag="same-noise",
    why="seeds the noise, so that a run can be repeated",
    source=_program(first="torch.manual_seed(0)"),
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
    why="rand for randn",
    source=_program(noisy="part * factor + noise * bound * torch.rand_like(part)"),
)
wrong(
    "04.5",
    tag="off-centre",
    why="draws from 0 to 1, at the right size",
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
    source=_program(noisy="part * (bound / part.norm()).clamp(max=1) + noise * bound * torch.randn_like(part)"),
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
    source=_program(noisy="part * factor + noise * length.clamp(max=bound) * torch.randn_like(part)"),
)
wrong(
    "04.5",
    tag="shared-noise",
    why="the bias gets the weights' first column of noise",
    source="""
def defended(weight, bias, bound, noise, attack):
    length = torch.cat([weight.flatten(), bias]).norm()
    factor = (bound / length).clamp(max=1)
    drawn = noise * bound * torch.randn_like(weight)
    weight, bias = (weight * factor + drawn).get(), (bias * factor + drawn[:, 0]).get()
    return weight, bias, attack(weight, bias)
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
def defended(weight, bias, bound, noise, attack):
    noisy = [part + noise * bound * torch.randn_like(part) for part in (weight, bias)]
    length = torch.cat([part.flatten() for part in noisy]).norm()
    weight, bias = [(part * (bound / length).clamp(max=1)).get() for part in noisy]
    return weight, bias, attack(weight, bias)
""",
)
wrong(
    "04.5",
    tag="wrong-guess",
    why="returns protected weights for a guess",
    example="6 is not 3",
    source=_program(guess="kept[0][0]"),
)
wrong(
    "04.5",
    tag="wrong-guess",
    why="divides in the first unit, whatever the attack",
    source=_program(guess="kept[0][0] / kept[1][0] if noise else attack(*kept)"),
)
wrong(
    "04.5",
    tag="input-changed",
    why="works in place",
    source=_program(noisy="part.mul_(factor).add_(noise * bound * torch.randn_like(part))", fetched="[part.copy().get() for part in safe]"),
)
right(
    "04.5",
    why="one long vector, fetched in one piece and cut here",
    source="""
def defended(weight, bias, bound, noise, attack):
    units, width = weight.shape
    update = torch.cat([weight.reshape(-1), bias])
    update = update * torch.clamp(bound / update.norm(), max=1.0)
    update = (update + torch.randn_like(update) * (noise * bound)).get()
    weight, bias = update[: units * width].reshape(units, width), update[units * width :]
    return weight, bias, attack(weight, bias)
""",
)
right(
    "04.5",
    why="by sums of squares, step by step",
    source="""
def defended(weight, bias, bound, noise, attack):
    length = ((weight**2).sum() + (bias**2).sum()).sqrt()
    factor = bound / length.clamp(min=bound)
    deviation = noise * bound
    safe_weight = factor * weight + deviation * torch.randn_like(weight)
    safe_bias = factor * bias + deviation * torch.zeros_like(bias).normal_()
    safe_weight, safe_bias = safe_weight.get(), safe_bias.get()
    return safe_weight, safe_bias, attack(safe_weight, safe_bias)
""",
)
equivalent(
    "04.5",
    mutant="parts = [part * factor + noise * bound * torch.randn_like(part) for part in (weight, bias)] -> parts = [part * factor - noise * bound * torch.randn_like(part) for part in (weight, bias)]",
    reason="normal noise has no side",
)
