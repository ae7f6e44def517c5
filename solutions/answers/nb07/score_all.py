"""Exercise 07.3, one message a run: what the check must reject, with the tag of its message, and must accept."""

from course.authoring.answers import right, scene, wrong

scene(
    "07.3",
    source="""
doubled = sy.func2plan(args_shape=[(-1,)])(lambda x: x + x)
""",
)
wrong(
    "07.3",
    tag="one-by-one",
    why="calls the plan at home, on pointers",
    source="""
def score_all(plan, rows):
    return [plan(x) for x in rows]
""",
)
wrong(
    "07.3",
    tag="sent-again",
    why="sends the plan anew for each tensor",
    source="""
def score_all(plan, rows):
    return [plan.send(x.location)(x) for x in rows]
""",
)
wrong(
    "07.3",
    tag="sent-again",
    why="keeps a pointer for each tensor, not for each worker",
    source="""
def score_all(plan, rows):
    there = plan.send(*[x.location for x in rows])
    return [there(x) for x in rows]
""",
)
wrong(
    "07.3",
    tag="rows-came",
    why="fetches copies, computes here, sends the results back",
    source="""
def score_all(plan, rows):
    return [plan(x.copy().get()).send(x.location) for x in rows]
""",
)
wrong(
    "07.3",
    tag="rows-came",
    why="brings the results home",
    example="the example calls get() on each result",
    source="""
def score_all(plan, rows):
    there = plan.send(*{x.location.id: x.location for x in rows}.values())
    return [there(x).get() for x in rows]
""",
)
wrong(
    "07.3",
    tag="shown",
    why="runs everything at the first worker",
    source="""
def score_all(plan, rows):
    place = rows[0].location
    there = plan.send(place)
    return [there(x.copy().move(place)) for x in rows]
""",
)
wrong(
    "07.3",
    tag="elsewhere",
    why="goes worker by worker: the results are in another order",
    source="""
def score_all(plan, rows):
    results = []
    for place in {x.location.id: x.location for x in rows}.values():
        there = plan.send(place)
        results += [there(x) for x in rows if x.location is place]
    return results
""",
)
wrong(
    "07.3",
    tag="too-few",
    why="one result for each worker: the last",
    source="""
def score_all(plan, rows):
    there = plan.send(*{x.location.id: x.location for x in rows}.values())
    return list({x.location.id: there(x) for x in rows}.values())
""",
)
wrong(
    "07.3",
    tag="left-behind",
    why="keeps the pointers to the plan for the next call",
    source="""
def score_all(plan, rows, kept=[]):
    there = plan.send(*{x.location.id: x.location for x in rows}.values())
    kept.append(there)
    return [there(x) for x in rows]
""",
)
right(
    "07.3",
    why="sends when a worker comes up for the first time",
    source="""
def score_all(plan, rows):
    sent, results = {}, []
    for x in rows:
        if x.location.id not in sent:
            sent[x.location.id] = plan.send(x.location)
        results.append(sent[x.location.id](x))
    return results
""",
)
right(
    "07.3",
    why="worker by worker, and put in order at the end",
    source="""
def score_all(plan, rows):
    results = [None] * len(rows)
    for place in set(x.location for x in rows):
        there = plan.send(place)
        for i, x in enumerate(rows):
            if x.location is place:
                results[i] = there(x)
    return results
""",
)
right(
    "07.3",
    why="fetches the plans at the end: they hold no weights, and nothing is left",
    source="""
def score_all(plan, rows):
    sent = {}
    results = []
    for row in rows:
        if row.location not in sent:
            sent[row.location] = plan.send(row.location)
        results.append(sent[row.location](row))
    for pointer in sent.values():
        pointer.get()
    return results
""",
)
