"""The quiz questions and predictions of notebook 11."""

from course.learn.items import Prediction, Quiz
from course.learn.registry import register

register(
    Quiz(
        "11.q1",
        "In notebook 10 Theo split a salary each month, always with the same mask. What did the holder of the second "
        "shares learn?",
        {"a": "nothing: each share was uniform", "b": "every raise", "c": "the salary"},
        "b",
        because={
            "a": "Each one was. But two of them, subtracted, have no mask left.",
            "b": "The mask falls out of a difference. Today masks come from a dealer, and are used once.",
            "c": "For that the first share is needed, too. Differences are enough to see each raise.",
        },
    )
)
register(
    Quiz(
        "11.q2",
        "In notebook 09 a network is cut between Alice and Bob. What does Bob send back over the cut in training?",
        {
            "a": "the gradient of what Alice had sent",
            "b": "the labels",
            "c": "his weights after the step",
        },
        "a",
        because={
            "a": "And both what she sent and what came back tell of data. What holders open today must not.",
            "b": "They stay with their owner. The gradient is made from them, and tells of them.",
            "c": "His weights stay. The gradient of Alice's activations goes back.",
        },
    )
)
register(
    Quiz(
        "11.q3",
        "In notebook 07 a plan of twenty operations is at Bob already. How many requests does one run of it take?",
        {"a": "twenty: one for each operation", "b": "one", "c": "none"},
        "b",
        because={
            "a": "That is without a plan. The plan is there; only its name and arguments travel.",
            "b": "What is known beforehand travels beforehand. A dealer works so, too: his numbers can come early.",
            "c": "Somebody has to say when, and with which arguments.",
        },
    )
)
register(
    Prediction(
        "11.p5",
        "A secret matrix of 100 by 64 is multiplied by one of 64 by 10, with one triple of matrices. How many numbers "
        "are opened?",
        {},
        7040,
        because="Each factor is opened once, under its mask: 100 * 64 numbers, and 64 * 10.",
    )
)
register(
    Prediction(
        "11.p1",
        "2**62, and then a uniform mask, is added to a small number. In how many of 10,000 draws does the sum wrap?",
        {"a": "almost none", "b": "about 5,000", "c": "about 2,500"},
        "c",
        because="2**62 is a quarter of the ring: the sum wraps if the mask lies in the last quarter.",
    )
)
register(
    Prediction(
        "11.p2",
        "Two numbers of 64 bits are compared, neighbours all at once. How many rounds of opening does that take?",
        {"a": "1", "b": "8", "c": "64"},
        "b",
        because="One opens the masked number, six halve the 64 bits down to one, one turns the bit into shares.",
    )
)
register(
    Prediction(
        "11.p3",
        "Theo opens the difference of two bids times a random factor from 1 to 1,000, three times. What do the three "
        "numbers tell?",
        {
            "a": "which bid is smaller",
            "b": "a), and about how far apart they are",
            "c": "a), and most likely the exact distance",
        },
        "c",
        because="In Theo's cell as it was, 7 is the largest number that divides all three. Three factors from 1 to "
        "1,000 have no divisor in common five times of six: then it is the difference itself, else a multiple of it.",
    )
)
register(
    Prediction(
        "11.p4",
        "Two debts were multiplied with one triple. Bob knows the first, 5,875, and both opened numbers, debt - a. "
        "What is the second debt?",
        {},
        8585,
        because="The same a was taken off both. In the difference of what was opened it is gone, and the difference of "
        "the two debts is left.",
    )
)
register(
    Quiz(
        "11.q4",
        "Which of these calls in `multiply` sees to it that e * f is added once, and not by every holder?",
        {"a": "_masked(…)", "b": "c.addcmul_(e, b)", "c": "parties.add_product_(…)"},
        "c",
        because={
            "a": "It deals and opens. All holders know e and f afterwards.",
            "b": "That is e times b: every holder does it with its own share of b.",
            "c": "Only the first holder adds the public product.",
        },
    )
)
