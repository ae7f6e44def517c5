"""Exercise 07.5: a protocol that gives its result to the right role, and nothing to the other."""

from __future__ import annotations

from typing import Any

import torch

from course.learn import evidence
from course.learn.difference import kind
from course.learn.exercise import Draw, Evidence, Exercise, Looks, Question, Watched, observe, register, workers
from course.learn.plain import Plain, Pointer, same
from course.learn.words import brief, first_sentence, plural


@register
class JointMean(Exercise):
    id = "07.5"
    title = "repair the protocol"
    minutes, points = 8, 4
    objective = "write a protocol in which each role sees what it should, and no more"
    promises = ()
    stub = '''
def joint_mean() -> sy.Protocol:
    """A built protocol of two roles, "alice" and "bob": for Alice, the mean of both their
    columns.

    Each role has one input, a column of numbers, which stays as it is; both have the same
    length, whatever it is.
    returns: the protocol. Run on pointers, Alice's and Bob's, it leaves the mean with Alice,
    and there is one hand-over in it: one number of Bob's goes to Alice. Nothing of Alice's goes
    to Bob.
    >>> protocol = joint_mean().assign("alice", alice).assign("bob", bob)
    >>> protocol(torch.tensor([1.0, 2.0]).send(alice), torch.tensor([3.0, 4.0]).send(bob)).get()
    tensor(2.5000)
    """
    raise NotImplementedError
'''
    hints = (
        "Whoever receives something can keep it. Ask of each hand-over: does the receiver have to know this?",
        "The result stays where its last step is done. Which of the two should do that step?",
        "total = y.….send(alice), then (x.… + total) / (2 * x.shape[0]), with args_shape for both roles",
    )
    success = "Three lengths: the mean is with Alice, one number came to her, and Bob learned nothing."
    raises = {"TensorsNotCollocatedException": "apart", "CannotRecordError": "cannot-record"}
    says = """
apart          {call} stopped while it was recorded, in line {line}: one step needs tensors of both roles, and nothing
               travels by itself.
               -> Which number has to be handed over before that step?
cannot-record  {call} could not be recorded, in line {line}, `{source}`: no role could repeat that.
               -> Each step belongs to a role, and works on what that role has. Whose is this one?
no-protocol    {call} returned {what}; expected a protocol, which is assigned and run later.
               -> What does func2protocol make of a function?
not-built      {call} returned a protocol that is not built: no step is recorded.
               -> Where do you say which inputs each role has?
fails          Run on two columns of {length}, the protocol stopped: {message}
               -> Who has which input, and in which order are the roles named?
bob-saw        {found} of Alice's went to Bob. The mean is for her; with her sum Bob knows her side of it.
               -> Which role can finish without showing anything?
wrong-role     The result is with {where}; expected it with Alice. She asked, and Bob now knows the mean of both.
               -> Which role does the last step?
whole-column   {found} of Bob's went to Alice; expected one number. She needs a sum, and got the people behind it.
               -> What can Bob compute before he hands over?
many-trips     {found} of Bob's went to Alice, one after the other; expected one number.
               -> What can Bob add up before he hands over?
no-result      Run on two columns of {length}, the protocol returned {what}; expected one pointer, to the mean.
               -> What does the function return?
only-hers      {differs}. That is the mean of Alice's own column.
               -> What does Bob's number do in the last step?
sum            {differs}. That is the sum of all numbers.
               -> By how many people do you divide?
half           {differs}. You divided by the people of one side.
               -> How many numbers are in both columns together?
fixed-length   {differs}. It divides by another number than this column's length: a size was written down.
               -> Who knows how long the column is when the protocol runs?
column-changed  The protocol wrote into {owner}'s column: {became}. Whoever takes part once wants to take part again.
               -> Which operation ends with `_`, or is an `x += …`?
wrong-value    {differs}.
               -> Do the same by hand: add both sums, divide by how many numbers there are.
"""

    def questions(self, seed: int) -> list[Question]:
        draw = Draw(seed)
        return [{"args": [], "x": draw.floats(n), "y": draw.floats(n) + 4} for n in (draw.choice([3, 5]), 6, 1)]

    def probe(self, answer: Watched, question: Question) -> Evidence:
        import course as sy

        protocol = answer()
        if not isinstance(protocol, sy.Protocol):
            return {"state": "none"}
        if not protocol.is_built:
            return {"state": "not-built"}
        return {"state": "built", **played(protocol, question["x"], question["y"])}

    def looks(self, question: Question, call: Evidence) -> Looks:
        x, y = question["x"], question["y"]
        yield {"length": plural(len(x), "number")}
        yield call["state"] == "none", "no-protocol", {"what": kind(call["returned"])}
        yield call["state"] == "not-built", "not-built"
        yield bool(call["stopped"]), "fails", {"message": call["stopped"]}
        to_bob = [row["numbers"] for row in call["rows"] if row["receiver"] == "the clinic"]
        yield bool(to_bob), "bob-saw", {"found": plural(sum(to_bob), "number")}
        to_alice = [row["words"] for row in call["rows"] if row["receiver"] == "the hospital"]
        yield max(to_alice, default=0) > 1, "whole-column", {"found": plural(sum(to_alice), "number")}
        yield len(to_alice) > 1, "many-trips", {"found": plural(len(to_alice), "number")}
        result = call["result"]
        yield not isinstance(result, Pointer), "no-result", {"what": kind(result)}
        where = {"the clinic": "Bob", "the hospital": "Alice"}.get(result.location, result.location)
        yield where != "Alice", "wrong-role", {"where": where}
        seen, right = result.value, (x.sum() + y.sum()) / (2 * len(x))
        told = {"differs": f"Run on two columns of {plural(len(x), 'number')}, the result is `{brief(seen)}`; expected "
                f"`{brief(right)}`"}  # fmt: skip
        total = x.sum() + y.sum()
        mistakes: dict[str, Plain] = {"only-hers": x.mean(), "sum": total, "half": total / len(x)}
        for found, tag, _ in evidence.leads_to(call, right, mistakes, value=seen, tolerance=evidence.SUMMED):
            yield found, tag, told
        counted = [total / count for count in range(2, 13)]
        fixed = any(evidence.equals(call, value, value=seen, tolerance=evidence.SUMMED) is None for value in counted)
        differs = evidence.equals(call, right, value=seen, tolerance=evidence.SUMMED)
        yield differs is not None and fixed, "fixed-length", told
        yield differs is not None, "wrong-value", told
        for owner, before, after in zip(("Alice", "Bob"), (x, y), call["columns"], strict=True):
            became = f"`{brief(before)}` became `{brief(after)}`" if len(x) < 6 else "its numbers changed"
            yield not same(before, after), "column-changed", {"owner": owner, "became": became}


def played(protocol: Any, x: torch.Tensor, y: torch.Tensor) -> Evidence:
    """The protocol, run by a hospital as Alice and a clinic as Bob: what crossed, and what came of it."""
    import course as sy

    hospital, clinic = workers("the hospital", "the clinic")
    with sy.record() as log:
        try:
            protocol.assign("alice", hospital).assign("bob", clinic)
            xs, ys = x.send(hospital), y.send(clinic)  # type: ignore[attr-defined]
            before = len(log)
            result = protocol(xs, ys)
        except Exception as error:  # noqa: BLE001  the protocol is the student's: whatever comes out is evidence
            return {"stopped": first_sentence(str(error)), "rows": [], "result": None, "columns": [x, y]}
        rows = [row for row in log.rows()[before:] if row["values"]]
    columns = [evidence.far_end(observe(column)) for column in (xs, ys)]
    return {"stopped": "", "rows": rows, "result": observe(result), "columns": columns}
