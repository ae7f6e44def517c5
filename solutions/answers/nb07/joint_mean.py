"""Exercise 07.5, repair the protocol: what the check must reject, with the tag of its message, and must accept."""

from course.authoring.answers import equivalent, right, wrong

equivalent(
    "07.5",
    mutant="return (x.sum() + total) / (2 * x.shape[0]) -> return (x.sum() + total) / (2 * x.shape[-1])",
    reason="a column has one dimension, the first and the last",
)

wrong(
    "07.5",
    tag="bob-saw",
    why="the broken protocol as it is: Alice's sum goes to Bob, the result stays there",
    source="""
def joint_mean():
    @sy.func2protocol(roles=["alice", "bob"], args_shape={"alice": [(-1,)], "bob": [(-1,)]})
    def mean(alice, bob):
        (x,), (y,) = alice.inputs, bob.inputs
        total = x.sum().send(bob)
        return (total + y.sum()) / (2 * y.shape[0])
    return mean
""",
)
wrong(
    "07.5",
    tag="bob-saw",
    why="brings the result back to Alice: Bob has seen her sum all the same",
    source="""
def joint_mean():
    @sy.func2protocol(roles=["alice", "bob"], args_shape={"alice": [(-1,)], "bob": [(-1,)]})
    def mean(alice, bob):
        (x,), (y,) = alice.inputs, bob.inputs
        total = x.sum().send(bob)
        result = (total + y.sum()) / (2 * y.shape[0])
        return result.send(alice)
    return mean
""",
)
wrong(
    "07.5",
    tag="whole-column",
    why="hands the whole column over, and adds at Alice's",
    source="""
def joint_mean():
    @sy.func2protocol(roles=["alice", "bob"], args_shape={"alice": [(-1,)], "bob": [(-1,)]})
    def mean(alice, bob):
        (x,), (y,) = alice.inputs, bob.inputs
        return torch.cat([x, y.send(alice)]).mean()
    return mean
""",
)
wrong(
    "07.5",
    tag="whole-column",
    why="one number as float64, with the first of the column in its lower half",
    source="""
def joint_mean():
    @sy.func2protocol(roles=["alice", "bob"], args_shape={"alice": [(-1,)], "bob": [(-1,)]})
    def mean(alice, bob):
        (x,), (y,) = alice.inputs, bob.inputs
        total = (y.sum().double() + y[0] * 2 ** -40).send(alice).float()
        return (x.sum() + total) / (2 * x.shape[0])
    return mean
""",
)
wrong(
    "07.5",
    tag="bob-saw",
    why="the right mean at Alice's, and a copy for Bob",
    example="two results have no get",
    source="""
def joint_mean():
    @sy.func2protocol(roles=["alice", "bob"], args_shape={"alice": [(-1,)], "bob": [(-1,)]})
    def mean(alice, bob):
        (x,), (y,) = alice.inputs, bob.inputs
        result = (x.sum() + y.sum().send(alice)) / (2 * x.shape[0])
        return result, result.send(bob)
    return mean
""",
)
wrong(
    "07.5",
    tag="wrong-role",
    why="Bob's own mean, left with Bob",
    example="only Bob's numbers are in it",
    source="""
def joint_mean():
    @sy.func2protocol(roles=["alice", "bob"], args_shape={"alice": [(-1,)], "bob": [(-1,)]})
    def mean(alice, bob):
        (y,) = bob.inputs
        return y.mean()
    return mean
""",
)
wrong(
    "07.5",
    tag="half",
    why="divides by the people of one side",
    example="the example shows a mean",
    source="""
def joint_mean():
    @sy.func2protocol(roles=["alice", "bob"], args_shape={"alice": [(-1,)], "bob": [(-1,)]})
    def mean(alice, bob):
        (x,), (y,) = alice.inputs, bob.inputs
        total = y.sum().send(alice)
        return (x.sum() + total) / x.shape[0]
    return mean
""",
)
wrong(
    "07.5",
    tag="fixed-length",
    why="writes the length of the example down",
    source="""
def joint_mean():
    @sy.func2protocol(roles=["alice", "bob"], args_shape={"alice": [(2,)], "bob": [(2,)]})
    def mean(alice, bob):
        (x,), (y,) = alice.inputs, bob.inputs
        total = y.sum().send(alice)
        return (x.sum() + total) / 4
    return mean
""",
)
wrong(
    "07.5",
    tag="not-built",
    why="says nothing of the inputs, so nothing is recorded",
    example="a protocol that is not built does not run",
    source="""
def joint_mean():
    @sy.func2protocol(roles=["alice", "bob"])
    def mean(alice, bob):
        (x,), (y,) = alice.inputs, bob.inputs
        total = y.sum().send(alice)
        return (x.sum() + total) / (2 * x.shape[0])
    return mean
""",
)
wrong(
    "07.5",
    tag="apart",
    why="adds Bob's sum without handing it over",
    example="it cannot be recorded",
    source="""
def joint_mean():
    @sy.func2protocol(roles=["alice", "bob"], args_shape={"alice": [(-1,)], "bob": [(-1,)]})
    def mean(alice, bob):
        (x,), (y,) = alice.inputs, bob.inputs
        return (x.sum() + y.sum()) / (2 * x.shape[0])
    return mean
""",
)
wrong(
    "07.5",
    tag="only-hers",
    why="takes Bob's sum and forgets to add it",
    example="the example shows the mean of both",
    source="""
def joint_mean():
    @sy.func2protocol(roles=["alice", "bob"], args_shape={"alice": [(-1,)], "bob": [(-1,)]})
    def mean(alice, bob):
        (x,), (y,) = alice.inputs, bob.inputs
        total = y.sum().send(alice)
        return x.mean()
    return mean
""",
)
right(
    "07.5",
    why="the mean of both means: the columns have one length",
    source="""
def joint_mean():
    @sy.func2protocol(roles=["alice", "bob"], args_shape={"alice": [(-1,)], "bob": [(-1,)]})
    def mean(alice, bob):
        his = bob.inputs[0].mean().send(alice)
        return (alice.inputs[0].mean() + his) / 2
    return mean
""",
)
right(
    "07.5",
    why="built with examples, one helper",
    source="""
def joint_mean():
    def total(role):
        return role.inputs[0].sum()

    @sy.func2protocol(roles=["alice", "bob"])
    def mean(alice, bob):
        people = alice.inputs[0].shape[0] + alice.inputs[0].shape[0]
        return (total(alice) + total(bob).send(alice)) / people

    return mean.build(alice=[torch.ones(3)], bob=[torch.ones(3)])
""",
)
wrong(
    "07.5",
    tag="column-changed",
    why="adds Bob's mean to Alice's own column, in place",
    source="""
def joint_mean():
    @sy.func2protocol(roles=["alice", "bob"], args_shape={"alice": [(-1,)], "bob": [(-1,)]})
    def mean(alice, bob):
        (x,), (y,) = alice.inputs, bob.inputs
        x += y.mean().send(alice)
        return x.mean() / 2
    return mean
""",
)
right(
    "07.5",
    why="both roles assigned already: whoever runs it assigns others",
    source="""
def joint_mean():
    @sy.func2protocol(roles=["alice", "bob"], args_shape={"alice": [(-1,)], "bob": [(-1,)]})
    def mean(alice, bob):
        (x,), (y,) = alice.inputs, bob.inputs
        half = (y.mean() / 2).move(alice)
        return torch.add(half, x.mean(), alpha=0.5)
    names = sy.VirtualWorker(sy, id="a clinic"), sy.VirtualWorker(sy, id="another")
    return mean.assign("alice", names[0]).assign("bob", names[1])
""",
)
