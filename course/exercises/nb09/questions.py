"""The quiz questions and predictions of notebook 09."""

from course.learn.items import Prediction, Quiz
from course.learn.registry import register

register(
    Quiz(
        "09.q1",
        "You send a plan that trains to Bob, and it takes five steps there. What does the plan hold that stayed "
        "with you?",
        {"a": "the weights after five steps", "b": "the weights that you sent", "c": "nothing: it is away"},
        "b",
        because={
            "a": "They are Bob's copy. They come home with get(), and not before.",
            "b": "send copies the state of that moment. What learns at Bob is his copy.",
            "c": "Sending a plan copies it: yours can still be called.",
        },
    )
)
register(
    Quiz(
        "09.q2",
        "A hundred owners train a copy of your model, and you average the copies by their rows. What does each owner "
        "hold while training?",
        {"a": "the whole model", "b": "a hundredth of it", "c": "only its last layer"},
        "a",
        because={
            "a": "In federated averaging everybody runs the whole model. Today nobody does.",
            "b": "No part of a model can be trained without the rest of it, unless the parts talk. Today they do.",
            "c": "A layer alone reads no row. All owners had the whole model.",
        },
    )
)
register(
    Quiz(
        "09.q3",
        "As in notebook 04: Alice trains a first layer for one step, on one image, and Bob had the layer before and "
        "has it after. How does he get the image?",
        {
            "a": "he cannot: it was one step",
            "b": "a unit's change of weights, times its change of bias",
            "c": "a unit's change of weights, divided by its change of bias",
        },
        "c",
        because={
            "a": "One step is enough, and fifty hide it no better.",
            "b": "Each weight changed by a number times a pixel. Multiplied by that number, it stands there twice.",
            "c": "A unit's weights change by a number times the image, its bias by the number. Today it comes back.",
        },
    )
)
register(
    Prediction(
        "09.p1",
        "1,500 rows of 64 pixels, and Alice's first part makes 32 numbers of each row. How many numbers reach Bob "
        "in one forward pass?",
        {},
        48000,
        because="1,500 rows, 32 numbers each: what crosses a cut is what a part made, never what it was made of.",
    )
)
register(
    Prediction(
        "09.p2",
        "The loss is at Bob, and loss.backward() has run there. What is the gradient of Alice's weights now?",
        {"a": "the right gradient", "b": "zeros", "c": "None"},
        "c",
        because="The backward pass ends at the leaf, at Bob. Nobody has told Alice yet.",
    )
)
register(
    Prediction(
        "09.p3",
        "A backward relay ends one cut early, so that Alice's first part never learns. How many of 100 new "
        "images does its network read right after 200 steps?",
        {"a": "about 50", "b": "about 80", "c": "about 10, as by guessing"},
        "b",
        because="The other parts learn, each from its true gradient. They make the best of a random first part.",
    )
)
register(
    Prediction(
        "09.p4",
        "A copy of a part goes on to Claire, and the optimizer stays as it was. After its step, how far has "
        "Claire's copy moved?",
        {"a": "not at all", "b": "as in training: a step", "c": "an error is raised"},
        "a",
        because="The optimizer was made of the parameters at Bob. It steps those, and they have no gradient.",
    )
)
register(
    Prediction(
        "09.p5",
        "By their gradients alone Bob sorts 100 rows into two groups, odd and even. How many are in the right group?",
        {},
        100,
        because="A row's gradient says which way its prediction has to go: up for odd, down for even.",
    )
)
register(
    Quiz(
        "09.q4",
        "What mends old_cut where nothing moves?",
        {
            "a": "output.detach().requires_grad_()",
            "b": "output.clone().requires_grad_()",
            "c": "output.clone().clone()",
        },
        "a",
        because={
            "a": "Without its graph it is a leaf, also where it does not move.",
            "b": "A clone hangs on the graph of the output. It requires a gradient already, and is no leaf.",
            "c": "A clone of a clone hangs on the graph as well.",
        },
    )
)
register(
    Quiz(
        "09.q5",
        "Which of these lines makes gradients travel from owner to owner?",
        {"a": "lost.backward()", "b": "optimizer.step()", "c": "self.backward()"},
        "c",
        because={
            "a": "It runs at the label owner, and ends at the leaf there.",
            "b": "Each optimizer steps where its part is, with the gradients there.",
            "c": "This is the backward relay: each gradient goes back over its cut, on your word.",
        },
    )
)
