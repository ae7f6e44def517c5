"""Exercise 03.1, numbers behind a row of workers: what the check must reject, with the tag of its message, and must accept."""

from course.authoring.answers import harmless, right, wrong

wrong(
    "03.1",
    tag="reversed",
    why="builds the chain from the near end",
    example="it asks for the near end",
    source="""
def behind(x, route):
    chain = x.send(route[0])
    for worker in route[1:]:
        chain = chain.send(worker)
    return chain
""",
)
wrong(
    "03.1",
    tag="data-moved",
    why="moves the data along instead of sending the pointer",
    source="""
def behind(x, route):
    chain = x.send(route[-1])
    for worker in reversed(route[:-1]):
        chain = chain.move(worker)
    return chain
""",
)
wrong(
    "03.1",
    tag="data-moved",
    why="pulls the data to the front after building the chain",
    source="""
def behind(x, route):
    chain = x.send(route[-1])
    for worker in reversed(route[:-1]):
        chain = chain.send(worker).remote_get()
    return chain
""",
)
wrong(
    "03.1",
    tag="copy-for-each",
    why="sends the numbers to everybody at once",
    example="many pointers have many locations",
    source="""
def behind(x, route):
    return x.send(*route)
""",
)
wrong(
    "03.1",
    tag="wrong-route",
    why="two workers hard-coded: skips the ones in between",
    source="""
def behind(x, route):
    chain = x.send(route[-1])
    if len(route) > 1:
        chain = chain.send(route[0])
    return chain
""",
)
wrong(
    "03.1",
    tag="wrong-route",
    why="holder right, the others in the order of the list",
    source="""
def behind(x, route):
    chain = x.send(route[-1])
    for worker in route[:-1]:
        chain = chain.send(worker)
    return chain
""",
)
wrong(
    "03.1",
    tag="data-moved",
    why="fetches before each send",
    source="""
def behind(x, route):
    chain = x.send(route[-1])
    for worker in reversed(route[:-1]):
        chain.copy().move(worker)
        chain = chain.send(worker)
    return chain
""",
)
right(
    "03.1",
    why="recursion: a chain along the rest, sent to the first",
    source="""
def behind(x, route):
    if len(route) == 1:
        return x.send(route[0])
    return behind(x, route[1:]).send(route[0])
""",
)
right(
    "03.1",
    why="counts down an index",
    source="""
def behind(x, route):
    at = len(route) - 1
    while at >= 0:
        x = x.send(route[at])
        at = at - 1
    return x
""",
)
harmless(
    "03.1",
    leak="chain = chain.send(worker) -> *helper*.move(worker)",
    reason="a pointer passes the helper, and no number",
)
