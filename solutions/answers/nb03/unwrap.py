"""Exercise 03.2, unwrap a chain of any length: what the check must reject, with the tag of its message, and must accept."""

from course.authoring.answers import right, wrong

wrong(
    "03.2",
    tag="links-left",
    why="two gets hard-coded",
    source="""
def unwrap(chain):
    first = chain.location.id
    chain = chain.get()
    second = chain.location.id
    return chain.get(), [first, second]
""",
)
wrong(
    "03.2",
    tag="shown-on-the-way",
    why="pulls the data to the nearest worker and gets it from there",
    example="it shows whom you have to ask",
    source="""
def unwrap(chain):
    asked = [chain.location.id]
    try:
        while True:
            chain.remote_get()
    except sy.errors.CourseError:
        return chain.get(), asked
""",
)
wrong(
    "03.2",
    tag="own-name",
    why="asks the pointer for its owner",
    example="it shows whom you have to ask",
    source="""
def unwrap(chain):
    asked = []
    while isinstance(chain, sy.PointerTensor):
        asked.append(chain.owner.id)
        chain = chain.get()
    return chain, asked
""",
)
wrong(
    "03.2",
    tag="wrong-names",
    why="writes the name down after the link is gone",
    example="it shows whom you have to ask",
    source="""
def unwrap(chain):
    asked = []
    while isinstance(chain, sy.PointerTensor):
        chain = chain.get()
        if isinstance(chain, sy.PointerTensor):
            asked.append(chain.location.id)
    return chain, asked
""",
)
wrong(
    "03.2",
    tag="other-order",
    why="the last one asked comes first",
    example="it shows the order, too",
    source="""
def unwrap(chain):
    asked = []
    while isinstance(chain, sy.PointerTensor):
        asked.insert(0, chain.location.id)
        chain = chain.get()
    return chain, asked
""",
)
wrong(
    "03.2",
    tag="left-behind",
    why="unwraps a copy, so that the chain stays",
    source="""
def unwrap(chain):
    asked = []
    chain = chain.copy()
    while isinstance(chain, sy.PointerTensor):
        asked.append(chain.location.id)
        chain = chain.get()
    return chain, asked
""",
)
wrong(
    "03.2",
    tag="no-names",
    why="workers instead of names",
    example="a name prints as a name",
    source="""
def unwrap(chain):
    asked = []
    while isinstance(chain, sy.PointerTensor):
        asked.append(chain.location)
        chain = chain.get()
    return chain, asked
""",
)
wrong(
    "03.2",
    tag="two-things",
    why="forgets the names",
    example="it shows both things that are returned",
    source="""
def unwrap(chain):
    while isinstance(chain, sy.PointerTensor):
        chain = chain.get()
    return chain
""",
)
right(
    "03.2",
    why="recursion",
    source="""
def unwrap(chain):
    if not isinstance(chain, sy.PointerTensor):
        return chain, []
    name = chain.location.id
    tensor, more = unwrap(chain.get())
    return tensor, [name, *more]
""",
)
right(
    "03.2",
    why="goes on until there is no location any more",
    source="""
def unwrap(chain):
    asked = []
    while True:
        try:
            place = chain.location
        except AttributeError:
            return chain, asked
        asked += [place.id]
        chain = chain.move(sy.local_worker)
""",
)
