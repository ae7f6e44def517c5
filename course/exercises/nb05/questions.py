"""Notebook 05, federated averaging: what is asked before, between and after its exercises."""

from course.learn.exercise import register
from course.learn.items import Prediction, Quiz

register(
    Quiz(
        "05.q1",
        "Oscar's row alone trains a copy of the model for fifty steps of plain SGD. The aggregator has the model from "
        "before and from after. What can it work out?",
        {"a": "nothing after so many steps", "b": "his row", "c": "a blurred mixture of his answers"},
        "b",
        because={
            "a": "Fifty changes of a unit's weights are fifty numbers, each times the same row.",
            "b": "A unit's change of weights, divided by its change of bias, is the row: after 1, 5 or 50 steps.",
            "c": "A mixture comes of several rows in one mean. Here it is one row.",
        },
    )
)
register(
    Quiz(
        "05.q2",
        "Five owners average their updates at an aggregator; the mean comes to you. Who sees a single update?",
        {"a": "the aggregator", "b": "you", "c": "nobody"},
        "a",
        because={
            "a": "Whoever makes an average sees all its parts. You trust the aggregator not to tell.",
            "b": "One mean came to you; its parts did not.",
            "c": "Somebody has to add the numbers up, and has them for that.",
        },
    )
)
register(
    Quiz(
        "05.q3",
        "`x` points to a row of Bob's. You ask `len(x)`. What happens?",
        {
            "a": "it is refused: the row is his",
            "b": "you get the number, and no value travels",
            "c": "the row comes to you",
        },
        "b",
        because={
            "a": "Values are refused. How many rows there are is a shape, and shapes are public here.",
            "b": "A shape is public: good for weights, and one more thing that everybody knows about Bob.",
            "c": "A pointer knows the shape of what it points to. For values you would have to ask Bob.",
        },
    )
)
register(
    Prediction(
        "05.p1",
        "Each of 500 people turns the answer to A9 (t or f) into a number at home, by order of appearance in the "
        "own table of one row. How many different numbers come out?",
        {"a": "2, as there are two answers", "b": "1", "c": "500"},
        "b",
        because=(
            "In a table of one row every answer is the first to appear. All 500 write 0, and a column of "
            "zeros tells nothing about anybody."
        ),
    )
)
register(
    Prediction(
        "05.p2",
        "Alice has three rows, Bob has one. From the same model each takes one step at home. Which mean of the two "
        "models equals one step on all four rows?",
        {"a": "the one weighted by rows", "b": "the plain one", "c": "neither: each step knew only its own rows"},
        "a",
        because=(
            "A step on four rows uses the mean gradient of four rows, and that is three quarters of "
            "Alice's mean and one quarter of Bob's."
        ),
    )
)
register(
    Prediction(
        "05.p3",
        "Five times, 500 people train for 15 rounds, and a model is trained with all 500 rows on one desk. How do "
        "they do on the 153 strangers?",
        {
            "a": "the desk is right for ten in a hundred more",
            "b": "the desk is right for five in a hundred more",
            "c": "less than two in a hundred apart",
        },
        "c",
        because=(
            "On this table the average costs no accuracy that could be measured with 153 people: one "
            "of them is two thirds of a percentage point."
        ),
    )
)
register(
    Prediction(
        "05.p4",
        "The broken program runs for four rounds. What do the four losses do?",
        {"a": "they fall", "b": "they stay about the same", "c": "they are equal in all digits"},
        "b",
        because=(
            "Every round begins with new random parameters. The owners train, the average is made, and "
            "the next round throws it away. Only the luck of the draw differs."
        ),
    )
)
register(
    Prediction(
        "05.p5",
        "You see two averages of models: of a hundred people, and of the same hundred without Oscar. Each had "
        "trained for five steps. Oscar's 15 answers are 42 numbers. How many of them can you work out, to within 0.01?",
        {},
        42,
        because=(
            "A hundred times one average minus ninety-nine times the other is Oscar's model, however "
            "many people take part. From there it is the division of notebook 02."
        ),
    )
)
register(
    Quiz(
        "05.q4",
        "The models are at an aggregator. Which numbers does `mean` cause to travel?",
        {"a": "each model, to you", "b": "the weights, from you to the aggregator", "c": "none"},
        "b",
        because={
            "a": "Nothing in it says `get`.",
            "b": "`send_to` takes the weights to where the stack is, and the sum is made there.",
            "c": "The weights are yours, the stack is there: they have to meet somewhere.",
        },
    )
)
