"""Notebook 03, pointer chains and hand-overs: what is asked before, between and after its exercises."""

from course.learn.exercise import register
from course.learn.items import Prediction, Quiz

register(
    Quiz(
        "03.q1",
        "A federated step reads zero_grad, send, forward, backward, step, "
        "get. Somebody moves get before step. What comes home?",
        {
            "a": "the model as it was sent, with a gradient that nobody has used yet",
            "b": "the trained model",
            "c": "nothing, Bob keeps it",
        },
        "a",
        because={
            "a": "step is what changes weights, and it had not run. The owner takes it, before the model leaves.",
            "b": "The weights change in step, and step had not run.",
            "c": "get always brings the model home, trained or not.",
        },
    )
)
register(
    Quiz(
        "03.q2",
        "Bob trained your model for one step of plain SGD and you got it "
        "back. You still have the old weights. What can you compute?",
        {
            "a": "nothing: Bob's rows never left him",
            "b": "Bob's gradient: the old weights minus the new ones, divided by the learning rate",
            "c": "only how large his gradient was",
        },
        "b",
        because={
            "a": "His rows stayed, but the update was computed from them, and the update is here.",
            "b": "Up to rounding, yes: that is why this notebook looks for a way never to hold one person's update.",
            "c": "Both sets of weights are here, number by number, so the difference is too.",
        },
    )
)
register(
    Quiz(
        "03.q3",
        "`x = torch.ones(3).send(bob)`, then `kept = [x]`, then `x = None`. What does Bob hold?",
        {
            "a": "nothing: the pointer is gone",
            "b": "two tensors, one for each name",
            "c": "the tensor, as before",
        },
        "c",
        because={
            "a": "A name is gone. The pointer is not: the list still holds it.",
            "b": "Two names for one pointer are still one pointer, and one tensor.",
            "c": "An object lives as long as a pointer to it, and the list holds one. Remember it for the bug hunt.",
        },
    )
)
register(
    Prediction(
        "03.p1",
        "x is a chain: you → alice → bob. After y = x + x, what is new in Alice's store?",
        {
            "a": "nothing: the sum is made by Bob",
            "b": "one more pointer to Bob",
            "c": "the sum, a tensor",
            "d": "a copy of x, and the sum",
        },
        "b",
        because=(
            "A result has the same links as what it was made from: Bob holds "
            "the sum, Alice a pointer to it, you a pointer to hers."
        ),
    )
)
register(
    Prediction(
        "03.p2",
        "x is a chain: you → alice → bob. What does x.get() give you?",
        {"a": "a pointer to Bob", "b": "a pointer to Alice", "c": "the tensor", "d": "an error"},
        "a",
        because="get brings what the first worker holds. Alice holds a pointer to Bob, so that is what you get.",
    )
)
register(
    Prediction(
        "03.p3",
        "far is a chain of three links: you → alice → claire → bob. You "
        "call far.remote_get() once. Who holds the numbers then?",
        {"a": "Alice", "b": "Claire", "c": "Bob, as before", "d": "you"},
        "c",
        because=(
            "Alice does one get. What Claire holds is a pointer, so a pointer is what Alice "
            "gets. The chain is one link shorter, and the numbers have not moved."
        ),
    )
)
register(
    Prediction(
        "03.p4",
        "The model has 3 numbers: two weights and a bias. Alice trains it one step and it is "
        "moved to the aggregator. How many of Alice's numbers does the aggregator receive?",
        {},
        6,
        because="A model travels with its gradients: her three numbers, and three gradients made of her rows.",
    )
)
register(
    Prediction(
        "03.p5",
        "653 people average their updates at an aggregator that you can trust. You "
        "see two means: Monday's, of all 653, and Tuesday's, of the same updates "
        "without one person's. How well do you know that person's update?",
        {
            "a": "as well as if it had been sent to you",
            "b": "roughly: its sign and size",
            "c": "not at all: it is one part in 653",
        },
        "a",
        because=(
            "653 times Monday's mean minus 652 times Tuesday's is that person's "
            "update, up to rounding. More people do not help: they cancel."
        ),
    )
)
register(
    Quiz(
        "03.q4",
        "In `_pull`, what happens if the object that the message names is a tensor, not a pointer?",
        {
            "a": "nothing: the numbers are already there",
            "b": "the tensor is sent to whoever asked",
            "c": "an error is raised",
        },
        "c",
        because={
            "a": "The last line is never reached: the `if` is true, for `spec_of` gave None.",
            "b": "No line of `_pull` sends anything to the one who asked.",
            "c": "There is no link left to take off. So `remote_get` once too often tells you so, and moves nothing.",
        },
    )
)
