"""Seed 003, notes: its pointers, the move, Optims, the averaging of two models, MNIST, plans; call for call."""

import re
from types import SimpleNamespace

import pytest
import syft as sy
import torch
import torch.nn.functional as F
from syft.federated.floptimizer import Optims
from torch import nn, optim

from course.datasets import digits, mnist
from course.datasets.folders import cache_folder, data_folder
from course.datasets.mnist_28x28 import SUBFOLDERS, TRAIN_IMAGES
from tests.seeds.printed import same_numbers, shows

# What was changed: in the seed, here, and why.
CHANGED = [
    ("hook, secure_worker from nowhere", "made", "defined in cells that were deleted"),
    ("bobs_data, ... from nowhere", "data_bob, ... of the cell above it", "the same tensors, other names"),
    ("prints the loss", "collects it", "compared with plain torch"),
    ("datasets.MNIST, transforms", "look-alikes of torchvision's", "torchvision is no dependency"),
    ("Net, args, device from nowhere", "made", "defined in cells that were deleted"),
    ("10 epochs over 60,000 images", "1, in the short form over 400", "seconds, not hours"),
    ("x_ptr, y_ptr, input_data of the plans, from nowhere", "made", "the notebook shows the calls alone"),
]


def test_send_tensors_to_remote_workers(hook):
    bob = sy.VirtualWorker(hook, id="bob")
    x = torch.tensor([1, 2, 3, 4, 5])
    y = torch.tensor([1, 1, 1, 1, 1])
    x_ptr = x.send(bob)
    y_ptr = y.send(bob)
    assert shows(bob._objects, "{ID: tensor([1, 2, 3, 4, 5]), ID: tensor([1, 1, 1, 1, 1])}")
    assert list(bob._objects) == [x_ptr.id_at_location, y_ptr.id_at_location]


def test_get_tensors_from_remote_workers(hook, bob):
    bob.clear_objects()
    bob = sy.VirtualWorker(hook, id="bob")
    x = torch.tensor([1, 2, 3, 4, 5])
    y = torch.tensor([1, 1, 1, 1, 1])
    x_ptr = x.send(bob)
    y_ptr = y.send(bob)
    assert shows(bob._objects, "{ID: tensor([1, 2, 3, 4, 5]), ID: tensor([1, 1, 1, 1, 1])}")
    assert shows(x_ptr.location == bob, "True")
    assert shows(x_ptr.owner, "<VirtualWorker id:me #objects:0>")
    assert sy.local_worker == x_ptr.owner
    x_ptr.get()
    assert shows(bob._objects, "{ID: tensor([1, 1, 1, 1, 1])}")
    assert list(bob._objects) == [y_ptr.id_at_location]


def test_compute_remotely_get_the_result(bob):
    x_ptr = torch.tensor([1, 2, 3, 4, 5]).send(bob)
    y_ptr = torch.tensor([5, 4, 3, 2, 1]).send(bob)
    z_ptr = x_ptr + y_ptr
    assert shows(z_ptr.get(), "tensor([6, 6, 6, 6, 6])")


def test_send_a_pointer_to_a_remote_machine(bob, alice):
    bob.clear_objects()
    alice.clear_objects()
    x = torch.tensor([1, 2, 3, 4])
    x_ptr = x.send(bob)
    assert shows(x_ptr.owner, "<VirtualWorker id:me #objects:0>")
    pointer_to_x_ptr = x_ptr.send(alice)
    assert shows(pointer_to_x_ptr.owner, "<VirtualWorker id:me #objects:0>")
    assert shows(bob._objects, "{ID: tensor([1, 2, 3, 4])}")
    assert shows(alice._objects, "{ID: (Wrapper)>[PointerTensor | alice:ID -> bob:ID]}")


def test_send_data_directly_to_a_remote_machine(bob, alice):
    x = torch.tensor([1, 2, 3, 4, 5]).send(bob)
    place = int(x.id_at_location)
    assert shows(bob._objects, "{ID: tensor([1, 2, 3, 4, 5])}")
    assert shows(alice._objects, "{}")
    assert shows(x, f"(Wrapper)>[PointerTensor | me:ID -> bob:{place}]")
    me = x.id

    x = x.move(alice)
    assert shows(bob._objects, "{}")
    assert shows(alice._objects, f"{{{place}: tensor([1, 2, 3, 4, 5])}}")
    assert shows(x, f"(Wrapper)>[PointerTensor | me:{me} -> alice:{place}]")


def toy():
    data = torch.tensor([[0, 0], [0, 1], [1, 0], [1, 1.0]], requires_grad=True, dtype=torch.float)
    target = torch.tensor([[0], [0], [1], [1.0]], requires_grad=True, dtype=torch.float)
    return data, target


@pytest.fixture
def datasets(bob, alice):
    data, target = toy()
    data_bob = data[0:2]
    target_bob = target[0:2]
    data_alice = data[2:]
    target_alice = target[2:]
    data_bob = data_bob.send(bob)
    data_alice = data_alice.send(alice)
    target_bob = target_bob.send(bob)
    target_alice = target_alice.send(alice)
    return [(data_bob, target_bob), (data_alice, target_alice)]


def train_federated(datasets):
    model = nn.Linear(2, 1)
    workers = ["bob", "alice"]
    optims = Optims(workers, optim=optim.Adam(params=model.parameters(), lr=0.1))
    losses = []
    for _ in range(10):
        for data, target in datasets:
            model.send(data.location)
            opt = optims.get_optim(data.location.id)
            opt.zero_grad()
            pred = model(data)
            loss = ((pred - target) ** 2).sum()
            loss.backward()
            opt.step()
            model.get()
            losses.append(loss.get())
    return [*losses, *model.parameters()]


def train_plain():
    """The same program in plain torch: two Adams over the same parameters."""
    data, target = toy()
    model = nn.Linear(2, 1)
    optims = [optim.Adam(params=model.parameters(), lr=0.1) for _ in range(2)]
    losses = []
    for _ in range(10):
        for opt, rows in zip(optims, (slice(0, 2), slice(2, 4)), strict=True):
            opt.zero_grad()
            loss = ((model(data[rows]) - target[rows]) ** 2).sum()
            loss.backward()
            opt.step()
            losses.append(loss)
    return [*losses, *model.parameters()]


def test_training_with_an_optimizer_for_each_worker(datasets):
    assert same_numbers(lambda: train_federated(datasets), train_plain)


def train_and_average(bob, alice, secure_worker, bobs, alices):
    bobs_data, bobs_target = bobs
    alices_data, alices_target = alices
    model = nn.Linear(2, 1)
    iterations = 10
    worker_iters = 5
    losses = []
    for _ in range(iterations):
        bobs_model = model.copy().send(bob)
        alices_model = model.copy().send(alice)
        bobs_opt = optim.SGD(params=bobs_model.parameters(), lr=0.1)
        alices_opt = optim.SGD(params=alices_model.parameters(), lr=0.1)
        for _ in range(worker_iters):
            bobs_opt.zero_grad()
            bobs_pred = bobs_model(bobs_data)
            bobs_loss = ((bobs_pred - bobs_target) ** 2).sum()
            bobs_loss.backward()
            bobs_opt.step()
            bobs_loss = bobs_loss.get().data

            alices_opt.zero_grad()
            alices_pred = alices_model(alices_data)
            alices_loss = ((alices_pred - alices_target) ** 2).sum()
            alices_loss.backward()
            alices_opt.step()
            alices_loss = alices_loss.get().data
        alices_model.move(secure_worker)
        bobs_model.move(secure_worker)
        with torch.no_grad():
            model.weight.set_(((alices_model.weight.data + bobs_model.weight.data) / 2).get())
            model.bias.set_(((alices_model.bias.data + bobs_model.bias.data) / 2).get())
        losses += [bobs_loss, alices_loss]
    return [*losses, *model.parameters()]


def average_plain():
    """The same program in plain torch: two models learn apart and are averaged."""
    data, target = toy()
    weight, bias = nn.Linear(2, 1).parameters()
    losses = []
    for _ in range(10):
        models = [nn.utils.skip_init(nn.Linear, 2, 1) for _ in range(2)]
        for model, rows in zip(models, (slice(0, 2), slice(2, 4)), strict=True):
            model.load_state_dict({"weight": weight, "bias": bias})
            opt = optim.SGD(params=model.parameters(), lr=0.1)
            for _ in range(5):
                opt.zero_grad()
                loss = ((model(data[rows]) - target[rows]) ** 2).sum()
                loss.backward()
                opt.step()
            losses.append(loss.detach())
        weight, bias = ((models[1].weight + models[0].weight) / 2, (models[1].bias + models[0].bias) / 2)
    return [*losses, weight, bias]


def test_train_two_models_and_average_weights(hook, bob, alice, datasets):
    secure_worker = sy.VirtualWorker(hook, id="secure_worker")
    assert same_numbers(lambda: train_and_average(bob, alice, secure_worker, *datasets), average_plain)
    assert sy.seen_by("secure_worker").sender.unique().tolist() == ["alice", "bob"]


# ---- the demo: federated MNIST ----


class Images(torch.utils.data.Dataset):
    """As torchvision's MNIST: a grey image of bytes and a number of Python, after its transform."""

    def __init__(self, images, labels, transform=None):
        self.images, self.labels, self.transform = images, labels, transform

    def __len__(self):
        return len(self.images)

    def __getitem__(self, index):
        image = self.images[index]
        return self.transform(image) if self.transform else image, int(self.labels[index])


def normalised(image):
    """ToTensor and Normalize((0.1307,), (0.3081,)), composed."""
    return (image.unsqueeze(0) / 255 - 0.1307) / 0.3081


def short_form():
    """scikit-learn's digits, enlarged to 28 x 28: 400 to train, 200 to test."""
    data = digits()
    images = F.interpolate(data.features, size=(28, 28), mode="bilinear").squeeze(1).mul(255).to(torch.uint8)
    return (images[:400], data.labels[:400]), (images[400:600], data.labels[400:600])


def full_form(alone):
    """The published files, where this machine has them."""
    places = [place / sub for place in (data_folder(), cache_folder()) if place for sub in SUBFOLDERS]
    if not any((place / f"{TRAIN_IMAGES.name}.gz").is_file() for place in places):
        (pytest.fail if alone else pytest.skip)("MNIST's files are neither in COURSE_DATA nor in the cache")
    return [((part.features * 255).round().squeeze(1).to(torch.uint8), part.labels) for part in (mnist(), mnist(False))]


class Net(nn.Module):
    """The network of the tutorial that the seed follows."""

    def __init__(self):
        super().__init__()
        self.conv1 = nn.Conv2d(1, 20, 5, 1)
        self.conv2 = nn.Conv2d(20, 50, 5, 1)
        self.fc1 = nn.Linear(4 * 4 * 50, 500)
        self.fc2 = nn.Linear(500, 10)

    def forward(self, x):
        x = F.relu(self.conv1(x))
        x = F.max_pool2d(x, 2, 2)
        x = F.relu(self.conv2(x))
        x = F.max_pool2d(x, 2, 2)
        x = x.view(-1, 4 * 4 * 50)
        x = F.relu(self.fc1(x))
        x = self.fc2(x)
        return F.log_softmax(x, dim=1)


def train(args, model, device, federated_train_loader, optimizer, epoch):
    model.train()
    for batch_idx, (data, target) in enumerate(federated_train_loader):
        model.send(data.location)
        data, target = data.to(device), target.to(device)
        optimizer.zero_grad()
        output = model(data)
        loss = F.nll_loss(output, target)
        loss.backward()
        optimizer.step()
        model.get()
        if batch_idx % args.log_interval == 0:
            loss = loss.get()
            print(
                "Train Epoch: {} [{}/{} ({:.0f}%)]\tLoss: {:.6f}".format(  # noqa: UP032
                    epoch, batch_idx * args.batch_size, len(federated_train_loader) * args.batch_size,
                    100. * batch_idx / len(federated_train_loader), loss.item()
                )
            )  # fmt: skip


def test(args, model, device, test_loader):
    model.eval()
    test_loss = 0
    correct = 0
    with torch.no_grad():
        for data, target in test_loader:
            data, target = data.to(device), target.to(device)
            output = model(data)
            test_loss += F.nll_loss(output, target, reduction="sum").item()
            pred = output.argmax(1, keepdim=True)
            correct += pred.eq(target.view_as(pred)).sum().item()
    test_loss /= len(test_loader.dataset)
    print(
        "\nTest set: Average loss: {:.4f}, Accuracy: {}/{} ({:.0f}%)\n".format(  # noqa: UP032
            test_loss, correct, len(test_loader.dataset), 100. * correct / len(test_loader.dataset)
        )
    )  # fmt: skip


test.__test__ = False  # the seed's function, not one of pytest's


def train_in_plain_torch(args, images, labels):
    """The same program in plain torch: bob's half in his order, then alice's in hers."""
    model = Net()
    optimizer = optim.SGD(model.parameters(), lr=args.lr)
    data = torch.stack([normalised(image) for image in images])
    for _ in range(args.epochs):
        first = 0
        for size in (-(-len(images) // 2), len(images) // 2):
            for rows in (first + torch.randperm(size)).split(args.batch_size):
                optimizer.zero_grad()
                F.nll_loss(model(data[rows]), labels[rows]).backward()
                optimizer.step()
            first += size
    return model


@pytest.mark.parametrize(
    ("form", "least"), [("short", 0.6), pytest.param("full", 0.95, marks=pytest.mark.real_data)]
)
def test_federated_mnist(bob, alice, capsys, caplog, pytestconfig, form, least):
    alone = pytestconfig.option.markexpr == "real_data"
    (images, labels), held_out = short_form() if form == "short" else full_form(alone)
    args = SimpleNamespace(
        batch_size=64 if form == "full" else 16, test_batch_size=1000, epochs=1 if form == "full" else 3,
        lr=0.01 if form == "full" else 0.05, log_interval=30,
    )  # fmt: skip
    device, kwargs = torch.device("cpu"), {"num_workers": 1, "pin_memory": True}
    federated_train_loader = sy.FederatedDataLoader(
        Images(images, labels, transform=normalised)
        .federate((bob, alice)),
        batch_size=args.batch_size, shuffle=True, **kwargs)  # fmt: skip
    test_loader = torch.utils.data.DataLoader(
        Images(*held_out, transform=normalised),
        batch_size=args.test_batch_size, shuffle=True)  # fmt: skip
    assert "ignores num_workers=1, pin_memory=True" in caplog.text
    assert len(federated_train_loader) == 2 * -(-len(images) // 2 // args.batch_size)

    torch.manual_seed(2)
    model = Net().to(device)
    optimizer = optim.SGD(model.parameters(), lr=args.lr)
    for epoch in range(1, args.epochs + 1):
        train(args, model, device, federated_train_loader, optimizer, epoch)
    test(args, model, device, test_loader)
    printed = capsys.readouterr().out
    assert re.match(r"Train Epoch: 1 \[0/\d+ \(0%\)\]\tLoss: \d\.\d{6}\n", printed)
    found = re.search(r"Test set: Average loss: \d\.\d{4}, Accuracy: (\d+)/(\d+) \(\d+%\)", printed)
    assert int(found[1]) / int(found[2]) > least
    assert (len(bob._objects), len(alice._objects)) == (2, 2)
    if form == "short":
        torch.manual_seed(2)
        plain = train_in_plain_torch(args, images, labels)
        assert all(torch.equal(*pair) for pair in zip(model.parameters(), plain.parameters(), strict=True))
# ---- 2, Plans --------------------------------------------------------------------------------------------------------


def test_create_a_plan_send_and_invoke_it(alice):
    @sy.func2plan(args_shape=[(-1,), (-1,)])
    def calcu(x_ptr, y_ptr):
        z_ptr = x_ptr + y_ptr
        m_ptr = z_ptr / 2
        return m_ptr  # noqa: RET504  as the notebook has it

    pointer_plan = calcu.send(alice)
    x_ptr = torch.tensor([1.0, 2, 3, 4]).send(alice)
    y_ptr = torch.tensor([4.0, 3, 2, 1]).send(alice)
    pointer_result = pointer_plan(x_ptr, y_ptr)
    assert shows(pointer_result.get(), "tensor([2.5000, 2.5000, 2.5000, 2.5000])")


def test_a_plan_by_extending(bob):
    class Net(sy.Plan):
        def __init__(self):
            super(Net, self).__init__()  # noqa: UP008  as the notebook has it
            self.fc1 = nn.Linear(2, 3)
            self.fc2 = nn.Linear(3, 2)

        def forward(self, x):
            x = F.relu(self.fc1(x))
            x = self.fc2(x)
            return F.log_softmax(x, dim=0)

    net = Net()
    net.build(torch.tensor([1.0, 2.0]))
    ptr_net = net.send(bob)
    input_data = torch.tensor([1.0, 2.0]).send(bob)
    result_ptr = ptr_net(input_data)
    x = torch.tensor([1.0, 2.0])
    expected = F.log_softmax(net.fc2(F.relu(net.fc1(x))), dim=0)
    assert torch.equal(result_ptr.get(), expected)
