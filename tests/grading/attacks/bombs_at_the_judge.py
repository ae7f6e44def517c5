"""What the judge is asked to do takes more memory or time than there is, at a worker or in what came back."""

from case import attack

WEAK = "no_limits_for_the_judge"


def case(name, body, wins="swells"):
    return attack("bomb at the judge", name, WEAK, wins, "def remote_mean(x, y):\n" + body)


CASES = [
    case("doubled until nothing is left", """
    while True:
        x = torch.cat([x.flatten(), x.flatten()])
        keep.append(x)
keep = []
"""),
    case("a thousand tensors of a megabyte", "    return [x.new_zeros(1 << 18) + k for k in range(2000)]"),
    case("one tensor, two thousand times in a list", "    return [torch.ones(1 << 18)] * 2000"),
    case(
        "a plan of many small steps that takes an hour",
        """
    @sy.func2plan()
    def slow(a):
        for _ in range(400):
            a = a @ a
        return a
    slow.build(torch.zeros(2, 2))
    big = x.flatten()[:1].expand(2000).reshape(1, -1)
    return slow.send(x.location)(big.T @ big)
""",
        "stops",
    ),
    case(
        "a plan that doubles",
        """
    @sy.func2plan()
    def bomb(a):
        for _ in range(14):
            a = torch.cat([a, a])
        return a
    bomb.build(torch.zeros(4))
    return bomb.send(x.location)(x.flatten()[:1].expand(1 << 14).clone())
""",
    ),
]
