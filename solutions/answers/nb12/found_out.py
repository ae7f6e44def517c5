"""Exercise 12.5, whom do the sums give away: what the check must reject, with its message's tag, and must accept."""

from course.authoring.answers import equivalent, right, wrong

START = """
def found_out(rounds, own):
    rests = [(set(), 0)]
    for names, total in rounds:
        inside = [own[name] for name in names if name in own]
        rests.append((set(names).difference(own), total - sum(inside)))
    found = {}
"""
LOOK = """
    for more, total in rests:
        for fewer, other in rests:
            if fewer < more and len(more - fewer) == 1:
                found[(more - fewer).pop()] = total - other
"""
END = """
    return found
"""

wrong(
    "12.5",
    tag="two-safe",
    why="safe for n = 2: leaves out rounds of two",
    example="the example is such a round",
    source=START.replace("in rounds:", "in rounds:\n        if len(names) < 3:\n            continue")
    + LOOK
    + END,
)
wrong(
    "12.5",
    tag="two-safe",
    why="compares rounds, and never takes one alone",
    example="the example is one round",
    source=START.replace("[(set(), 0)]", "[]") + LOOK + END,
)
wrong(
    "12.5",
    tag="colluders",
    why="a coalition of one only",
    source="""
def found_out(rounds, own):
    found = {}
    for names, total in rounds:
        for me in own:
            rest = set(names) - {me}
            if len(rest) == 1 and me in names:
                found[rest.pop()] = total - own[me]
    return found
""",
)
wrong(
    "12.5",
    tag="differ",
    why="looks at each round alone",
    source="""
def found_out(rounds, own):
    found = {}
    for names, total in rounds:
        rest = [name for name in names if name not in own]
        if len(rest) == 1:
            found[rest[0]] = total - sum(own[name] for name in names if name in own)
    return found
""",
)
wrong(
    "12.5",
    tag="by-turns",
    why="compares rounds as they are, colluders included",
    source="""
def found_out(rounds, own):
    known = dict(own)
    while True:
        new = {}
        for names, total in rounds:
            rest = set(names) - known.keys()
            if len(rest) == 1:
                new[rest.pop()] = total - sum(known[name] for name in names if name in known)
            for others, other in rounds:
                if set(others) < set(names) and len(names) - len(others) == 1:
                    new[(set(names) - set(others)).pop()] = total - other
        new = {name: one for name, one in new.items() if name not in known}
        if not new:
            return {name: known[name] for name in known if name not in own}
        known |= new
""",
)
wrong(
    "12.5",
    tag="not-inside",
    why="the difference of any two rounds",
    source=START + LOOK.replace("fewer < more and len(more - fewer) == 1", "len(more - fewer) == 1") + END,
)
wrong(
    "12.5",
    tag="invented",
    why="shares what is left among those who are left",
    source="""
def found_out(rounds, own):
    found = {}
    for names, total in rounds:
        rest = [name for name in names if name not in own]
        left = total - sum(own[name] for name in names if name in own)
        for name in rest:
            found[name] = left // len(rest)
    return found
""",
)
wrong(
    "12.5",
    tag="turned",
    why="the smaller round minus the larger",
    example="the example's sign",
    source=START + LOOK.replace("total - other", "other - total") + END,
)
wrong(
    "12.5",
    tag="whole-sum",
    why="finds who it is, and takes the whole sum for the update",
    example="the example takes out the own update",
    source=START.replace("total - sum(inside)", "total") + LOOK + END,
)
wrong(
    "12.5",
    tag="own-listed",
    why="lists the coalition, too",
    example="the example lists one",
    source=START + LOOK + END.replace("found", "own | found"),
)
wrong(
    "12.5",
    tag="averaged",
    why="takes totals for means",
    example="the example has sums",
    source=START.replace("total - sum(inside)", "(total - sum(inside)) // len(names)") + LOOK + END,
)
wrong(
    "12.5",
    tag="input-changed",
    why="writes into what the coalition knows",
    source=START + LOOK + "\n    own.update(found)" + END,
)
wrong(
    "12.5",
    tag="no-dict",
    why="only the names",
    example="names are no updates",
    source=START + LOOK + END.replace("found", "sorted(found)"),
)
right(
    "12.5",
    why="one look, rounds alone first, then pairs of them",
    source="""
def found_out(rounds, own):
    found, left = {}, []
    for names, total in rounds:
        for name in names:
            if name in own:
                total = total - own[name]
        left.append(([name for name in names if name not in own], total))
    for names, total in left:
        if len(names) == 1:
            found[names[0]] = total
    for names, total in left:
        for others, other in left:
            extra = [name for name in names if name not in others]
            if len(extra) == 1 and len(others) == len(names) - 1:
                found[extra[0]] = total - other
    return found
""",
)
wrong(
    "12.5",
    tag="invented",
    why="two rounds of two, with one exchanged",
    source="""
def found_out(rounds, own):
    known = dict(own)
    while True:
        rests = [(set(), 0)]
        for names, total in rounds:
            rests.append((set(names) - set(known), total - sum(known[name] for name in names if name in known)))
        new = {}
        for more, total in rests:
            for fewer, other in rests:
                if (fewer < more and len(more - fewer) == 1) or (len(more) == len(fewer) == 2 and len(more - fewer) == 1):
                    new[(more - fewer).pop()] = total - other
        if not new:
            return {name: known[name] for name in known if name not in own}
        known |= new
""",
)
wrong(
    "12.5",
    tag="differ",
    why="compares with later rounds only",
    source="""
def found_out(rounds, own):
    known = dict(own)
    while True:
        rests = [(set(), 0)]
        for names, total in rounds:
            rests.append((set(names) - set(known), total - sum(known[name] for name in names if name in known)))
        new = {}
        for i, (more, total) in enumerate(rests):
            for fewer, other in [rests[0], *rests[i:]]:
                if fewer < more and len(more - fewer) == 1:
                    new[(more - fewer).pop()] = total - other
        if not new:
            return {name: known[name] for name in known if name not in own}
        known |= new
""",
)
right(
    "12.5",
    why="one at a time, by two functions",
    source="""
def found_out(rounds, own):
    known = dict(own)


    def rest(names, total):
        inside = [known[name] for name in names if name in known]
        return frozenset(names).difference(known), total - sum(inside)


    def one_more():
        sums = dict(rest(*one) for one in rounds)
        sums[frozenset()] = torch.zeros_like(rounds[0][1])
        for left in list(sums):
            for name in sorted(left):
                fewer = left.difference([name])
                if fewer in sums:
                    return name, sums[left] - sums[fewer]
        return None


    while (found := one_more()) is not None:
        known[found[0]] = found[1]
    return {name: known[name] for name in known if name not in own}
""",
)
right(
    "12.5",
    why="rounds alone first, then pairs, until the number of names stays the same",
    source="""
def found_out(rounds, own):
    found = {}
    before = -1
    while before < len(found):
        before = len(found)
        rests = []
        for names, total in rounds:
            strangers = [name for name in names if name not in own and name not in found]
            mine = sum(own[name] for name in names if name in own)
            theirs = sum(found[name] for name in names if name in found and name not in own)
            rests.append((strangers, total - mine - theirs))
        pairs = [(a, b) for a in rests for b in rests]
        for strangers, value in rests:
            if len(strangers) == 1:
                found[strangers[0]] = value
        for (more, a), (fewer, b) in pairs:
            extra = [name for name in more if name not in fewer]
            if len(extra) == 1 and len(fewer) == len(more) - 1 and set(fewer) <= set(more):
                found[extra[0]] = a - b
    return found
""",
)
right(
    "12.5",
    why="whoever is found out joins the coalition, and asks again",
    source="""
def found_out(rounds, own):
    def rest(names):
        return [n for n in names if n not in own]
    def left(names, total):
        return total - sum([own[n] for n in names if n in own])
    for names, total in rounds:
        if len(rest(names)) == 1:
            name = rest(names)[0]
            update = left(names, total)
            return {name: update, **found_out(rounds, {**own, name: update})}
        for others, other in rounds:
            more = set(rest(names)).difference(rest(others))
            if len(more) == 1 and set(rest(others)).issubset(rest(names)):
                name = more.pop()
                update = left(names, total) - left(others, other)
                return {name: update, **found_out(rounds, {**own, name: update})}
    return {}
""",
)
equivalent(
    "12.5",
    mutant="for more, total in rests: -> for more, total in list(rests)[1:]:",
    reason="the first of the rests is empty, and has nobody more than another",
)
equivalent(
    "12.5",
    mutant="if fewer < more: -> if fewer <= more:",
    reason="with one more they are not the same",
)
