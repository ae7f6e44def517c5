"""Every exception of the library, one class for each mistake a person can make.

CourseError
├── ObjectNotFoundError              the object is no longer where the pointer points
│   ├── StateLostError               what an optimizer had kept at a worker is gone
│   └── AlreadyFetchedError          a second get() through the same pointer
├── TensorsNotCollocatedException    operands live on different workers
│   ├── ModelElsewhereError          the model is not where the data is
│   ├── LabelsElsewhereError         the labels are not where the last part of a split network is
│   └── ChainEndsElsewhereError      one operand is at the first link of a chain, the other at its end
├── NotAwayError                     get(), move() or location of a tensor that is here
├── NotAChainError                   remote_get() where there is nothing to pull nearer
├── ValueRefusedError                a value was asked of a pointer
├── OperationNotReviewedError        the operation is not in the reviewed table
│   └── UnknownOperationError        torch has nothing of that name
├── NotAWorkerError                  a string, or anything else, where a worker belongs
├── WorkerNotMadeError               a worker without a hook or without a name
├── GraphEndsWarning                 a backward pass ends where a graph was left behind (a warning, said once)
├── UnknownWorkerError               a worker that this session does not know
├── MoveToNobodyError                move() without a destination
├── ModelAlreadySentError            send() of a model that is away
├── NotSendableError                 something that a message cannot carry
│   └── AlreadyThereError            sending something to where it is
├── SavePointerError                 saving or pickling what is not here
│   └── LoadElsewhereError           loading a state into a model that is away
├── CannotRecordError                something in a plan that its recording cannot see
├── PlanNotBuiltError                a plan is sent or read before it was built
├── PlanArgumentsError               a plan gets too few or too many arguments, or no tensors
├── StalePlanWarning                 a plan was sent with weights that have changed here since (a warning)
├── RoleError                        a protocol whose roles or inputs are not as it was recorded
├── StoreWriteError                  writing into a worker's store from outside
├── FederatedDataError               rows, parts and owners that do not fit together
│   └── NotFederatedError            data that are here where federated data belong
├── NoOwnerError                     a part of a split network, or its input, is here with you
│   └── NoLabelOwnerError            its labels are
├── NothingToDifferentiateError      a cut over which no gradient could come back
├── RelayOrderError                  a backward relay before its time
│   └── BackwardTwiceError           or after it
├── PrecisionError                   a number, or a product, that has no room in fixed precision
│   └── RingLeftError                a product of secrets has had none
├── SharedError                      something that cannot be done with shares
│   ├── FloatSharedError             floats that were not given a precision
│   └── HoldersDifferError           two secrets that are shared among different holders
├── EntryError                       an encrypted database that cannot take an entry, or answer a question
│   └── NoEntryError                 a key that it does not have
├── CorruptedSharesError             shares or messages of secret sharing that somebody has changed
├── MaskRefusedError                 a client of a secure aggregation asked for what could unmask somebody
├── RangeBudgetError                 numbers whose sum may leave the range of secure aggregation
├── TooFewUpdatesError               a secure aggregation of so few that their sum would tell
├── FileRefusedError                 a file that a worker does not read for anybody
├── ForkedError                      a worker in another process, called from a forked one
├── LateError                        an operation that nobody had to wait for failed all the same
└── WorkerGoneError                  the process that hosts the worker has died

A message says what happened, why the rule protects someone, and what to do next. Each class builds its text from the
facts of one case, at least two, so the text is written once, and `tests/test_errors.py` renders all of them. An error
made from a single text is that text: this is how a DataLoader raises again what one of its processes raised.
"""

from __future__ import annotations

__all__ = [
    "AlreadyFetchedError",
    "AlreadyThereError",
    "BackwardTwiceError",
    "CannotRecordError",
    "ChainEndsElsewhereError",
    "CorruptedSharesError",
    "CourseError",
    "EntryError",
    "FederatedDataError",
    "FileRefusedError",
    "FloatSharedError",
    "ForkedError",
    "GraphEndsWarning",
    "HoldersDifferError",
    "LabelsElsewhereError",
    "LateError",
    "LoadElsewhereError",
    "MaskRefusedError",
    "ModelAlreadySentError",
    "ModelElsewhereError",
    "MoveToNobodyError",
    "NoEntryError",
    "NoLabelOwnerError",
    "NoOwnerError",
    "NotAChainError",
    "NotAWorkerError",
    "NotAwayError",
    "NotFederatedError",
    "NotSendableError",
    "NothingToDifferentiateError",
    "ObjectNotFoundError",
    "OperationNotReviewedError",
    "PlanArgumentsError",
    "PlanNotBuiltError",
    "PrecisionError",
    "RangeBudgetError",
    "RelayOrderError",
    "RingLeftError",
    "RoleError",
    "SavePointerError",
    "SharedError",
    "StalePlanWarning",
    "StateLostError",
    "StoreWriteError",
    "TensorsNotCollocatedException",
    "TooFewUpdatesError",
    "UnknownOperationError",
    "UnknownWorkerError",
    "ValueRefusedError",
    "WorkerGoneError",
    "WorkerNotMadeError",
]


class CourseError(Exception):
    """Root of all errors of this library. `facts` rebuild the error on the other side of a process border."""

    def __init__(self, *facts: str) -> None:
        super().__init__(*facts)
        self.facts = facts

    def __str__(self) -> str:
        return self.explain(*self.facts) if len(self.facts) > 1 else "".join(self.facts)

    @staticmethod
    def explain(*facts: str) -> str:
        """The message: what happened, why the rule protects someone, what to do next."""
        return " ".join(facts)


class ObjectNotFoundError(CourseError):
    """Using a pointer whose object has been fetched, moved, cleared or deleted. Facts: worker, id."""

    @staticmethod
    def explain(*facts: str) -> str:
        worker, id = facts
        return (
            f"{worker} holds no object {id}. Either a get() or move() took it away, or clear_objects() did, or its "
            f"last pointer was lost: a worker forgets an object with its last pointer, so that nothing stays behind "
            f"that nobody can name. Send the data again and keep the pointer in a variable; a model "
            f"that was there has to be made anew, with its optimizer."
        )


class StateLostError(ObjectNotFoundError):
    """A step of an optimizer whose memory is gone. Facts: worker, what of which optimizer."""

    @staticmethod
    def explain(*facts: str) -> str:
        worker, what = facts
        return (
            f"This step needs {what}, and {worker} holds it no more: an optimizer keeps its memory beside its "
            f"parameters, and clear_objects() took it away. Going on without it would be another training, and nobody "
            f"would be told. Make the optimizer anew, optimizer = torch.optim.Adam(model.parameters()), and the model "
            f"too if it was there."
        )


class AlreadyFetchedError(ObjectNotFoundError):
    """Calling get() twice on one pointer, or using it after get(). Facts: worker, id."""

    @staticmethod
    def explain(*facts: str) -> str:
        worker, id = facts
        return (
            f"This pointer is spent: get() already brought object {id} home from {worker} and emptied the place it "
            f"pointed to, so that {worker} keeps no copy of what it gave back. Use what the first get() returned "
            f"(x = x.get()), or send it again."
        )


class TensorsNotCollocatedException(CourseError):
    """One operation on tensors of two places. Facts: operation, one place, the other place."""

    @staticmethod
    def explain(*facts: str) -> str:
        operation, here, there = facts
        if "me" in (here, there):
            away = there if here == "me" else here
            return (
                f"{operation} needs all its tensors in one place, but one is here with you and one is on {away}. "
                f"Nothing travels unless you say so: a silent copy would show it to somebody. "
                f"Send yours with x.send({away}), or fetch the other with .get() if you may see it."
            )
        return (
            f"{operation} needs all its tensors in one place, but one is on {here} and one is on {there}. "
            f"Nothing travels unless you say so: a silent copy would show {here}'s data to {there}. "
            f"x.move({here}) or x.move({there}) brings them together and keeps them away from you."
        )


class ModelElsewhereError(TensorsNotCollocatedException):
    """Calling a model where the data is not. Facts: operation, place of the model, place of the data."""

    @staticmethod
    def explain(*facts: str) -> str:
        operation, model, data = facts
        here = "here with you" if model == "me" else f"on {model}"
        there = "here with you" if data == "me" else f"on {data}"
        if data == "me":
            fix = f"model.get() brings it home, data.send({model}) brings the data to it"
        elif model == "me":
            fix = f"model.send({data}) brings it to the data"
        else:
            fix = f"model.move({data}) brings it to the data; if it has to stay, data.move({model}) brings the data"
        return (
            f"The model is {here}, the data is {there} ({operation}). The model travels, the data stays with its "
            f"owner: that is what federated learning protects. {fix}."
        )


class ChainEndsElsewhereError(TensorsNotCollocatedException):
    """A chain and a tensor at its first link. Facts: operation, the first link, where the chain ends."""

    @staticmethod
    def explain(*facts: str) -> str:
        operation, link, end = facts
        return (
            f"{operation} needs all its tensors in one place. On {link} it found a tensor and a pointer that {link} "
            f"holds: your chain goes on from {link} to {end}, and the data is there. Nothing travels unless you say "
            f"so: a silent copy would show {end}'s data to {link}. chain.remote_get() brings the data to {link}, "
            f"chain.get() gives you {link}'s pointer."
        )


class NotAChainError(CourseError, TypeError):
    """remote_get() through a pointer that is no chain. Facts: worker, id."""

    @staticmethod
    def explain(*facts: str) -> str:
        worker, id = facts
        return (
            f"remote_get() has nothing to bring nearer: object {id} on {worker} is data, not a pointer to a third "
            f"place. It works on a chain, x.send(bob).send(alice): alice then gets what bob holds, and you see "
            f"nothing. To fetch the data yourself, if you may see it, write x = x.get()."
        )


class NotAwayError(CourseError, AttributeError):
    """Asking a tensor that is here for what only a pointer has. Facts: what was asked, shape of the tensor."""

    def __init__(self, *facts: str) -> None:
        super().__init__(*facts)
        self.name = self.obj = None  # or Python would guess that another word was meant

    @staticmethod
    def explain(*facts: str) -> str:
        asked, shape = facts
        return (
            f".{asked} is a word for pointers, and this tensor of shape {shape} is here with you already: its first "
            f"get() brought it, or it never left. Only what is away needs a message, so that the transcript tells each "
            f"journey once. Use the tensor as it is, or send it with x = x.send(bob)."
        )


class ValueRefusedError(CourseError, TypeError):
    """Asking a pointer for a value: item, bool, float, numpy, iteration, formatting. Facts: what was asked, worker."""

    @staticmethod
    def explain(*facts: str) -> str:
        asked, worker = facts
        return (
            f"{asked} asks for a value, and the value is on {worker}, not here. A pointer never shows a value by "
            f"accident: only get() carries data, so that the transcript tells who saw what. If you may see it, "
            f"write x = x.get() first; if not, compute on {worker} and get() only the result."
        )


class OperationNotReviewedError(CourseError, NotImplementedError):
    """Asking a worker for an operation outside the reviewed table. Facts: operation, reason (may be empty)."""

    @staticmethod
    def explain(*facts: str) -> str:
        operation, reason = facts
        why = reason or "nobody has reviewed it yet (course/reviewed.py)"
        return (
            f"A worker does not run {operation}: {why}. A worker runs by name only what somebody has checked to give "
            f"away nothing but its result, so that no message can make it do anything else. Use an operation from "
            f"the table, or get() the data first if you may see it."
        )


class GraphEndsWarning(CourseError, UserWarning):
    """A backward pass came to a tensor that travelled without its graph. Facts: worker that has it, id there."""

    @staticmethod
    def explain(*facts: str) -> str:
        worker, id = facts
        where = "a tensor that is here with you" if worker == "me" else f"object {id} on {worker}"
        return (
            f"A backward pass ended at {where}: it travelled without its autograd graph, so nothing that computed it "
            f"gets a gradient. No graph spans two workers, for each would learn what the other does with its data. "
            f"Call backward before get or move: loss.backward(), then loss = loss.get(). If you meant to stop there "
            f"and hand the gradient back yourself, let x.detach().requires_grad_() travel instead."
        )


class UnknownOperationError(OperationNotReviewedError, AttributeError):
    """Naming an operation that torch does not have. Facts: the name as typed, names like it (may be empty)."""

    @staticmethod
    def explain(*facts: str) -> str:
        name, near = (*facts, "")[:2]
        meant = f"Names like it: {near}." if near else "Look the name up in torch's documentation."
        return (
            f"{name} is not a function of torch, so there is nothing to ask a worker for. A worker runs by name only "
            f"what somebody has checked to give away nothing but its result. {meant}"
        )


class NotAWorkerError(CourseError, TypeError):
    """Naming something that is no worker as a destination. Facts: method, what was given."""

    @staticmethod
    def explain(*facts: str) -> str:
        method, given = facts
        return (
            f"{method} needs a worker, and got {given}. A name is only text: a worker object makes sure that the data "
            f"goes to the one you mean. Make one with bob = sy.VirtualWorker(hook, id='bob') and write "
            f"x.{method}(bob)."
        )


class WorkerNotMadeError(CourseError, TypeError):
    """VirtualWorker without a hook or without a name. Facts: what was given, what it is not."""

    @staticmethod
    def explain(*facts: str) -> str:
        given, wanted = facts
        return (
            f"A worker needs the hook and a name, and {given} is not {wanted}. The name is how messages and the "
            f"transcript tell the workers apart, so that everybody can see who held what. Write "
            f"hook = sy.TorchHook(torch), then bob = sy.VirtualWorker(hook, id='bob')."
        )


class UnknownWorkerError(CourseError):
    """Using a worker of a session that was reset, or one that was never made. Facts: worker, what was asked of it."""

    @staticmethod
    def explain(*facts: str) -> str:
        worker, asked = facts
        return (
            f"{asked} found no worker {worker}: sy.reset() forgot it, or this session never knew it. Messages go only "
            f"to workers that were made here, so that no data leaves for an unknown place. Run the cell with "
            f"sy.VirtualWorker(hook, id='{worker}') again."
        )


class MoveToNobodyError(CourseError, TypeError):
    """send() or move() without a destination. Facts: method, worker that holds the object."""

    @staticmethod
    def explain(*facts: str) -> str:
        method, holder = facts
        where = "here with you" if holder == "me" else f"on {holder}"
        or_get = "" if holder == "me" else ", or x.get() to bring it here"
        return (
            f"{method}() needs to know to whom. The data stays {where}: without a destination nobody may receive it. "
            f"Name a worker, x.{method}(alice){or_get}."
        )


class ModelAlreadySentError(CourseError):
    """Sending a model that is away. Facts: where it is, where it should go."""

    @staticmethod
    def explain(*facts: str) -> str:
        place, to = facts
        return (
            f"The model is already on {place}, so there is nothing here to send to {to}. A model is in one place at a "
            f"time: two copies that learn apart would overwrite each other. Write model.move({to}) to hand it over, "
            f"model.get() to bring it home first, or model.copy().send({to}) for a second model."
        )


class NotSendableError(CourseError, TypeError):
    """Putting something into a message that it cannot carry. Facts: what, why, how to convert it (may be left out)."""

    @staticmethod
    def explain(*facts: str) -> str:
        what, why, *how = facts
        advice = how[0] if how else "into tensors, numbers, text, lists or slices"
        return (
            f"{what} cannot travel: {why}. A message carries dense tensors, pointers and plain numbers, nothing that "
            f"could run code at the other end. Convert it first: {advice}."
        )


class AlreadyThereError(NotSendableError):
    """Sending something to the worker who has it. Facts: what, worker."""

    @staticmethod
    def explain(*facts: str) -> str:
        what, worker = facts
        if worker == "me":
            return (
                f"send() has nothing to do: {what} is here with you already, and {worker} is you. Nothing leaves "
                f"without a receiver, so that the transcript names everybody who got the data. Name another worker: "
                f"x.send(bob)."
            )
        return (
            f"send() has nothing to do: {what} is on {worker} already. Sending a pointer makes a chain, in which a "
            f"second worker reaches the data without seeing it; a worker needs no chain to itself. Use the pointer as "
            f"it is, name another worker, or get() the data if you may see it."
        )


class SavePointerError(CourseError, TypeError):
    """Pickling, saving or copying the state of something that is elsewhere. Facts: what, worker."""

    @staticmethod
    def explain(*facts: str) -> str:
        what, worker = facts
        return (
            f"{what} cannot be saved: its values are on {worker}, and a file would hold a name without a value. "
            f"Saving must not fetch data behind your back either. Bring it home first with .get(), then save."
        )


class LoadElsewhereError(SavePointerError):
    """Loading a state into a model that is away. Facts: what, worker."""

    @staticmethod
    def explain(*facts: str) -> str:
        what, worker = facts
        return (
            f"No state can be loaded into {what}: its values are on {worker}, and the state is here with you. Nothing "
            f"travels unless you say so, not even weights. Bring the model home with model.get(), load the state, "
            f"then send it again."
        )


class CannotRecordError(CourseError):
    """Something in a plan that its recording cannot see. Facts: plan, what it does and in which line, what to do."""

    @staticmethod
    def explain(*facts: str) -> str:
        plan, what, instead = facts
        return (
            f"{plan} cannot be recorded: it {what}. A plan is recorded once, on made-up numbers, and then run on data "
            f"that nobody here sees: whatever is decided now would be frozen for everybody, without a word. "
            f"What you can do: {instead}."
        )


class PlanNotBuiltError(CourseError, RuntimeError):
    """Sending or reading a plan that was not built. Facts: plan, what was asked of it."""

    @staticmethod
    def explain(*facts: str) -> str:
        plan, asked = facts
        return (
            f"{plan} is not built yet, so there is nothing for {asked}: its operations are recorded by build(). Only "
            f"recorded operations travel, never Python code, so that no worker runs what it cannot check. Write "
            f"{plan}.build(x) with an example of each argument, or @sy.func2plan(args_shape=[...]); only shapes count."
        )


class PlanArgumentsError(CourseError, TypeError):
    """Calling a plan with other arguments than it was recorded with. Facts: plan, what it takes, what it got."""

    @staticmethod
    def explain(*facts: str) -> str:
        plan, takes, got = facts
        return (
            f"{plan} takes {takes}, and got {got}. A plan repeats exactly what was recorded, so that a worker can "
            f"check beforehand what will be done with its data. Give it those tensors; a plain number that changes "
            f"from call to call is a tensor too, torch.tensor(0.1)."
        )


class StalePlanWarning(CourseError, UserWarning):
    """Running a sent plan whose state has changed here since. Facts: plan, worker, how many of how many tensors."""

    @staticmethod
    def explain(*facts: str) -> str:
        plan, worker, count = facts
        return (
            f"{plan} on {worker} runs with the state that it was sent with, and {count} of its tensors have changed "
            f"here since. Nothing travels by itself, so that the transcript shows each set of weights that {worker} "
            f"got. Send the plan again, {plan.lower()}_ptr = {plan.lower()}.send({worker}), to run it with today's."
        )


class RoleError(CourseError, ValueError):
    """Roles or inputs of a protocol that do not fit. Facts: protocol, what is wrong, what to do."""

    @staticmethod
    def explain(*facts: str) -> str:
        protocol, wrong, instead = facts
        return (
            f"{protocol} cannot run: {wrong}. A protocol says beforehand which role sees what, so each role needs a "
            f"worker of its own, which holds that role's inputs and nobody else's. {instead}"
        )


class StoreWriteError(CourseError, TypeError):
    """Writing into worker._objects. Facts: worker, method."""

    @staticmethod
    def explain(*facts: str) -> str:
        worker, method = facts
        return (
            f"{worker}._objects is a window, not a door: you may look at it here in the classroom, and {method} would "
            f"change it. What "
            f"a worker holds changes only through messages, so that the transcript is complete. Use x.send({worker}) "
            f"to put something there, and get(), del or {worker}.clear_objects() to take it away."
        )


class FederatedDataError(CourseError, ValueError):
    """Rows, parts and owners of federated data that do not fit together. Facts: what is wrong, what to do."""

    @staticmethod
    def explain(*facts: str) -> str:
        what, fix = facts
        return (
            f"Federated data do not go together like this: {what}. Every row has exactly one owner, and a batch is of "
            f"one owner, so that everybody can see who holds what. {fix}."
        )


class NotFederatedError(FederatedDataError, TypeError):
    """Giving what is here where federated data belong. Facts: who needs it, what it got, what to do."""

    @staticmethod
    def explain(*facts: str) -> str:
        caller, got, fix = facts
        return (
            f"{caller} cannot work with {got}: it deals with rows of which it knows the owner, so that each stays "
            f"where it belongs. {fix}."
        )


class NoOwnerError(CourseError, TypeError):
    """A part of a split network, or what goes through it, that was not sent. Facts: what, who needs it elsewhere."""

    @staticmethod
    def explain(*facts: str) -> str:
        what, caller = facts
        return (
            f"{what} lies with no owner: it is here with you, and {caller} only works with what was sent. Each part of "
            f"a split network computes at its owner, so that you, who pass on nothing but messages, see neither data "
            f"nor parameters. Send it first: part.send(bob) for a part, x = x.send(alice) for data."
        )


class NoLabelOwnerError(NoOwnerError):
    """Learning with labels that were not sent. Facts: the loss that needs them, the owner of the last part."""

    @staticmethod
    def explain(*facts: str) -> str:
        loss, owner = facts
        return (
            f"No owner is named for the labels: they are here with you, and {loss} is computed on {owner}, who has the "
            f"last part. Labels are often the secret itself, so they never travel by themselves, and you need not see "
            f"them. Let their owner have the last part, and send them there: y = y.send({owner})."
        )


class LabelsElsewhereError(TensorsNotCollocatedException):
    """Learning with labels that are not where the last part is. Facts: where labels are, where the last part is."""

    @staticmethod
    def explain(*facts: str) -> str:
        labels, part = facts
        return (
            f"The labels are on {labels}, and the last part of the network, which has to meet them, is on {part}. "
            f"Labels never leave their owner by themselves: they are often the secret. Let the last part lie with the "
            f"label owner, net.parts[-1].move({labels}). A last part without parameters is enough to compute the loss "
            f"there: nn.Identity().send({labels})."
        )


class NothingToDifferentiateError(CourseError, RuntimeError):
    """A cut through something without a graph. Facts: where it is, where it should go."""

    @staticmethod
    def explain(*facts: str) -> str:
        place, to = facts
        return (
            f"There is nothing to differentiate at this cut from {place} to {to}: no parameter that learns took part "
            f"in what should go on, so no gradient could come back. It would only show numbers of {place}, perhaps "
            f"raw data, to {to}; nothing has left. Compute it with a part on {place} that learns, or use "
            f"torch.no_grad() to predict without learning."
        )


class RelayOrderError(CourseError, RuntimeError):
    """A backward relay that cannot start. Facts: what is missing, what to do."""

    @staticmethod
    def explain(*facts: str) -> str:
        what, fix = facts
        return (
            f"The relay is out of order: {what}. Gradients go back over the cuts in the opposite order of the forward "
            f"pass, and each owner waits for the one behind, so that nobody learns from a gradient that is not of this "
            f"batch. {fix}."
        )


class BackwardTwiceError(RelayOrderError):
    """A relay that goes back a second time. Facts: how many cuts, over which workers."""

    @staticmethod
    def explain(*facts: str) -> str:
        cuts, owners = facts
        return (
            f"This relay has gone back over its {cuts} already, to {owners}. Gradients add up: a second time would "
            f"teach these owners the same batch twice, and show each sender its gradients again. For another step make "
            f"another forward pass, then loss.backward() and one backward relay."
        )


class PrecisionError(CourseError):
    """A number, a precision or a product that leaves the range of fixed precision. Facts: what, the limit."""

    @staticmethod
    def explain(*facts: str) -> str:
        what, limit = facts
        return (
            f"{what}: that is beyond {limit}. In fixed precision a number is kept as an integer of 64 bits, and beyond "
            f"its range it would wrap around to another number without a word. Use fewer digits "
            f"(fix_precision(precision_fractional=3)), or make the numbers smaller first."
        )


class RingLeftError(PrecisionError):
    """A product of secrets has left the ring, which only shows afterwards. Facts: which products, who has checked."""

    @staticmethod
    def explain(*facts: str) -> str:
        which, who = facts
        return (
            f"A product of secrets has left the ring: {which}, among {who}. It needs room for the digits of both "
            f"factors; beyond that it wraps around to another number, so nothing that was computed since then is given "
            f"out. The holders have opened one number to find out, which tells nothing else. Make the numbers smaller "
            f"before you multiply (x / 1000), or keep fewer digits (fix_precision(precision_fractional=3)). With "
            f"share(..., bound=100) the operation is named before it runs."
        )


class SharedError(CourseError):
    """Something that cannot be done with a shared tensor. Facts: what was asked, why not, what to do."""

    @staticmethod
    def explain(*facts: str) -> str:
        asked, why, instead = facts
        return (
            f"{asked}: {why}. What is done with a secret its holders do on their shares, and nobody sees it meanwhile. "
            f"{instead}."
        )


class FloatSharedError(SharedError, TypeError):
    """share() of floats that have no precision. Facts: what was asked, why not, what to do."""


class HoldersDifferError(SharedError):
    """Two secrets whose shares are held by different workers. Facts: the operation, one group, the other."""

    @staticmethod
    def explain(*facts: str) -> str:
        op, one, other = facts
        return (
            f"{op} on two secrets, of which one is shared among {one}, the other among {other}. A holder can add what "
            f"it holds, and nobody may send a share on: all shares in one hand would be the secret. Share both among "
            f"the same workers, in the same order, with the same crypto_provider."
        )


class EntryError(CourseError, ValueError):
    """An encrypted database that cannot do what was asked. Facts: what was asked, why not, what to do."""

    @staticmethod
    def explain(*facts: str) -> str:
        asked, why, instead = facts
        return (
            f"{asked}: {why}. The holders of an encrypted database see neither keys nor values, so that nobody is "
            f"betrayed by them; nor could they notice a wrong answer. {instead}."
        )


class NoEntryError(EntryError, LookupError):
    """A key that no entry has. Facts: what was asked, why not, what to do."""


class CorruptedSharesError(CourseError):
    """A check of secret sharing failed. Facts: what was found, who had checked and stops."""

    @staticmethod
    def explain(*facts: str) -> str:
        what, who = facts
        return (
            f"Somebody has changed a share or a message: {what}. {who} will not go on: a changed number would pass for "
            f"the result, or make it tell more about a secret than it should, so nothing is given out. Who it was "
            f"cannot be told, and none of these shares can be trusted any more. Share the data again, "
            f"x.share(...), with workers and a crypto provider that you have looked into."
        )


class MaskRefusedError(CourseError):
    """A client of a secure aggregation is asked for what could unmask somebody. Facts: client, why it refuses."""

    @staticmethod
    def explain(*facts: str) -> str:
        client, why = facts
        return (
            f"{client} takes no further part in this secure aggregation: {why}. Who has both kinds of masks of a "
            f"client, or two updates under the same masks, reads what that client learned; so every client watches "
            f"over this itself, whoever asks. Start a new aggregation: all draw new keys and masks."
        )


class RangeBudgetError(CourseError, OverflowError):
    """Numbers whose sum may leave the range of secure aggregation. Facts: what is too large, what to do."""

    @staticmethod
    def explain(*facts: str) -> str:
        what, fix = facts
        return (
            f"{what}. Masked and shared numbers add up modulo 2**64: a sum that leaves its range would come out as "
            f"another number without a sign, and since nobody may see the single updates nobody could tell. {fix}."
        )


class TooFewUpdatesError(CourseError, RuntimeError):
    """A secure aggregation of too few. Facts: how many there are, why that is too few, what to do."""

    @staticmethod
    def explain(*facts: str) -> str:
        what, why, fix = facts
        return f"{what}, and that is too few: {why}. No sum was opened. {fix}."


class FileRefusedError(CourseError):
    """Asking a worker for a file that it does not read. Facts: path, reason."""

    @staticmethod
    def explain(*facts: str) -> str:
        path, reason = facts
        return (
            f"The worker does not read {path}: {reason}. A worker reads plain numbers (.csv, .npy, IDX) from the one "
            f"folder that its owner has opened for it, so that no message reaches other files or runs code. Let its "
            f"owner put the data there (COURSE_FILES names the folder, else it is where the worker was started)."
        )


class ForkedError(CourseError):
    """A forked process called a worker whose host belongs to its parent. Facts: worker, what must go there."""

    @staticmethod
    def explain(*facts: str) -> str:
        worker, what = facts
        return (
            f"{what} cannot reach {worker} from here: this is a forked process, as a DataLoader with num_workers makes "
            f"them, and the connection to {worker} belongs to the process that it came from. If both used it, each "
            f"would read the other's answers. Use num_workers=0, or do in the first process what needs {worker}; "
            f"sy.reset() gives this process workers of its own."
        )


class LateError(CourseError):
    """An operation failed that could not, as far as anybody knew. Facts: the operation, its worker, why it failed."""

    @staticmethod
    def explain(*facts: str) -> str:
        op, worker, why = facts
        return (
            f"{op} on {worker} failed ({why}), in a line before this one. Nobody had waited for it: by the shapes and "
            f"dtypes of its tensors, which are public, it could not fail, and waiting costs more than it does. Its "
            f"result does not exist, nor does what was to be computed from it, and this line has done nothing; "
            f"everything else is where it was. Run the lines from that {op} on again."
        )


class WorkerGoneError(CourseError, ConnectionError):
    """The process that hosts the workers has died. Facts: worker, how it ended."""

    @staticmethod
    def explain(*facts: str) -> str:
        worker, ending = facts
        return (
            f"The process that hosts {worker} has died ({ending}). What it held is lost: nobody else had a copy, "
            f"which is the point. Call sy.reset(), make the workers again and send the data again."
        )
