"""The quiz questions and predictions of notebook 13."""

from course.learn.items import Prediction, Quiz
from course.learn.registry import register

register(
    Quiz(
        "13.q1",
        "Three hospitals add up their updates under pairwise masks. Two of them compare notes after the sum was "
        "opened. What do they know of the third one's update?",
        {"a": "nothing: it was masked", "b": "roughly how large it is", "c": "all of it"},
        "c",
        because={
            "a": "In the sum there are no masks left.",
            "b": "The sum is exact, and so are their own two.",
            "c": "The sum minus their own two. Masks hide inputs, not what the result tells.",
        },
    )
)
register(
    Quiz(
        "13.q2",
        "Holders multiply two secrets x and y with a triple (a, b, c). What do they open to each other?",
        {"a": "x - a and y - b", "b": "x and y, for the dealer's eyes only", "c": "a and b"},
        "a",
        because={
            "a": "Each is masked by a uniform number that is used once.",
            "b": "Then there is no secret left. The dealer sees nothing at all.",
            "c": "Whoever knows a, and sees x - a, has x.",
        },
    )
)
register(
    Quiz(
        "13.q3",
        "In split learning the gradient goes back over the cut. Alice, who has the inputs, gets it from Bob, who has "
        "the labels. What can she read in it?",
        {"a": "Bob's weights", "b": "often the labels", "c": "nothing: it is a derivative"},
        "b",
        because={
            "a": "They are mixed into it, but that is not the first thing that shows.",
            "b": "It points one way for one label and another way for the other. So today nobody sees a gradient.",
            "c": "A gradient is made of outputs and labels, and tells of both.",
        },
    )
)
register(
    Prediction(
        "13.p1",
        "A network learned in the clear. 153 applicants' rows and its parameters are shared with 16 binary digits. For "
        "how many of them does the prediction on shares differ from the one in the clear?",
        {"a": "none, or nearly none", "b": "about ten", "c": "about half of them"},
        "a",
        because="Rounding is below a thousandth, and hardly anybody is that near to the border.",
    )
)
register(
    Prediction(
        "13.p2",
        "Outputs are shared, labels are a plain tensor here. What does `F.cross_entropy(outputs, labels)` do?",
        {"a": "raises: no NLL on shares", "b": "works, and labels stay secret", "c": "works, and tells labels"},
        "c",
        because="It runs, on shares. But labels that nobody shared are public: holders are told what to pick.",
    )
)
register(
    Prediction(
        "13.p3",
        "On shares with three digits after the point, 0.3 is multiplied by 0.001, a thousand times. The last digit "
        "that is kept is 0.001. How many of the products are 0.001 when they are opened?",
        {"a": "none", "b": "about 300", "c": "all of them"},
        "b",
        because="A part of a digit becomes a whole one now and then, by chance, and so often that the mean is right.",
    )
)
register(
    Prediction(
        "13.p4",
        "A cubic was fitted to the sigmoid from -5 to 5, and is off by a few hundredths there. At 20 the sigmoid is 1, "
        "all but exactly. About what does the cubic give?",
        {"a": "1, too", "b": "a little above 1", "c": "far below 0"},
        "c",
        because="Far out the cube decides, and its factor is negative: where it was not fitted, it goes where it "
        "likes.",
    )
)
register(
    Prediction(
        "13.p5",
        "Theo trains a shared network with his loop. How many of its 722 parameters have changed behind it?",
        {},
        0,
        because="In Theo's cell as it was, the optimizer steps `base_model`, which it was given. The gradients of the "
        "network that he trains grow, and nobody uses them.",
    )
)
register(
    Quiz(
        "13.q4",
        "Theo calls `opt.fix_precision(...)` before he trains on shares. What does it do here?",
        {
            "a": "it shares the learning rate",
            "b": "it makes an optimizer of its own for shares",
            "c": "it checks the digits, and returns opt as it is",
        },
        "c",
        because={
            "a": "A rate is public, and stays a number.",
            "b": "torch's own will do: each of its operations runs on shares.",
            "c": "A step is sums and products, and those the parameters can do themselves.",
        },
    )
)
