"""Exercise 01.1, inventory of a worker: what the check must reject, with the tag of its message, and must accept."""

from course.authoring.answers import right, wrong

wrong(
    "01.1",
    tag="fetched",
    why="fetches every tensor to look at its shape",
    source="""
def inventory(worker, pointers):
    found = {}
    for pointer in pointers:
        if pointer.location == worker:
            found[pointer.id_at_location] = pointer.get().shape
    return found
""",
)
wrong(
    "01.1",
    tag="looked-inside",
    why="reads the store through the X-ray, values and other people's objects included",
    source="""
def inventory(worker, pointers):
    return {id: value.shape for id, value in worker._objects.items()}
""",
)
wrong(
    "01.1",
    tag="looked-at-mine",
    why="reads the shapes of its own objects through the X-ray",
    source="""
def inventory(worker, pointers):
    mine = [p.id_at_location for p in pointers if p.location == worker]
    return {id: worker._objects[id].shape for id in mine}
""",
)
wrong(
    "01.1",
    tag="only-a-list",
    why="turns each shape into a list",
    example="a list equals no torch.Size",
    source="""
def inventory(worker, pointers):
    return {p.id_at_location: list(p.shape) for p in pointers if p.location == worker}
""",
)
wrong(
    "01.1",
    tag="my-names",
    why="takes the pointer's own id for the id of the tensor",
    example="it names the id that it wants",
    source="""
def inventory(worker, pointers):
    return {pointer.id: pointer.shape for pointer in pointers if pointer.location == worker}
""",
)
wrong(
    "01.1",
    tag="other-workers",
    why="lists all my pointers, wherever they lead",
    example="one of its two pointers leads elsewhere",
    source="""
def inventory(worker, pointers):
    return {pointer.id_at_location: pointer.shape for pointer in pointers}
""",
)
wrong(
    "01.1",
    tag="empty",
    why="takes the owner of the pointer for the worker that holds the tensor",
    example="nothing is found, and something is there",
    source="""
def inventory(worker, pointers):
    return {pointer.id_at_location: pointer.shape for pointer in pointers if pointer.owner == worker}
""",
)
wrong(
    "01.1",
    tag="incomplete",
    why="returns inside the loop",
    source="""
def inventory(worker, pointers):
    found = {}
    for pointer in pointers:
        if pointer.location == worker:
            found[pointer.id_at_location] = pointer.shape
            return found
    return found
""",
)
wrong(
    "01.1",
    tag="wrong-shape",
    why="notes how many numbers there are, as if everything were one-dimensional",
    source="""
def inventory(worker, pointers):
    return {p.id_at_location: torch.Size([p.numel()]) for p in pointers if p.location == worker}
""",
)
wrong(
    "01.1",
    tag="not-yours",
    why="takes the ids from the store, in its order, and the shapes from the pointers",
    source="""
def inventory(worker, pointers):
    mine = [pointer for pointer in pointers if pointer.location == worker]
    return {id: pointer.shape for id, pointer in zip(worker._objects, mine)}
""",
)
wrong(
    "01.1",
    tag="handed-over",
    why="first moves everything to the worker",
    example="what was moved is found there, too",
    source="""
def inventory(worker, pointers):
    return {pointer.id_at_location: pointer.shape for pointer in [p.move(worker) for p in pointers]}
""",
)
wrong(
    "01.1",
    tag="wrong-type",
    why="ids as texts, which no worker can look up",
    example="it compares with whole numbers",
    source="""
def inventory(worker, pointers):
    found = {}
    for pointer in pointers:
        if pointer.location == worker:
            found[str(pointer.id_at_location)] = pointer.shape
    return found
""",
)
right(
    "01.1",
    why="a comprehension, workers compared by name",
    source="""
def inventory(worker, pointers):
    return {int(p.id_at_location): torch.Size(p.size()) for p in pointers if p.location.id == worker.id}
""",
)
right(
    "01.1",
    why="goes through the ids of the store, without a look at the values",
    source="""
def inventory(worker, pointers):
    shapes = {pointer.id_at_location: pointer.shape for pointer in pointers}
    return {id: shapes[id] for id in worker._objects if id in shapes}
""",
)
right(
    "01.1",
    why="two filtered lists, zipped",
    source="""
def inventory(worker, pointers):
    there = list(filter(lambda pointer: pointer.location is worker, pointers))
    return dict(zip([p.id_at_location for p in there], [p.shape for p in there]))
""",
)
