"""Exercise 09.3, an oracle: what the check must reject, with the tag of its message, and must accept."""

from course.authoring.answers import different, equivalent, right, scene, wrong

scene(
    "09.3",
    source="""
some_images = torch.cartesian_prod(*[torch.tensor([0.0, 1.0])] * 4)
some_targets = some_images[:, 3:]


def four_parts():
    torch.manual_seed(0)
    return [nn.Sequential(nn.Linear(4, 3), nn.Tanh()), nn.Sequential(nn.Linear(3, 2), nn.Tanh()), nn.Linear(2, 1)]


def at_owners(parts, x, y):
    loss = ((nn.Sequential(*parts)(x) - y) ** 2).sum()
    loss.backward()
    return loss.item()
""",
)
wrong(
    "09.3",
    tag="losses",
    why="compares losses only",
    source="""
import copy

def gradient_error(relay, parts, x, y):
    loss = relay(copy.deepcopy(parts), x, y)
    whole = nn.Sequential(*copy.deepcopy(parts))
    return abs(float(loss) - ((whole(x) - y) ** 2).sum().item())
""",
)
wrong(
    "09.3",
    tag="left-marks",
    why="works on the parts themselves: both sides share their gradients",
    source="""
def gradient_error(relay, parts, x, y):
    relay(parts, x, y)
    whole = nn.Sequential(*parts)
    ((whole(x) - y) ** 2).sum().backward()
    pairs = zip([p for part in parts for p in part.parameters()], whole.parameters())
    return max((ours.grad - true.grad).abs().max().item() for ours, true in pairs)
""",
)
wrong(
    "09.3",
    tag="left-marks",
    why="only the truth is computed on a copy",
    source="""
import copy

def gradient_error(relay, parts, x, y):
    whole = nn.Sequential(*copy.deepcopy(parts))
    relay(parts, x, y)
    ((whole(x) - y) ** 2).sum().backward()
    pairs = list(zip(nn.Sequential(*parts).parameters(), whole.parameters()))
    if any(ours.grad is None or ours.grad.isnan().any() for ours, _ in pairs):
        return float("inf")
    return max((ours.grad - true.grad).abs().max().item() for ours, true in pairs)
""",
)
wrong(
    "09.3",
    tag="fooled",
    why="the truth is computed in the relay's own copy: one gradient, compared with itself",
    source="""
import copy

def gradient_error(relay, parts, x, y):
    mine = copy.deepcopy(parts)
    relay(mine, x, y)
    whole = nn.Sequential(*mine)
    ((whole(x) - y) ** 2).sum().backward()
    pairs = zip([p for part in mine for p in part.parameters()], whole.parameters())
    return max((ours.grad - true.grad).abs().max().item() for ours, true in pairs)
""",
)
wrong(
    "09.3",
    tag="added-up",
    why="the truth is computed in the relay's copy: backward adds to what is there",
    example="the truth is off in each relay",
    source="""
import copy

def gradient_error(relay, parts, x, y):
    whole = nn.Sequential(*copy.deepcopy(parts))
    relay(list(whole), x, y)
    found = [None if p.grad is None else p.grad.clone() for p in whole.parameters()]
    if any(gradient is None or gradient.isnan().any() for gradient in found):
        return float("inf")
    ((whole(x) - y) ** 2).sum().backward()
    return max((ours - p.grad).abs().max().item() for ours, p in zip(found, whole.parameters()))
""",
)
wrong(
    "09.3",
    tag="after-step",
    why="the truth is computed from the weights that the relay has left",
    source="""
import copy

def gradient_error(relay, parts, x, y):
    mine = copy.deepcopy(parts)
    relay(mine, x, y)
    whole = nn.Sequential(*copy.deepcopy(mine))
    whole.zero_grad()
    ((whole(x) - y) ** 2).sum().backward()
    pairs = list(zip(nn.Sequential(*mine).parameters(), whole.parameters()))
    if any(ours.grad is None or ours.grad.isnan().any() for ours, _ in pairs):
        return float("inf")
    return max((ours.grad - true.grad).abs().max().item() for ours, true in pairs)
""",
)
wrong(
    "09.3",
    tag="elsewhere",
    why="the relay works on copies, and the gradients are looked for in the originals",
    example="no gradient is found",
    source="""
import copy

def gradient_error(relay, parts, x, y):
    whole = nn.Sequential(*copy.deepcopy(parts))
    relay(copy.deepcopy(parts), x, y)
    ((whole(x) - y) ** 2).sum().backward()
    pairs = list(zip(nn.Sequential(*parts).parameters(), whole.parameters()))
    if any(ours.grad is None or ours.grad.isnan().any() for ours, _ in pairs):
        return float("inf")
    return max((ours.grad - true.grad).abs().max().item() for ours, true in pairs)
""",
)
wrong(
    "09.3",
    tag="signed",
    why="the largest difference, without its size",
    source="""
import copy

def gradient_error(relay, parts, x, y):
    mine, whole = copy.deepcopy(parts), nn.Sequential(*copy.deepcopy(parts))
    relay(mine, x, y)
    ((whole(x) - y) ** 2).sum().backward()
    pairs = list(zip(nn.Sequential(*mine).parameters(), whole.parameters()))
    if any(ours.grad is None or ours.grad.isnan().any() for ours, _ in pairs):
        return float("inf")
    return max((ours.grad - true.grad).max().item() for ours, true in pairs)
""",
)
wrong(
    "09.3",
    tag="cancelled",
    why="adds the differences up",
    source="""
import copy

def gradient_error(relay, parts, x, y):
    mine, whole = copy.deepcopy(parts), nn.Sequential(*copy.deepcopy(parts))
    relay(mine, x, y)
    ((whole(x) - y) ** 2).sum().backward()
    pairs = list(zip(nn.Sequential(*mine).parameters(), whole.parameters()))
    if any(ours.grad is None or ours.grad.isnan().any() for ours, _ in pairs):
        return float("inf")
    return abs(sum((ours.grad - true.grad).sum().item() for ours, true in pairs))
""",
)
wrong(
    "09.3",
    tag="a-part",
    why="looks at the first part only",
    source="""
import copy

def gradient_error(relay, parts, x, y):
    mine, whole = copy.deepcopy(parts), nn.Sequential(*copy.deepcopy(parts))
    relay(mine, x, y)
    ((whole(x) - y) ** 2).sum().backward()
    pairs = list(zip(mine[0].parameters(), whole[0].parameters()))
    if any(ours.grad is None or ours.grad.isnan().any() for ours, _ in pairs):
        return float("inf")
    return max((ours.grad - true.grad).abs().max().item() for ours, true in pairs)
""",
)
wrong(
    "09.3",
    tag="a-part",
    why="forgets the biases",
    source="""
import copy

def gradient_error(relay, parts, x, y):
    mine, whole = copy.deepcopy(parts), nn.Sequential(*copy.deepcopy(parts))
    relay(mine, x, y)
    ((whole(x) - y) ** 2).sum().backward()
    both = list(zip(nn.Sequential(*mine).parameters(), whole.parameters()))
    if any(ours.grad is None or ours.grad.isnan().any() for ours, _ in both):
        return float("inf")
    return max((ours.grad - true.grad).abs().max().item() for ours, true in both if ours.dim() > 1)
""",
)
wrong(
    "09.3",
    tag="missing",
    why="leaves out parameters without a gradient",
    source="""
import copy

def gradient_error(relay, parts, x, y):
    mine, whole = copy.deepcopy(parts), nn.Sequential(*copy.deepcopy(parts))
    relay(mine, x, y)
    ((whole(x) - y) ** 2).sum().backward()
    pairs = zip(nn.Sequential(*mine).parameters(), whole.parameters())
    gaps = [(ours.grad - true.grad).abs().max().item() for ours, true in pairs if ours.grad is not None]
    return max(gaps)
""",
)
wrong(
    "09.3",
    tag="fooled",
    why="compares directions: twice the gradient has the same",
    source="""
import copy

def gradient_error(relay, parts, x, y):
    mine, whole = copy.deepcopy(parts), nn.Sequential(*copy.deepcopy(parts))
    relay(mine, x, y)
    ((whole(x) - y) ** 2).sum().backward()
    pairs = list(zip(nn.Sequential(*mine).parameters(), whole.parameters()))
    if any(ours.grad is None or ours.grad.isnan().any() for ours, _ in pairs):
        return float("inf")
    ours, true = (torch.cat([pair[n].grad.reshape(-1) for pair in pairs]) for n in (0, 1))
    apart = ours / ours.norm() - true / true.norm()
    return (apart.abs().max() * (true.norm() if apart.abs().max() > 1e-6 else 0)).item()
""",
)
wrong(
    "09.3",
    tag="mean",
    why="the mean difference",
    source="""
import copy

def gradient_error(relay, parts, x, y):
    mine, whole = copy.deepcopy(parts), nn.Sequential(*copy.deepcopy(parts))
    relay(mine, x, y)
    ((whole(x) - y) ** 2).sum().backward()
    pairs = list(zip(nn.Sequential(*mine).parameters(), whole.parameters()))
    if any(ours.grad is None or ours.grad.isnan().any() for ours, _ in pairs):
        return float("inf")
    return max((ours.grad - true.grad).abs().mean().item() for ours, true in pairs)
""",
)
wrong(
    "09.3",
    tag="summed",
    why="adds up all sizes",
    source="""
import copy

def gradient_error(relay, parts, x, y):
    mine, whole = copy.deepcopy(parts), nn.Sequential(*copy.deepcopy(parts))
    relay(mine, x, y)
    ((whole(x) - y) ** 2).sum().backward()
    pairs = list(zip(nn.Sequential(*mine).parameters(), whole.parameters()))
    if any(ours.grad is None or ours.grad.isnan().any() for ours, _ in pairs):
        return float("inf")
    return sum((ours.grad - true.grad).abs().sum().item() for ours, true in pairs)
""",
)
wrong(
    "09.3",
    tag="other-loss",
    why="the truth of the mean loss",
    example="the example shows a difference",
    source="""
import copy

def gradient_error(relay, parts, x, y):
    mine, whole = copy.deepcopy(parts), nn.Sequential(*copy.deepcopy(parts))
    relay(mine, x, y)
    F.mse_loss(whole(x), y).backward()
    pairs = list(zip(nn.Sequential(*mine).parameters(), whole.parameters()))
    if any(ours.grad is None or ours.grad.isnan().any() for ours, _ in pairs):
        return float("inf")
    return max((ours.grad - true.grad).abs().max().item() for ours, true in pairs)
""",
)
wrong(
    "09.3",
    tag="no-number",
    why="returns a tensor",
    example="a tensor prints as one",
    source="""
import copy

def gradient_error(relay, parts, x, y):
    mine, whole = copy.deepcopy(parts), nn.Sequential(*copy.deepcopy(parts))
    relay(mine, x, y)
    ((whole(x) - y) ** 2).sum().backward()
    pairs = list(zip(nn.Sequential(*mine).parameters(), whole.parameters()))
    if any(ours.grad is None or ours.grad.isnan().any() for ours, _ in pairs):
        return float("inf")
    return max((ours.grad - true.grad).abs().max() for ours, true in pairs)
""",
)
wrong(
    "09.3",
    tag="nan",
    why="max(worst, nan) keeps worst",
    source="""
import copy

def gradient_error(relay, parts, x, y):
    mine, whole = copy.deepcopy(parts), nn.Sequential(*copy.deepcopy(parts))
    relay(mine, x, y)
    ((whole(x) - y) ** 2).sum().backward()
    worst = 0.0
    for ours, true in zip(nn.Sequential(*mine).parameters(), whole.parameters()):
        if ours.grad is None:
            return float("inf")
        worst = max(worst, (ours.grad - true.grad).abs().max().item())
    return worst
""",
)
wrong(
    "09.3",
    tag="nan",
    why="all differences in one vector: one NaN makes the largest NaN, and NaN < 0.001 and NaN > 0.001 are both False",
    source="""
import copy

def gradient_error(relay, parts, x, y):
    mine, whole = copy.deepcopy(parts), nn.Sequential(*copy.deepcopy(parts))
    relay(mine, x, y)
    ((whole(x) - y) ** 2).sum().backward()
    pairs = list(zip(nn.Sequential(*mine).parameters(), whole.parameters()))
    if any(ours.grad is None for ours, _ in pairs):
        return float("inf")
    return torch.cat([(ours.grad - true.grad).abs().flatten() for ours, true in pairs]).max().item()
""",
)
wrong(
    "09.3",
    tag="none-left",
    why="subtracts from None",
    source="""
import copy

def gradient_error(relay, parts, x, y):
    mine, whole = copy.deepcopy(parts), nn.Sequential(*copy.deepcopy(parts))
    relay(mine, x, y)
    ((whole(x) - y) ** 2).sum().backward()
    pairs = list(zip(nn.Sequential(*mine).parameters(), whole.parameters()))
    return max((ours.grad - true.grad).abs().max().item() for ours, true in pairs)
""",
)
wrong(
    "09.3",
    tag="losses",
    why="compares losses only, and returns a tensor",
    example="a tensor prints as one",
    source="""
import copy

def gradient_error(relay, parts, x, y):
    loss = relay(copy.deepcopy(parts), x, y)
    return abs(((nn.Sequential(*copy.deepcopy(parts))(x) - y) ** 2).sum() - loss)
""",
)
right(
    "09.3",
    why="a worst case that begins with the int 0",
    source="""
import copy

def gradient_error(relay, parts, x, y):
    mine, whole = copy.deepcopy(parts), nn.Sequential(*copy.deepcopy(parts))
    relay(mine, x, y)
    ((whole(x) - y) ** 2).sum().backward()
    worst = 0
    for ours, true in zip([p for part in mine for p in part.parameters()], whole.parameters()):
        if ours.grad is None or not ours.grad.isfinite().all():
            return float("inf")
        worst = max(worst, float((ours.grad - true.grad).abs().max()))
    return worst
""",
)
right(
    "09.3",
    why="all gradients in one vector, by torch.autograd.grad",
    source="""
import copy
import math

def gradient_error(relay, parts, x, y):
    parameters = [p for part in parts for p in part.parameters()]
    prediction = x
    for part in parts:
        prediction = part(prediction)
    true = torch.autograd.grad(((prediction - y) ** 2).sum(), parameters)
    tested = [copy.deepcopy(part) for part in parts]
    relay(tested, x, y)
    found = [p.grad for part in tested for p in part.parameters()]
    if any(gradient is None or gradient.isnan().any() for gradient in found):
        return math.inf
    flat = [torch.cat([gradient.flatten() for gradient in gradients]) for gradients in (found, true)]
    return float((flat[0] - flat[1]).abs().max())
""",
)
right(
    "09.3",
    why="a worst case that grows, part by part",
    source="""
import copy

def gradient_error(relay, parts, x, y):
    ours, true = copy.deepcopy(parts), copy.deepcopy(parts)
    relay(ours, x.clone(), y.clone())
    nn.MSELoss(reduction="sum")(nn.Sequential(*true)(x), y).backward()
    worst = 0.0
    for a, b in zip(ours, true):
        for name, parameter in a.named_parameters():
            if parameter.grad is None or bool(torch.isnan(parameter.grad).any()):
                return float("inf")
            gap = parameter.grad - b.get_parameter(name).grad
            worst = max(worst, gap.max().item(), -gap.min().item())
    return worst
""",
)
different(
    "09.3",
    rewrite="torch.autograd.grad",
    reason="the gradients of all parameters are asked for",
)
equivalent(
    "09.3",
    mutant="((whole(x) - y) ** 2).sum().backward() -> ((y - whole(x)) ** 2).sum().backward()",
    reason="the square of a difference has no sign",
)
equivalent(
    "09.3",
    mutant="error = 0.0 -> error = -0.0",
    reason="zero",
)
equivalent(
    "09.3",
    mutant="error = max(error, (ours.grad - true.grad).abs().max().item()) -> error = max((ours.grad - true.grad).abs().max().item(), error)",
    reason="the larger of two",
)
equivalent(
    "09.3",
    mutant="error = max(error, (ours.grad - true.grad).abs().max().item()) -> error = max(error, (true.grad - ours.grad).abs().max().item())",
    reason="the size of a difference has no sign",
)
