"""The quiz questions and predictions of notebook 12."""

from course.learn.items import Prediction, Quiz
from course.learn.registry import register

register(
    Quiz(
        "12.q1",
        "In notebook 10 Alice's secret is split among three holders. Two of them put their shares together. What do "
        "they learn?",
        {"a": "two thirds of the secret", "b": "nothing", "c": "the secret, within a small range"},
        "b",
        because={
            "a": "Shares are no slices: each alone is uniform over the ring.",
            "b": "Any n - 1 shares are uniform, whatever the secret is.",
            "c": "That is so only if masks come from a small range.",
        },
    )
)
register(
    Quiz(
        "12.q2",
        "In notebook 11 the holders open x - a, with a of the dealer's triple. For the next product they take the same "
        "triple, and open z - a. What do they learn?",
        {"a": "nothing: both numbers are uniform", "b": "the sign of x", "c": "x - z"},
        "c",
        because={
            "a": "Each alone is. The same mask stands in both.",
            "b": "Not of x alone. Subtract one opened number from the other.",
            "c": "Subtracted, the mask is gone. A mask hides one number, once.",
        },
    )
)
register(
    Quiz(
        "12.q3",
        "In notebook 07 two people computed a joint mean with a protocol of two roles. What may each message "
        "of such a protocol tell at most?",
        {"a": "what the result tells anyway", "b": "nothing at all", "c": "the sender's row, once"},
        "a",
        because={
            "a": "What follows from the result cannot be hidden. All else can.",
            "b": "Then there would be no result.",
            "c": "A row that was seen once has been seen.",
        },
    )
)
register(
    Prediction(
        "12.p1",
        "The server adds the hidden updates of Alice and Bob, without Claire's. What does it see?",
        {"a": "the sum of their two updates", "b": "noise", "c": "Claire's update"},
        "b",
        because="The masks that both share with Claire stand there alone. Only the sum of all is free of masks.",
    )
)
register(
    Prediction(
        "12.p2",
        "Claire seems to have left, so the others give shares of her key for pairs. Later her hidden update arrives. "
        "What does the server learn of it?",
        {"a": "nothing: it is under masks", "b": "the sum of all three", "c": "every number"},
        "c",
        because="All of her masks come from these keys. She was only late, and the server has them.",
    )
)
register(
    Prediction(
        "12.p3",
        "Three updates of 1.5 are encoded with the scale 2⁶¹, split, and added up. Which mean is decoded?",
        {"a": "1.5", "b": "a number below zero", "c": "1.33, the largest that fits"},
        "b",
        because="4.5 times 2⁶¹ is beyond 2⁶³, and on the ring that is a negative number. No error is raised.",
    )
)
register(
    Prediction(
        "12.p4",
        "Theo makes masks from the two clients' places. How many of the three updates can the server read?",
        {},
        3,
        because="In Theo's cell as it was, masks hang on places, and the server knows those: it draws all masks. "
        "Uniform is not enough: somebody must not know them.",
    )
)
register(
    Quiz(
        "12.q4",
        "A server that lies asks Alice twice: first as if Bob had stayed, then as if he had left. What does her second "
        "answer tell it?",
        {
            "a": "nothing: there is none, she answers once",
            "b": "a share of his key for pairs, so that it has both kinds from her",
            "c": "the same share as the first",
        },
        "a",
        because={
            "a": "A step that was done is refused. Half of the clients could be told the one story, half the other: so "
            "a threshold is more than half.",
            "b": "After the first answer `steps_done` is 3, and STEPS has no fourth.",
            "c": "After the first answer `steps_done` is 3, and STEPS has no fourth.",
        },
    )
)
