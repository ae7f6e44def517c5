"""What to do next after an error whose own text does not say it, or says it for somebody outside of a check.

An exercise that knows better says so in its `advice`.
"""

from __future__ import annotations

_SHAPES = "Write the shapes of that line beside each other: which two have to be equal?"

# Python and torch say what happened: this is looked for in their text.
_AFTER = {
    "a leaf Variable that requires grad": "A change of weights by hand is no part of a loss. How is it kept out of "
    "autograd's record?",
    "backward through the graph a second time": "One backward uses up the record of its loss. Which line should make "
    "the loss anew?",
    "does not require grad and does not have a grad_fn": "Nothing was recorded. Was the loss made under no_grad, or of "
    "something that was detached?",
    "only for scalar outputs": "backward begins at one number. What makes one number of many errors?",
    "shapes cannot be multiplied": _SHAPES,
    "size mismatch": _SHAPES,
    "must match the size of tensor": _SHAPES,
    "Boolean value of Tensor": "`if` needs one yes or no. A tensor has many, and of shares nobody knows any. How can "
    "you compute both ways, for all numbers at once?",
    "invalid combination of arguments": "This function takes other arguments than these. Which does its help name?",
    "list index out of range": "The list ends before that index. What should follow its last entry?",
    "'tuple' object has no attribute": "That is several things in one. Which of them has it?",
    "'list' object has no attribute": "That is several things in one. Which of them has it?",
    "'NoneType'": "Something in that line is None: a gradient that no backward has filled, or what a function without "
    "return gave.",
}

# Python says no more than the key.
_MISSING = {"KeyError": "The dictionary has no such entry. What should it hold before that line?"}

# Errors of the course whose own remedy is for a notebook, where everything can be sent again.
_IN_A_CHECK = {
    "ObjectNotFoundError": "A get, a move or clear_objects() took it away. Which of your lines does that too early?",
}


def next_step(error: str, message: str, own: str) -> str:
    """The next step after an error, by its class and its text; "" if nobody knows one. own: what it says itself."""
    found = (step for said, step in _AFTER.items() if said in message)
    return _IN_A_CHECK.get(error) or own or next(found, "") or _MISSING.get(error, "")
