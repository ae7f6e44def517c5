"""Exercise 12.3, take the masks off: what the check must reject, with the tag of its message, and must accept."""

from course.authoring.answers import equivalent, right, scene, wrong

scene("12.3", source="from course.aggregation.keys import mask")

OWN = """
    for place in hidden:
        total = total - mask(ask(place, "own"), count)
"""
PAIRS = """
    for gone in set(places) - set(hidden):
        keys = ask(gone, "pairs")
        for stayed in hidden:
            found = mask(keys[stayed], count)
            total = total - found if stayed < gone else total + found
"""
START = """
def unmasked_sum(hidden, places, ask):
    total = sum(hidden.values())
    count = len(total)"""
END = "    return total\n"

wrong(
    "12.3",
    tag="both-kinds",
    why="asks everything of everybody, to be safe",
    source="""
def unmasked_sum(hidden, places, ask):
    own = {place: ask(place, "own") for place in places}
    pairs = {place: ask(place, "pairs") for place in places}
    total = sum(hidden.values())
    for place in hidden:
        total = total - mask(own[place], len(total))
        for gone in set(places) - set(hidden):
            found = mask(pairs[gone][place], len(total))
            total = total - found if place < gone else total + found
    return total
""",
)
wrong(
    "12.3",
    tag="both-kinds",
    why="asks both kinds of those who left",
    source=START + OWN + PAIRS + '    [ask(gone, "own") for gone in places if gone not in hidden]\n' + END,
)
wrong(
    "12.3",
    tag="both-kinds",
    why="takes the pairs off with the keys of those who stayed",
    example="the example has nobody else who stayed",
    source=START
    + """
    for place in hidden:
        total = total - mask(ask(place, "own"), count)
        keys = ask(place, "pairs") if len(places) > 1 else {}
        for gone in set(places) - set(hidden):
            found = mask(keys[gone], count)
            total = total - found if place < gone else total + found
"""
    + END,
)
wrong(
    "12.3",
    tag="own-of-left",
    why="takes off the own masks of those who left",
    example="the example's client 1 left",
    source=START + '\n    for place in places:\n        total = total - mask(ask(place, "own"), count)\n' + END,
)
wrong(
    "12.3",
    tag="floats",
    why="adds up in float64",
    example="the example shows the dtype",
    source="""
def unmasked_sum(hidden, places, ask):
    total = sum(one.double() for one in hidden.values())
    count = len(total)"""
    + OWN
    + PAIRS
    + END,
)
wrong(
    "12.3",
    tag="floats",
    why="floats on the way, int64 at the end",
    example="the digits of the small numbers are gone",
    source="""
def unmasked_sum(hidden, places, ask):
    total = sum(one.double() for one in hidden.values())
    count = len(total)"""
    + OWN
    + PAIRS
    + "    return total.round().long()\n",
)
wrong(
    "12.3",
    tag="floats",
    why="masks as floats",
    example="the example shows the dtype",
    source="""
def unmasked_sum(hidden, places, ask):
    total = sum(hidden.values())
    count = len(total)
    for place in hidden:
        total = total - mask(ask(place, "own"), count).float()"""
    + PAIRS
    + "    return total.long()\n",
)
wrong(
    "12.3",
    tag="own-left",
    why="forgets the own masks",
    example="the example has an own mask",
    source=START + PAIRS + END,
)
wrong(
    "12.3",
    tag="pairs-left",
    why="forgets those who left",
    example="the example's client 1 left",
    source=START + OWN + END,
)
wrong(
    "12.3",
    tag="pairs-left",
    why="only the first of those who left",
    source=START + OWN + PAIRS.replace("set(places) - set(hidden)", "sorted(set(places) - set(hidden))[:1]") + END,
)
wrong(
    "12.3",
    tag="signs",
    why="subtracts all pair masks",
    source=START + OWN + PAIRS.replace("total - found if stayed < gone else total + found", "total - found") + END,
)
wrong(
    "12.3",
    tag="signs",
    why="the signs of those who left, not of those who stayed",
    example="the example's client 0 adds",
    source=START + OWN + PAIRS.replace("stayed < gone", "gone < stayed") + END,
)
wrong(
    "12.3",
    tag="signs",
    why="adds the own masks again",
    example="the example has an own mask",
    source=START + OWN.replace("total - ", "total + ") + PAIRS + END,
)
wrong(
    "12.3",
    tag="mean",
    why="a mean on the ring",
    source=START + OWN + PAIRS + "    return total // len(hidden)\n",
)
wrong(
    "12.3",
    tag="input-changed",
    why="adds up in what a client had sent",
    source="""
def unmasked_sum(hidden, places, ask):
    total = hidden[next(iter(hidden))]
    for place in list(hidden)[1:]:
        total += hidden[place]
    count = len(total)"""
    + OWN.replace("total = total - ", "total -= ")
    + PAIRS
    + END,
)
wrong(
    "12.3",
    tag="pairs-left",
    why="only those who stayed with smaller places than the one who left",
    source="""
def unmasked_sum(hidden, places, ask):
    total = sum(hidden.values())
    count = len(total)
    for stayed in hidden:
        total = total - mask(ask(stayed, "own"), count)
    for gone in places:
        if gone in hidden:
            continue
        keys = ask(gone, "pairs")
        for stayed in [place for place in hidden if place < gone]:
            found = mask(keys[stayed], count)
            total = total - found if stayed < gone else total + found
    return total
""",
)
wrong(
    "12.3",
    tag="signs",
    why="compares places as texts",
    source="""
def unmasked_sum(hidden, places, ask):
    total = sum(hidden.values())
    count = len(total)
    for stayed in hidden:
        total = total - mask(ask(stayed, "own"), count)
    for gone in places:
        if gone in hidden:
            continue
        keys = ask(gone, "pairs")
        for stayed in hidden:
            found = mask(keys[stayed], count)
            total = total - found if str(stayed) < str(gone) else total + found
    return total
""",
)
wrong(
    "12.3",
    tag="both-kinds",
    why="asks for the same client under another name for its place",
    source="""
def unmasked_sum(hidden, places, ask):
    total = sum(hidden.values())
    for stayed in hidden:
        total = total - mask(ask(stayed, "own"), len(total))
        ask(float(stayed), "pairs")
    for gone in set(places) - set(hidden):
        keys = ask(gone, "pairs")
        for stayed in hidden:
            pair = mask(keys[stayed], len(total))
            total = total - pair if stayed < gone else total + pair
    return total
""",
)
right(
    "12.3",
    why="takes off each hidden update's masks of those who left, then adds up",
    source="""
def unmasked_sum(hidden, places, ask):
    left = [place for place in places if place not in hidden]
    keys = {gone: ask(gone, "pairs") for gone in left}
    parts = []
    for place, sent in hidden.items():
        signed = [(1 if place < gone else -1) * mask(keys[gone][place], len(sent)) for gone in left]
        parts.append(sent - mask(ask(place, "own"), len(sent)) - sum(signed))
    return sum(parts)
""",
)
right(
    "12.3",
    why="all pairs of those who left: between two of them masks cancel",
    source="""
def unmasked_sum(hidden, places, ask):
    total = torch.stack(list(hidden.values())).sum(dim=0)
    for place in places:
        if place in hidden:
            total = total - mask(ask(place, "own"), total.numel())
        else:
            for other, key in ask(place, "pairs").items():
                sign = 1 if other < place else -1
                total = total - sign * mask(key, total.numel())
    return total
""",
)
equivalent(
    "12.3",
    mutant="total = total - one if stayed < gone else total + one -> total = total - one if stayed <= gone else total + one",
    reason="nobody stayed and left",
)
