"""Seed 002, its encrypted half: data, model and gradients are shared, and the model learns.

The old notebook crashed in the first line of this training. Everything before these cells is in test_seed_002.
"""

import re

import pytest
import syft as sy
import torch as th
import torch.nn.functional as F
from torch import optim

from tests.seeds.printed import shows
from tests.seeds.test_seed_002 import Arguments, Model, people, prepared, tensors, with_two_columns

# What was changed: in the seed, here, and why.
CHANGED = [
    ("`/` at the end of two lines", "`\\`", "the author's slip"),
    ("dataset with one label a row", "with two columns", "of the cells before: two outputs minus one label broadcast"),
    ("rows of one dimension", "reshape(1, -1)", "softmax along dim=1 needs two; the averaging cells do the same"),
    ("precision_fractional = 10", "6", "products with 20 digits have no room in 64 bits: refused, tested below"),
    ("opt of another model", "optim.SGD(smpc_model.parameters(), ...)", "the author's slip: it would train nothing"),
    ("encrypted_federated_train(..., opt, args)", "smpc_opt", "the optimizer that the cell before made for it"),
    ("print_every = 100", "10", "ten rows and five epochs are fifty steps: nothing would be printed"),
    ("_loss/print_every", "running_loss/print_every", "it printed a hundredth of the last loss"),
    ("data.fix_precision(5) shows 30830", "3083000", "five digits; the old library took the 5 for an owner"),
    ("653 workers hold each secret", "2 and 3", "as the stored output shows"),
]

n_train_items = 10  # len(dataset)
n_test_items = 10  # len(dataset)


def the_dataset():
    data, target = with_two_columns(prepared())
    return [(data[i].reshape(1, -1), target[i].reshape(1, -1)) for i in range(n_train_items)]


def the_arguments():
    args = Arguments(42, 2, [30, 20, 10, 5], activation=F.softmax, dim=1)
    args.precision_fractional = 6
    return args


@pytest.fixture(params=[2, 3])
def workers(hook, request):
    return [sy.VirtualWorker(hook, id=name.replace(" ", "")) for name in people(request.param).name]


@pytest.fixture
def crypto_provider(hook):
    return sy.VirtualWorker(hook, id="crypto_provider")


def get_private_data_loaders(dataset, precision_fractional, workers, crypto_provider):
    def secret_share(tensor):
        """
        Transform to fixed precision and secret share a tensor
        """
        return (
            tensor
            .fix_precision(precision_fractional=precision_fractional)
            .share(*workers, crypto_provider=crypto_provider,
                   requires_grad=True)
        )  # fmt: skip

    private_train_loader = [
        (secret_share(data), secret_share(target))
        for i, (data, target) in enumerate(dataset)
        if i < n_train_items
    ]  # fmt: skip

    private_test_loader = [
        (secret_share(data), secret_share(target.float()))
        for i, (data, target) in enumerate(dataset)
        if i < n_test_items
    ]  # fmt: skip
    return private_train_loader, private_test_loader


def encrypted_federated_train(model, datasets, optimizer, args):
    print(f"SMPC Training on {len(datasets)} remote workers (dataowners)")
    steps = 0
    model.train()

    for e in range(1, args.epochs + 1):
        running_loss = 0
        for ii, (data, target) in enumerate(datasets):
            steps += 1
            optimizer.zero_grad()
            outputs = model.forward(data)
            outputs = outputs.reshape(1, -1)
            loss = ((outputs - target) ** 2).sum().refresh()
            loss.backward()
            optimizer.step()

            _loss = loss.get().float_precision()
            running_loss += _loss

            print_every = 10
            if steps % print_every == 0:
                print(
                    "Train Epoch: {} [{}/{}]  \tLoss: {:.6f}".format(  # noqa: UP032
                        e, ii + 1, len(datasets), running_loss / print_every
                    )
                )
                running_loss = 0


def encrypted_model(args, workers, crypto_provider):
    smpc_model = Model(args) \
            .fix_precision(precision_fractional=args.precision_fractional) \
            .share(*workers, crypto_provider=crypto_provider,
                   requires_grad=True)  # fmt: skip
    opt = optim.SGD(params=smpc_model.parameters(), lr=args.lr)
    smpc_opt = opt.fix_precision(precision_fractional=args.precision_fractional)
    return smpc_model, smpc_opt


def plain_losses(dataset, args):
    """The same training in plain torch, from the same initial weights: the mean loss of each epoch."""
    model = Model(args).double()
    opt = optim.SGD(params=model.parameters(), lr=args.lr)
    means = []
    for _ in range(args.epochs):
        losses = []
        for data, target in dataset:
            opt.zero_grad()
            loss = ((model(data.double()).reshape(1, -1) - target.double()) ** 2).sum()
            loss.backward()
            opt.step()
            losses.append(loss.item())
        means.append(sum(losses) / len(losses))
    return means, model


def printed_form(workers):
    links = "".join(f"\n\t-> [PointerTensor | me:ID -> {worker.id}:ID]" for worker in workers)
    kind = "(Wrapper)>AutogradTensor>FixedPrecisionTensor>[AdditiveSharingTensor]"
    return f"{kind}{links}\n\t*crypto provider: crypto_provider*"


def test_fixed_precision_as_it_prints():
    data, _ = tensors(prepared())
    assert shows(
        data.fix_precision(5)[0][:5],
        "(Wrapper)>FixedPrecisionTensor>tensor([      0, 3083000,       0,  125000,       0])",
    )
    assert shows(
        data.fix_precision()[0][:5],
        "(Wrapper)>FixedPrecisionTensor>tensor([    0, 30830,     0,  1250,     0])",
    )


def test_what_is_shared_prints_its_links(workers, crypto_provider):
    dataset = the_dataset()
    loaders = get_private_data_loaders(dataset, 6, workers, crypto_provider)
    for loader in loaders:
        assert len(loader) == 10
        for tensor in loader[0]:
            assert shows(tensor, printed_form(workers))

    smpc_remote_dataset = []
    for i in range(10):
        d, t = dataset[i]
        r_d = d.fix_precision().share(*workers, crypto_provider=crypto_provider,
                                      requires_grad=True)  # fmt: skip
        r_t = t.fix_precision().share(*workers, crypto_provider=crypto_provider,
                                      requires_grad=True)  # fmt: skip
        smpc_remote_dataset.append((r_d, r_t))
    assert shows(r_d, printed_form(workers)) and shows(r_t, printed_form(workers))
    for (d, t), (r_d, r_t) in zip(dataset, smpc_remote_dataset, strict=True):
        th.testing.assert_close(r_d.get().float_precision(), d.detach(), atol=0.0005, rtol=1e-6)
        assert th.equal(r_t.get().float_precision(), t)


def test_encrypted_training_learns_as_plain_training_does(workers, crypto_provider, capsys):
    dataset, args = the_dataset(), the_arguments()
    loaders = get_private_data_loaders(dataset, args.precision_fractional, workers, crypto_provider)
    private_train_loader, private_test_loader = loaders
    th.manual_seed(42)
    smpc_model, smpc_opt = encrypted_model(args, workers, crypto_provider)
    encrypted_federated_train(smpc_model, private_train_loader, smpc_opt, args)
    first, *printed = capsys.readouterr().out.splitlines()
    assert first == "SMPC Training on 10 remote workers (dataowners)"
    assert printed[0].startswith("Train Epoch: 1 [10/10]  \tLoss: ")
    losses = [float(loss) for loss in re.findall(r"Loss: (\S+)", "\n".join(printed))]

    th.manual_seed(42)
    plain, twin = plain_losses(dataset, args)
    assert losses == pytest.approx(plain, abs=5e-4)
    assert losses == sorted(losses, reverse=True) and losses[-1] < 0.5 * losses[0]

    for (data, target), (private, private_target) in zip(dataset, private_test_loader, strict=True):
        predicted = smpc_model(private)
        right = predicted.argmax(1) == private_target.argmax(1)
        plain_output = twin(data.double()).detach().float()
        assert right.get().item() == (plain_output.argmax() == target.argmax()).item()
        th.testing.assert_close(predicted.get().float_precision(), plain_output, atol=5e-4, rtol=0)
    for ours, theirs in zip(smpc_model.get().float_precision().parameters(), twin.parameters(), strict=True):
        th.testing.assert_close(ours, theirs.float(), atol=5e-4, rtol=0)


def test_ten_digits_are_refused_with_the_numbers(workers, crypto_provider):
    data, _ = the_dataset()[0]
    args = Arguments(42, 2, [30, 20, 10, 5])
    assert args.precision_fractional == 10
    for thing in (data, Model(args)):
        with pytest.raises(sy.PrecisionError, match="10 digits in base 10"):
            thing.fix_precision(precision_fractional=args.precision_fractional)
