"""Exercise 09.5, decode activations: what the check must reject, with the tag of its message, and must accept."""

from course.authoring.answers import equivalent, right, scene, wrong

scene(
    "09.5",
    source="""
torch.manual_seed(0)
some_images = torch.rand(200, 6)
some_activations = torch.tanh(some_images @ torch.randn(6, 4))
""",
)
wrong(
    "09.5",
    tag="own-rows",
    why="reports the train error",
    source="""
def what_leaks(activations, images, own):
    a = torch.cat([activations, torch.ones(len(activations), 1)], dim=1)
    W = torch.linalg.lstsq(a[:own], images[:own]).solution
    truth = images[own:]
    decoder = F.mse_loss(a[:own] @ W, images[:own]).item()
    return decoder, F.mse_loss(images[:own].mean(dim=0).expand_as(truth), truth).item()
""",
)
wrong(
    "09.5",
    tag="peeked",
    why="fits the decoder to all rows, the victim's among them",
    source="""
def what_leaks(activations, images, own):
    a = torch.cat([activations, torch.ones(len(activations), 1)], dim=1)
    W = torch.linalg.lstsq(a, images).solution
    truth = images[own:]
    decoder = F.mse_loss(a[own:] @ W, images[own:]).item()
    return decoder, F.mse_loss(images[:own].mean(dim=0).expand_as(truth), truth).item()
""",
)
wrong(
    "09.5",
    tag="peeked",
    why="fits and judges on all rows",
    source="""
def what_leaks(activations, images, own):
    a = torch.cat([activations, torch.ones(len(activations), 1)], dim=1)
    W = torch.linalg.lstsq(a, images).solution
    truth = images[own:]
    decoder = F.mse_loss(a @ W, images).item()
    return decoder, F.mse_loss(images[:own].mean(dim=0).expand_as(truth), truth).item()
""",
)
wrong(
    "09.5",
    tag="all-rows",
    why="judges on all rows",
    source="""
def what_leaks(activations, images, own):
    a = torch.cat([activations, torch.ones(len(activations), 1)], dim=1)
    W = torch.linalg.lstsq(a[:own], images[:own]).solution
    truth = images[own:]
    decoder = F.mse_loss(a @ W, images).item()
    return decoder, F.mse_loss(images[:own].mean(dim=0).expand_as(truth), truth).item()
""",
)
wrong(
    "09.5",
    tag="peeked",
    why="takes the wrong side for the attacker's",
    source="""
def what_leaks(activations, images, own):
    a = torch.cat([activations, torch.ones(len(activations), 1)], dim=1)
    W = torch.linalg.lstsq(a[own:], images[own:]).solution
    truth = images[own:]
    decoder = F.mse_loss(a[own:] @ W, images[own:]).item()
    return decoder, F.mse_loss(images[:own].mean(dim=0).expand_as(truth), truth).item()
""",
)
wrong(
    "09.5",
    tag="no-bias",
    why="leaves the column of ones out",
    source="""
def what_leaks(activations, images, own):
    W = torch.linalg.lstsq(activations[:own], images[:own]).solution
    truth = images[own:]
    decoder = F.mse_loss(activations[own:] @ W, truth).item()
    return decoder, F.mse_loss(images[:own].mean(dim=0).expand_as(truth), truth).item()
""",
)
wrong(
    "09.5",
    tag="victims-mean",
    why="guesses the mean of the victim's images",
    source="""
def what_leaks(activations, images, own):
    a = torch.cat([activations, torch.ones(len(activations), 1)], dim=1)
    W = torch.linalg.lstsq(a[:own], images[:own]).solution
    truth = images[own:]
    decoder = F.mse_loss(a[own:] @ W, truth).item()
    return decoder, F.mse_loss(truth.mean(dim=0).expand_as(truth), truth).item()
""",
)
wrong(
    "09.5",
    tag="mean-of-all",
    why="guesses the mean of everybody's images",
    source="""
def what_leaks(activations, images, own):
    a = torch.cat([activations, torch.ones(len(activations), 1)], dim=1)
    W = torch.linalg.lstsq(a[:own], images[:own]).solution
    truth = images[own:]
    decoder = F.mse_loss(a[own:] @ W, truth).item()
    return decoder, F.mse_loss(images.mean(dim=0).expand_as(truth), truth).item()
""",
)
wrong(
    "09.5",
    tag="one-grey",
    why="guesses one grey for all pixels",
    source="""
def what_leaks(activations, images, own):
    a = torch.cat([activations, torch.ones(len(activations), 1)], dim=1)
    W = torch.linalg.lstsq(a[:own], images[:own]).solution
    truth = images[own:]
    decoder = F.mse_loss(a[own:] @ W, truth).item()
    return decoder, F.mse_loss(images[:own].mean().expand_as(truth), truth).item()
""",
)
wrong(
    "09.5",
    tag="other-guess",
    why="judges the guess on the attacker's own images",
    source="""
def what_leaks(activations, images, own):
    a = torch.cat([activations, torch.ones(len(activations), 1)], dim=1)
    W = torch.linalg.lstsq(a[:own], images[:own]).solution
    truth = images[own:]
    decoder = F.mse_loss(a[own:] @ W, truth).item()
    return decoder, ((images[:own] - images[:own].mean(dim=0)) ** 2).mean().item()
""",
)
wrong(
    "09.5",
    tag="swapped",
    why="returns the guess first",
    example="the example shows which is smaller",
    source="""
def what_leaks(activations, images, own):
    a = torch.cat([activations, torch.ones(len(activations), 1)], dim=1)
    W = torch.linalg.lstsq(a[:own], images[:own]).solution
    truth = images[own:]
    guess = F.mse_loss(images[:own].mean(dim=0).expand_as(truth), truth).item()
    return guess, F.mse_loss(a[own:] @ W, truth).item()
""",
)
wrong(
    "09.5",
    tag="no-pair",
    why="returns tensors",
    example="a tensor prints as one",
    source="""
def what_leaks(activations, images, own):
    a = torch.cat([activations, torch.ones(len(activations), 1)], dim=1)
    W = torch.linalg.lstsq(a[:own], images[:own]).solution
    truth = images[own:]
    return F.mse_loss(a[own:] @ W, truth), F.mse_loss(images[:own].mean(dim=0).expand_as(truth), truth)
""",
)
wrong(
    "09.5",
    tag="root",
    why="the root of the mean squared error",
    source="""
def what_leaks(activations, images, own):
    a = torch.cat([activations, torch.ones(len(activations), 1)], dim=1)
    W = torch.linalg.lstsq(a[:own], images[:own]).solution
    truth = images[own:]
    guess = images[:own].mean(dim=0)
    return ((a[own:] @ W - truth) ** 2).mean().sqrt().item(), ((guess - truth) ** 2).mean().sqrt().item()
""",
)
wrong(
    "09.5",
    tag="summed",
    why="adds up the pixels of an image, then the mean over the images",
    source="""
def what_leaks(activations, images, own):
    a = torch.cat([activations, torch.ones(len(activations), 1)], dim=1)
    W = torch.linalg.lstsq(a[:own], images[:own]).solution
    truth = images[own:]
    guess = images[:own].mean(dim=0)
    return ((a[own:] @ W - truth) ** 2).sum(1).mean().item(), ((guess - truth) ** 2).sum(1).mean().item()
""",
)
right(
    "09.5",
    why="the normal equations in place of lstsq, a split in two",
    source="""
def what_leaks(activations, images, own):
    ones = activations.new_ones(len(activations), 1)
    (mine, theirs), (pictures, truth) = (
        values.double().split([own, len(values) - own]) for values in (torch.hstack([ones, activations]), images)
    )
    W = torch.linalg.solve(mine.T @ mine, mine.T @ pictures)
    return tuple(float(((guess - truth) ** 2).mean()) for guess in (theirs @ W, pictures.mean(0)))
""",
)
right(
    "09.5",
    why="pixel by pixel, centred, so that the bias is the mean",
    source="""
def what_leaks(activations, images, own):
    middle = activations[:own].mean(0)
    guess = images[:own].mean(0)
    errors, without = [], []
    for pixel in range(images.shape[1]):
        mine, truth = images[:own, pixel], images[own:, pixel]
        w = torch.linalg.lstsq(activations[:own] - middle, (mine - guess[pixel]).unsqueeze(1)).solution
        decoded = ((activations[own:] - middle) @ w).squeeze(1) + guess[pixel]
        errors.append(((decoded - truth) ** 2).mean())
        without.append(((guess[pixel] - truth) ** 2).mean())
    return torch.stack(errors).mean().item(), torch.stack(without).mean().item()
""",
)
equivalent(
    "09.5",
    mutant="a = torch.cat([activations, torch.ones(len(activations), 1)], dim=1) -> a = torch.cat([activations, torch.ones(len(activations), 2)], dim=1)",
    reason="two columns of ones share one bias",
)
equivalent(
    "09.5",
    mutant="decoder = F.mse_loss(a[own:] @ W, images[own:]).item() -> decoder = F.mse_loss(images[own:], a[own:] @ W).item()",
    reason="a squared error has no direction",
)
equivalent(
    "09.5",
    mutant="return (decoder, ((images[own:] - guess) ** 2).mean().item()) -> return (decoder, ((guess - images[own:]) ** 2).mean().item())",
    reason="a squared error has no direction",
)
