"""Notebook 06, federated digits: what is asked before, between and after its exercises."""

from course.learn.exercise import register
from course.learn.items import Prediction, Quiz

register(
    Quiz(
        "06.q1",
        "Bob has 100 rows, Alice 300. `sy.federated_avg` gets their models, with these numbers as weights. A "
        "parameter is 2.0 in Bob's model and 6.0 in Alice's. What is it in the mean?",
        {"a": "4.0", "b": "5.0", "c": "8.0"},
        "b",
        because={
            "a": "That is the mean of two models that count the same. Alice has three times as many rows.",
            "b": "(100 · 2 + 300 · 6) / 400 = 5: every row counts the same, not every owner.",
            "c": "A mean lies between its parts.",
        },
    )
)
register(
    Quiz(
        "06.q2",
        "A model comes home from Bob and goes on to Alice. What must happen in between, so that Alice gets no gradient "
        "of Bob's?",
        {"a": "`opt.zero_grad()`", "b": "`opt.step()`", "c": "`model.copy()`"},
        "a",
        because={
            "a": "A model travels with its gradients. Cleared, they are None, and there is nothing to send.",
            "b": "A step uses the gradients. It leaves them where they are.",
            "c": "A copy has the gradients of the original, or hides that somebody forgot them.",
        },
    )
)
register(
    Quiz(
        "06.q3",
        "You see the mean of eight people's updates, each of one row, of a network with ReLU units. Whose row can be "
        "in it, whole?",
        {
            "a": "nobody's: each change is a mixture",
            "b": "everybody's",
            "c": "that of somebody who is alone in a unit",
        },
        "c",
        because={
            "a": "Where seven people leave a unit silent, its change is the eighth's alone.",
            "b": "Where several are active, only their mixture is there.",
            "c": "Its change of weights, divided by its change of bias, is that person's row.",
        },
    )
)
register(
    Prediction(
        "06.p1",
        "Sorted by digit, 1,500 images are cut into three pieces, in their order. Images of how many different "
        "digits does the owner of the middle piece hold?",
        {},
        4,
        because="About 150 images of each digit: rows 500 to 1,000 begin among the threes and end among the sixes.",
    )
)
register(
    Prediction(
        "06.p2",
        "500 images at each of three offices, batches of 60. How many batches has one pass over all of them?",
        {},
        27,
        because="500 / 60 is 8.33, so nine batches at each office, and a batch is of one office: three times nine.",
    )
)
register(
    Prediction(
        "06.p3",
        "Shuffled, more than 80 of 100 are read right. And with the rows cut in their order, same images, same loop?",
        {"a": "about as many", "b": "some fewer, but more than 70", "c": "fewer than 60"},
        "c",
        because="Each office teaches its own digits, and the next one overwrites them: the last has the last word.",
    )
)
register(
    Prediction(
        "06.p4",
        "Ten offices with two shards each, averaged in every round. After six rounds, compared with IID rows?",
        {"a": "equally good: averaging evens out", "b": "clearly worse", "c": "no better than guessing"},
        "b",
        because="Each office walks towards its own few digits. The mean of such walks gets on, but more slowly than "
        "walks that all go the same way.",
    )
)
register(
    Prediction(
        "06.p5",
        "FedProx was made against drift. Six rounds on the two shards: is it ahead of plain FedAvg?",
        {"a": "yes, clearly", "b": "no"},
        "b",
        because="The pull keeps owners near the common model, and so it slows them down, too. In its paper it gains "
        "most where owners do very different amounts of work; here all do the same.",
    )
)
register(
    Prediction(
        "06.p6",
        "An office with one zero, 74 ones and 75 threes trains for 20 steps. How many of the ten biases of the last "
        "layer have risen?",
        {},
        2,
        because="Those of the one and the three. The single zero is outweighed: in nearly every image the model said "
        "too often that it is a zero.",
    )
)
register(
    Quiz(
        "06.q4",
        "What would `x.sub_(x.mean())` on a batch do, if batches were slices of the owner's data?",
        {
            "a": "change the owner's data, for every later pass",
            "b": "change the batch, and nothing else",
            "c": "raise an error",
        },
        "a",
        because={
            "a": "A slice has no memory of its own. The second pass would begin with rows that the first has shifted.",
            "b": "That is what the copy is for. A slice is a window on the owner's rows.",
            "c": "Torch allows it: changing a window changes what is behind it.",
        },
    )
)
