"""Notebook 02, toy federated learning: what is asked before, between and after its exercises."""

from course.learn.exercise import register
from course.learn.items import Prediction, Quiz

register(
    Quiz(
        "02.q1",
        "`x = torch.tensor([3, 2]).send(bob)`. What does `print(x)` show?",
        {"a": "tensor([3, 2])", "b": "where x lives, and two ids", "c": "an error"},
        "b",
        because={
            "a": "The values are in Bob's store; nothing has asked him for them.",
            "b": "A pointer knows an address, not a value. Only `get` asks for values.",
            "c": "Printing a pointer is always allowed: an address gives nothing away.",
        },
    )
)
register(
    Quiz(
        "02.q2",
        "`x` is at Bob. After `y = x.get()`, what does Bob still hold of it?",
        {"a": "all of it: get sends a copy", "b": "its shape and its id", "c": "nothing: it is with you now"},
        "c",
        because={
            "a": "`get` takes. For a copy, write `x.copy().get()`.",
            "b": "His place is empty: a second `x.get()` finds nothing there.",
            "c": "`get` brings the tensor home and empties its place. If Bob is to keep it, write `x.copy().get()`.",
        },
    )
)
register(
    Quiz(
        "02.q3",
        "`w` and `loss` are at Bob. After `loss.backward()`, where is the gradient of `w`?",
        {"a": "at Bob", "b": "with you", "c": "in the message that asked for it"},
        "a",
        because={
            "a": "Bob's machine ran the backward pass; the gradient lies beside `w`.",
            "b": "`backward` sends a request to Bob and gets no values back.",
            "c": "The message only names the operation and the object.",
        },
    )
)
register(
    Prediction(
        "02.p1",
        "Three times `loss.backward()`, never `zero_grad()`, no step. What does `weight.grad` hold at the end?",
        {"a": "one gradient", "b": "nothing new: an error stops the second", "c": "three times that gradient"},
        "c",
        because="torch adds to what is there. Whoever wants one gradient clears the old one first.",
    )
)
register(
    Prediction(
        "02.p2",
        "After `x_bob = data[:2].send(bob)`, who holds Bob's two rows?",
        {"a": "only Bob", "b": "Bob and you", "c": "only you"},
        "b",
        because="`send` copies: `data` is still yours. In real life rows begin at owners; here you play all.",
    )
)
register(
    Prediction(
        "02.p3",
        "The model has 3 parameters. How many numbers does `model.send(alice)` bring to Alice now?",
        {"a": "0", "b": "3", "c": "6"},
        "c",
        because="A model travels with its gradients, and they are still Bob's: 3 parameters, 3 gradients.",
    )
)
register(
    Prediction(
        "02.p4",
        "One Adam for both owners. How many numbers travel straight from Bob to Alice?",
        {"a": "6", "b": "3", "c": "none: all goes through you"},
        "a",
        because="Adam's state follows the model: for 3 parameters, 3 averages of gradients and 3 of squares.",
    )
)
register(
    Prediction(
        "02.p5",
        "Theo runs his loop for four epochs. What do the losses do?",
        {"a": "they fall", "b": "they rise", "c": "they stay the same"},
        "c",
        because="As Theo wrote it, `zero_grad` stands between `backward` and `step`: the gradient goes before it is "
        "used. Repaired, they fall.",
    )
)
register(
    Quiz(
        "02.q4",
        "One shared Adam: which line sends Bob's averages to Alice?",
        {
            "a": "the one that returns a list",
            "b": "the one with `get` and `move`",
            "c": "the one with `send`",
        },
        "b",
        because={
            "a": "That one only walks through lists.",
            "b": "The average is a pointer to Bob and the model is at Alice: `move` asks Bob to hand it over.",
            "c": "That line is for memory that is still with you.",
        },
    )
)
