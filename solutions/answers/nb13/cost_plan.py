"""Exercise 13.5, a plan of the costs: what the check must reject, with the tag of its message, and must accept."""

from course.authoring.answers import different, right, wrong

wrong(
    "13.5",
    tag="no-offline",
    why="forgets the offline triples",
    example="0 in place of 88",
    source="""
def cost_plan(widths, people, holders):
    offline = online = 0
    for before, after in zip(widths, widths[1:]):
        table, weights, product = people * before, before * after, people * after
        offline += 0
        online += holders * (holders - 1) * (table + weights + product)
    return offline, online
""",
)
wrong(
    "13.5",
    tag="one-half",
    why="forgets what rescales",
    example="52 in place of 88",
    source="""
def cost_plan(widths, people, holders):
    offline = online = 0
    for before, after in zip(widths, widths[1:]):
        table, weights, product = people * before, before * after, people * after
        offline += holders * (table + weights + product)
        online += holders * (holders - 1) * (table + weights + product)
    return offline, online
""",
)
wrong(
    "13.5",
    tag="one-half",
    why="one number for each product",
    example="64 in place of 88",
    source="""
def cost_plan(widths, people, holders):
    offline = online = 0
    for before, after in zip(widths, widths[1:]):
        table, weights, product = people * before, before * after, people * after
        offline += holders * (table + weights + 2 * product)
        online += holders * (holders - 1) * (table + weights + product)
    return offline, online
""",
)
wrong(
    "13.5",
    tag="one-half",
    why="a triple of two",
    example="76 in place of 88",
    source="""
def cost_plan(widths, people, holders):
    offline = online = 0
    for before, after in zip(widths, widths[1:]):
        table, weights, product = people * before, before * after, people * after
        offline += holders * (table + weights + 3 * product)
        online += holders * (holders - 1) * (table + weights + product)
    return offline, online
""",
)
wrong(
    "13.5",
    tag="no-rescale",
    why="forgets the masked product",
    example="40 in place of 52",
    source="""
def cost_plan(widths, people, holders):
    offline = online = 0
    for before, after in zip(widths, widths[1:]):
        table, weights, product = people * before, before * after, people * after
        offline += holders * (table + weights + 4 * product)
        online += holders * (holders - 1) * (table + weights)
    return offline, online
""",
)
wrong(
    "13.5",
    tag="one-way",
    why="each holder sends once",
    source="""
def cost_plan(widths, people, holders):
    offline = online = 0
    for before, after in zip(widths, widths[1:]):
        table, weights, product = people * before, before * after, people * after
        offline += holders * (table + weights + 4 * product)
        online += holders * (table + weights + product)
    return offline, online
""",
)
wrong(
    "13.5",
    tag="one-way",
    why="each holder to the n - 1 others, once",
    example="26 in place of 52",
    source="""
def cost_plan(widths, people, holders):
    offline = online = 0
    for before, after in zip(widths, widths[1:]):
        table, weights, product = people * before, before * after, people * after
        offline += holders * (table + weights + 4 * product)
        online += (holders - 1) * (table + weights + product)
    return offline, online
""",
)
wrong(
    "13.5",
    tag="to-one",
    why="the dealer deals once",
    example="44 in place of 88",
    source="""
def cost_plan(widths, people, holders):
    offline = online = 0
    for before, after in zip(widths, widths[1:]):
        table, weights, product = people * before, before * after, people * after
        offline += table + weights + 4 * product
        online += holders * (holders - 1) * (table + weights + product)
    return offline, online
""",
)
wrong(
    "13.5",
    tag="first-layer",
    why="from the first to the last width of each pair, and stops",
    source="""
def cost_plan(widths, people, holders):
    offline = online = 0
    for before, after in [(widths[0], widths[1])]:
        table, weights, product = people * before, before * after, people * after
        offline += holders * (table + weights + 4 * product)
        online += holders * (holders - 1) * (table + weights + product)
    return offline, online
""",
)
wrong(
    "13.5",
    tag="first-layer",
    why="forgets the last layer",
    source="""
def cost_plan(widths, people, holders):
    offline = online = 0
    for before, after in zip(widths, widths[1:-1] or widths[1:]):
        table, weights, product = people * before, before * after, people * after
        offline += holders * (table + weights + 4 * product)
        online += holders * (holders - 1) * (table + weights + product)
    return offline, online
""",
)
wrong(
    "13.5",
    tag="turned",
    why="the two the other way round",
    example="the example says which is first",
    source="""
def cost_plan(widths, people, holders):
    offline = online = 0
    for before, after in zip(widths, widths[1:]):
        table, weights, product = people * before, before * after, people * after
        offline += holders * (table + weights + 4 * product)
        online += holders * (holders - 1) * (table + weights + product)
    return online, offline
""",
)
wrong(
    "13.5",
    tag="wrong-type",
    why="one sum",
    example="one number",
    source="""
def cost_plan(widths, people, holders):
    offline = online = 0
    for before, after in zip(widths, widths[1:]):
        table, weights, product = people * before, before * after, people * after
        offline += holders * (table + weights + 4 * product)
        online += holders * (holders - 1) * (table + weights + product)
    return offline + online
""",
)
wrong(
    "13.5",
    tag="same-table",
    why="the same table for each layer",
    source="""
def cost_plan(widths, people, holders):
    offline = online = 0
    for before, after in zip(widths, widths[1:]):
        offline += holders * (people * widths[0] + before * after + 4 * people * after)
        online += holders * (holders - 1) * (people * widths[0] + before * after + people * after)
    return offline, online
""",
)
wrong(
    "13.5",
    tag="one-jump",
    why="from the first width to the last",
    source="""
def cost_plan(widths, people, holders):
    offline = online = 0
    for before, after in [(widths[0], widths[-1])]:
        offline += holders * (people * before + before * after + 4 * people * after)
        online += holders * (holders - 1) * (people * before + before * after + people * after)
    return offline, online
""",
)
wrong(
    "13.5",
    tag="last-only",
    why="rescales only at the end",
    source="""
def cost_plan(widths, people, holders):
    offline = online = 0
    for before, after in zip(widths, widths[1:]):
        offline += holders * (people * before + before * after + people * after + (3 * people * after if after == widths[-1] else 0))
        online += holders * (holders - 1) * (people * before + before * after + people * after)
    return offline, online
""",
)
wrong(
    "13.5",
    tag="last-only",
    why="opens only the last masked product",
    source="""
def cost_plan(widths, people, holders):
    offline = online = 0
    for before, after in zip(widths, widths[1:]):
        offline += holders * (people * before + before * after + 4 * people * after)
        online += holders * (holders - 1) * (people * before + before * after + (people * after if after == widths[-1] else 0))
    return offline, online
""",
)
wrong(
    "13.5",
    tag="to-one",
    why="deals to two, however many there are",
    source="""
def cost_plan(widths, people, holders):
    offline = online = 0
    for before, after in zip(widths, widths[1:]):
        offline += 2 * (people * before + before * after + 4 * people * after)
        online += holders * (holders - 1) * (people * before + before * after + people * after)
    return offline, online
""",
)
wrong(
    "13.5",
    tag="one-way",
    why="twice the others, for both directions",
    source="""
def cost_plan(widths, people, holders):
    offline = online = 0
    for before, after in zip(widths, widths[1:]):
        offline += holders * (people * before + before * after + 4 * people * after)
        online += 2 * (holders - 1) * (people * before + before * after + people * after)
    return offline, online
""",
)
right(
    "13.5",
    why="sums of generators",
    source="""
def cost_plan(widths, people, holders):
    layers = list(zip(widths[:-1], widths[1:]))
    products = sum(people * after for _, after in layers)
    inputs = sum(before * (people + after) for before, after in layers)
    return holders * (inputs + 4 * products), holders * (holders - 1) * (inputs + products)
""",
)
right(
    "13.5",
    why="by index, the pairs counted",
    source="""
def cost_plan(widths, people, holders):
    offline, online = 0, 0
    pairs = sum(1 for a in range(holders) for b in range(holders) if a != b)
    for k in range(1, len(widths)):
        triple = widths[k - 1] * people + widths[k - 1] * widths[k] + people * widths[k]
        offline = offline + holders * (triple + 3 * people * widths[k])
        online = online + pairs * triple
    return (offline, online)
""",
)
different(
    "13.5",
    rewrite="offline += holders * (table + weights + 4 * product) -> offline.add_(holders * (table + weights + 4 * product))",
    reason="a whole number is no tensor",
)
different(
    "13.5",
    rewrite="offline += holders * (table + weights + 4 * product) -> offline.data = offline.data + holders * (table + weights + 4 * product)",
    reason="a whole number is no tensor",
)
different(
    "13.5",
    rewrite="offline += holders * (table + weights + 4 * product) -> offline.copy_(offline + holders * (table + weights + 4 * product))",
    reason="a whole number is no tensor",
)
different(
    "13.5",
    rewrite="online += holders * (holders - 1) * (table + weights + product) -> online.add_(holders * (holders - 1) * (table + weights + product))",
    reason="a whole number is no tensor",
)
different(
    "13.5",
    rewrite="online += holders * (holders - 1) * (table + weights + product) -> online.data = online.data + holders * (holders - 1) * (table + weights + product)",
    reason="a whole number is no tensor",
)
different(
    "13.5",
    rewrite="online += holders * (holders - 1) * (table + weights + product) -> online.copy_(online + holders * (holders - 1) * (table + weights + product))",
    reason="a whole number is no tensor",
)
