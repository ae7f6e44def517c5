"""Notebook 04, what an update gives away: what is asked before, between and after its exercises."""

from course.learn.exercise import register
from course.learn.items import Prediction, Quiz

register(
    Quiz(
        "04.q1",
        "On Monday five owners average their models at an aggregator. On Tuesday the same models are averaged without "
        "Claire's. You get both means. What is Claire's model?",
        {"a": "Monday's mean - Tuesday's", "b": "5 · Monday's mean - 4 · Tuesday's", "c": "nobody can tell"},
        "b",
        because={
            "a": "That is a fifth of the distance between Claire's model and Tuesday's mean.",
            "b": "Five times Monday's mean is a sum with her in it, four times Tuesday's the same sum without her.",
            "c": "Nobody averaged wrongly. Two means that differ by one person are that person's.",
        },
    )
)
register(
    Quiz(
        "04.q2",
        "All owners share one Adam. After Bob's visit, its average of gradients goes on to Alice with the model. She "
        "multiplies it by ten. What has she?",
        {"a": "Bob's row", "b": "the mean gradient of all owners", "c": "Bob's gradient, if his was the first step"},
        "c",
        because={
            "a": "Not yet: a gradient is made of the row, and of the model. Today you see how little is missing.",
            "b": "Bob was the first: nobody else's gradient is in it.",
            "c": "After one step Adam's average is a tenth of the gradient.",
        },
    )
)
register(
    Quiz(
        "04.q3",
        "`x` points to Bob's row. Which of these brings a number that was made from his row to you?",
        {"a": "`x.sum().get()`", "b": "`x.shape`", "c": "`y = x.sum()`"},
        "a",
        because={
            "a": "`get` asks Bob for the sum: it travels.",
            "b": "A shape is public, and says nothing about the numbers inside.",
            "c": "The sum is made at Bob, and stays there: y is a pointer.",
        },
    )
)
register(
    Prediction(
        "04.p1",
        "The first layer has 20 units. Some of them changed while Oscar trained. From how many of these can you work "
        "out his row, each of them alone?",
        {"a": "none: it takes all of them", "b": "one, the most active", "c": "each of them"},
        "c",
        because=(
            "In each unit the weights changed by its own number times the row, and the bias by that same number. "
            "One division, and the number is gone."
        ),
    )
)
register(
    Prediction(
        "04.p2",
        "Oscar takes 50 steps, and his SGD has momentum=0.9. How far is the rebuilt row off in the worst of his 42 "
        "numbers? (They are logarithms, from 0 to 12.)",
        {
            "a": "by less than 0.001",
            "b": "by about 0.1: readable, and blurred",
            "c": "by 1 or more: nothing can be read",
        },
        "a",
        because=(
            "At each step a unit's weights change by a number times the same row. Fifty such changes add up to the "
            "sum of fifty numbers, times the row. Momentum only mixes these numbers."
        ),
    )
)
register(
    Prediction(
        "04.p3",
        "Claire's network begins with a convolution: no unit sees the whole image. What can be made of her digit, from "
        "one update?",
        {"a": "nothing", "b": "the digit, pixel by pixel", "c": "a blur, in which a 3 might be an 8"},
        "b",
        because=(
            "There are more than 5,000 numbers in the gradient and 64 in the image: far more conditions than unknowns. "
            "Nothing has to be divided: the search walks to an image that fits them all, and here that is hers."
        ),
    )
)
register(
    Prediction(
        "04.p4",
        "The 653 are put together in pairs (one is left over), and only the mean of two updates is seen. "
        "Of how many of the 652 is the whole row in there, to within 0.01?",
        {"a": "of nobody: every change is a mixture", "b": "of one in twenty", "c": "of more than four in five"},
        "c",
        because=(
            "A ReLU unit is silent for some people. Where it is silent for one of the two, its change is the other "
            "one's alone, and half of it divided by half of it is the row."
        ),
    )
)
register(
    Prediction(
        "04.p5",
        "Theo's shield adds random numbers, about a hundred times as large as any change. How many of Oscar's 42 "
        "numbers can you still work out, to within 0.01?",
        {},
        42,
        because=(
            "As Theo wrote it, there is one number for each tensor. Where nothing changed, that number stands alone: "
            "subtract it everywhere."
        ),
    )
)
register(
    Quiz(
        "04.q4",
        "Somebody multiplies a whole update by 0.001 before it is sent. What does `row_behind` make of it?",
        {"a": "the row, times 0.001", "b": "the row, times 0.000001", "c": "the row"},
        "c",
        because={
            "a": "Look below the line of the fraction: the bias is smaller, too.",
            "b": "That is the numerator alone: bias times weight.",
            "c": "Above and below the line stands 0.001 twice. It cancels.",
        },
    )
)
