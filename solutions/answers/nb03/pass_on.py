"""Exercise 03.3, everybody hands on what is theirs: what the check must reject, with the tag of its message, and must accept."""

from course.authoring.answers import equivalent, right, wrong

wrong(
    "03.3",
    tag="through-you",
    why="get().send(): all numbers pass through you",
    source="""
def pass_on(pointers):
    places = [p.location for p in pointers]
    return [p.get().send(place) for p, place in zip(pointers, places[1:] + places[:1])]
""",
)
wrong(
    "03.3",
    tag="already-moved",
    why="asks for the places while moving",
    example="two people are enough to see it",
    source="""
def pass_on(pointers):
    moved = []
    for i in range(len(pointers)):
        after = pointers[(i + 1) % len(pointers)]
        moved.append(pointers[i].move(after.location))
    return moved
""",
)
wrong(
    "03.3",
    tag="same-place",
    why="a chain and a pull: breaks when source is destination",
    source="""
def pass_on(pointers):
    places = [p.location for p in pointers]
    return [p.send(place).remote_get() for p, place in zip(pointers, places[1:] + places[:1])]
""",
)
wrong(
    "03.3",
    tag="copy-left",
    why="hands over copies and keeps the originals",
    source="""
def pass_on(pointers):
    places = [p.location for p in pointers]
    return [p.copy().move(place) for p, place in zip(pointers, places[1:] + places[:1])]
""",
)
wrong(
    "03.3",
    tag="backwards",
    why="the ring the other way round",
    source="""
def pass_on(pointers):
    places = [p.location for p in pointers]
    return [p.move(place) for p, place in zip(pointers, places[-1:] + places[:-1])]
""",
)
wrong(
    "03.3",
    tag="only-pointers",
    why="sends pointers on, the data stays",
    source="""
def pass_on(pointers):
    places = [p.location for p in pointers]
    after = places[1:] + places[:1]
    return [p if p.location is place else p.send(place) for p, place in zip(pointers, after)]
""",
)
wrong(
    "03.3",
    tag="detour",
    why="collects everything at the first one's, then deals it out",
    source="""
def pass_on(pointers):
    places = [p.location for p in pointers]
    for p in pointers:
        p.move(places[0])
    return [p.move(place) for p, place in zip(pointers, places[1:] + places[:1])]
""",
)
wrong(
    "03.3",
    tag="wrong-place",
    why="forgets that the last one has a next one, too",
    example="two people are enough to see it",
    source="""
def pass_on(pointers):
    places = [p.location for p in pointers]
    moved = [p.move(place) for p, place in zip(pointers, places[1:])]
    return moved + pointers[-1:]
""",
)
wrong(
    "03.3",
    tag="other-order",
    why="hands on rightly, and lists the pointers by their new place",
    example="it prints the places in order",
    source="""
def pass_on(pointers):
    places = [p.location for p in pointers]
    moved = [p.move(place) for p, place in zip(pointers, places[1:] + places[:1])]
    return moved[-1:] + moved[:-1]
""",
)
right(
    "03.3",
    why="keeps only the first place and walks the list",
    source="""
def pass_on(pointers):
    first = pointers[0].location
    for here, after in zip(pointers, pointers[1:]):
        here.move(after.location)
    pointers[-1].move(first)
    return list(pointers)
""",
)
right(
    "03.3",
    why="a chain and a pull, where it is not there already",
    source="""
def pass_on(pointers):
    places = [p.location for p in pointers]
    moved = []
    for i, p in enumerate(pointers):
        place = places[(i + 1) % len(places)]
        if p.location is not place:
            p = p.send(place).remote_get()
        moved.append(p)
    return moved
""",
)
equivalent(
    "03.3",
    mutant="after = places[1:] + places[:1] -> after = places[1:] + places[:2]",
    reason="zip stops at the shorter list: the place too many is never used",
)
wrong(
    "03.3",
    tag="list-turned",
    why="turns the list of pointers, and hands nothing on",
    source="""
def pass_on(pointers):
    return pointers[1:] + pointers[:1]
""",
)
