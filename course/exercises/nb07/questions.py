"""Notebook 07, plans and protocols: what is asked before, between and after its exercises."""

from course.learn.exercise import register
from course.learn.items import Prediction, Quiz

register(
    Quiz(
        "07.q1",
        "Ten people write digits, and each of them only two different ones. Compared with well-mixed digits, how does "
        "plain federated averaging of their models usually do?",
        {
            "a": "the same: averaging does not care who holds what",
            "b": "worse: each model drifts towards the digits of its owner",
            "c": "better: each owner is an expert for two digits",
        },
        "b",
        because={
            "a": "Between two averages each model sees its owner's digits only, and moves towards them.",
            "b": "The more local steps between two averages, the farther they drift apart.",
            "c": "An expert for 3 and 7 calls everything 3 or 7. The average of ten such models is no expert.",
        },
    )
)
register(
    Quiz(
        "07.q2",
        "Alice trained on 100 rows, Bob on 300. Alice's weight became 1.0, Bob's 3.0. What is their federated average?",
        {"a": "2.0", "b": "4.0", "c": "2.5"},
        "c",
        because={
            "a": "That counts owners. Each row should count the same, and Bob has three times as many.",
            "b": "That is the sum.",
            "c": "(100 · 1.0 + 300 · 3.0) / 400: each row counts the same, whoever holds it.",
        },
    )
)
register(
    Quiz(
        "07.q3",
        "Alice and Bob each move an update to an aggregator, who averages. You get the mean. Who saw Bob's update?",
        {"a": "the aggregator", "b": "you", "c": "nobody"},
        "a",
        because={
            "a": "Whoever makes an average sees all its parts.",
            "b": "You received one tensor, the mean.",
            "c": "The update travelled to the place where it was added: somebody holds that store.",
        },
    )
)
register(
    Prediction(
        "07.p1",
        "program runs with times=2 and double=True while a plan records it. How many steps has the plan?",
        {},
        5,
        because="add, add, mul, abs, sum: each time that a tensor is asked for something is a step.",
    )
)
register(
    Prediction(
        "07.p2",
        "middle is the mean of an example, 3.0. The plan computes x - middle, and runs on the rows 10 and 20. "
        "What comes out?",
        {"a": "-5 and 5", "b": "7 and 17", "c": "an error"},
        "b",
        because="middle was a plain number when the plan was recorded. It is part of the plan now, wherever that goes.",
    )
)
register(
    Prediction(
        "07.p3",
        "risk has six steps. You call the plan itself, not the pointer to it: risk(patients), where patients points to "
        "Alice. How many requests go to her?",
        {"a": "none: an error is raised", "b": "one", "c": "six"},
        "c",
        because="A plan called at home runs its steps here. Each meets a pointer, and a pointer sends a message.",
    )
)
register(
    Prediction(
        "07.p4",
        "A plan is sent to Bob. Then it learns at home. Then the old pointer runs it at Bob. With which weights?",
        {"a": "those of when it was sent", "b": "today's", "c": "none: the pointer is spent"},
        "a",
        because="send copies the weights of that moment. Nothing travels by itself, not even better weights.",
    )
)
register(
    Prediction(
        "07.p5",
        "In the broken protocol Alice's sum goes to Bob, who adds his own and divides. Who knows the joint mean "
        "afterwards?",
        {"a": "Alice", "b": "Bob", "c": "both"},
        "b",
        because="A result stays where its last step is done, and Bob did it. Alice, who asked, received nothing.",
    )
)
register(
    Prediction(
        "07.p6",
        "The plan returns the mean of Alice's 4 rows of 3, and has one more step. How many numbers does Eve receive?",
        {},
        12,
        because="rows.send(eve) is a step like any other: all 4 x 3 numbers go, from Alice straight to Eve, past you.",
    )
)
register(
    Quiz(
        "07.q4",
        "Where does a worker check that each step of a plan is in the reviewed table?",
        {
            "a": "in this loop, before each call",
            "b": "nowhere: a plan is trusted",
            "c": "before: when the plan arrives and is made ready",
        },
        "c",
        because={
            "a": "The loop only calls functions. None of its lines looks anything up.",
            "b": "A plan with an unknown step is refused when it arrives, before anything of it runs.",
            "c": "`Program` looks up every function once, when it is built. So a run is nothing but calls.",
        },
    )
)
