"""Notebook 01, tensors that live somewhere else: what is asked before, between and after its exercises."""

from course.learn.exercise import register
from course.learn.items import Prediction, Quiz

register(
    Quiz(
        "01.q1",
        "`a = torch.ones(3)`, then `b = a`, then `del a`. Where is the tensor now?",
        {"a": "gone: its name was deleted", "b": "still there, under the name b", "c": "there twice"},
        "b",
        because={
            "a": "`del` removes a name, not an object.",
            "b": "An object lives as long as something refers to it, and `b` does.",
            "c": "`b = a` is a second name for one tensor, not a second tensor.",
        },
    )
)
register(
    Quiz(
        "01.q2",
        "A gradient is computed twice for the same `w`, with no reset in between. What does `w.grad` hold?",
        {"a": "the second gradient", "b": "nothing: an error is raised", "c": "the sum of both"},
        "c",
        because={
            "a": "`backward()` adds to `w.grad`; it does not replace it.",
            "b": "torch adds in silence, which is why this mistake is hard to see.",
            "c": "`backward()` adds to what `w.grad` holds: whoever steps resets it first.",
        },
    )
)
register(
    Quiz(
        "01.q3",
        "`w` requires a gradient, and you compute `v = w - 0.1`. Is `v` a leaf, "
        "that is, a tensor that no recorded operation made?",
        {"a": "no: autograd recorded how it was made", "b": "yes", "c": "only after backward()"},
        "a",
        because={
            "a": "Under `torch.no_grad()` no operation is recorded, so every result there is a leaf.",
            "b": "A recorded subtraction made this one.",
            "c": "`backward()` fills gradients; it turns nothing into a leaf.",
        },
    )
)
register(
    Prediction(
        "01.p1",
        "`x = torch.ones(3).send(claire)` runs a thousand times. How many objects does Claire hold then?",
        {"a": "1000", "b": "0", "c": "1"},
        "c",
        because=(
            "Each round gives `x` a new pointer, and the old one is gone. A worker forgets "
            "an object with its last pointer, so only the last tensor is left."
        ),
    )
)
register(
    Prediction(
        "01.p2",
        "Bob holds `income`, `spending` and `saving`. After `plan = (saving + 1) * 2`, how many objects?",
        {"a": "3", "b": "4", "c": "5"},
        "b",
        because=(
            "`saving + 1` was an object of his too, but no name kept its pointer: Bob "
            "forgot it as soon as the product was made. Only `plan` is new."
        ),
    )
)
register(
    Prediction(
        "01.p3",
        "You fetch `guess.grad`, one number, and nothing else. What do you know about Bob?",
        {"a": "his average month", "b": "nothing: a gradient is no data", "c": "all four months"},
        "a",
        because=(
            "At guess 0 the gradient is -2 times the mean of his months. A gradient is "
            "computed from data: one number of it tells one number about him."
        ),
    )
)
register(
    Prediction(
        "01.p4",
        "`saving` is at Bob's, `alices` at Alice's. What does `saving + alices` do?",
        {
            "a": "Alice's numbers travel to Bob, who adds",
            "b": "both travel to you, you add",
            "c": "an error; nothing travels",
            "d": "each of them adds, two results",
        },
        "c",
        because=(
            "Numbers that nobody has encrypted are added in one place, and any such place would "
            "show somebody's numbers to somebody else. You have to say who, in a line of code."
        ),
    )
)
register(
    Quiz(
        "01.q4",
        "`x` points to Bob, `t` is a tensor of yours. What stops `x + t` in `check_together`?",
        {
            "a": "the line with `_spent`: `t` has no pointer",
            "b": "the line with `raise`: `place(t)` is `me`, `place(x)` is `bob`",
            "c": "nothing here: Bob refuses when the message arrives",
        },
        "b",
        because={
            "a": "A `SpentPointer` is a pointer after its `get`. `t` never was a pointer.",
            "b": "A tensor that is no pointer is here, with you. Two places differ, before any message is written.",
            "c": "No message is written: you counted none for `saving + alices`.",
        },
    )
)
