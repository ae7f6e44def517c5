"""The script behind `make lab` and `make test`: what it installs, from where, and when it does so again."""

import os
import sys

import environment
import pytest


def report(*packages):
    """pip's installation report, as far as it is read."""
    return {"install": [{"metadata": {"name": name, "version": version}} for name, version in packages]}


def test_a_cpu_build_is_told_from_a_cuda_build():
    cpu = environment.packages_in(report(("torch", "2.13.0+cpu"), ("sympy", "1.14.0")))
    with_cuda = report(("torch", "2.13.0"), ("nvidia-cublas", "13.1"), ("triton", "3.7.1"))
    cuda = environment.packages_in(with_cuda)
    assert environment.cuda_parts(cpu) == []
    assert environment.cuda_parts(cuda) == ["nvidia-cublas 13.1", "triton 3.7.1"]


def test_without_a_gpu_the_cpu_index_comes_first(monkeypatch):
    monkeypatch.delenv("TORCH_INSTALL", raising=False)
    first, second, *_ = environment.torch_sources("2.13.0", gpu=False)
    assert first[:3] == ["torch==2.13.0", "--index-url", environment.CPU_INDEX]
    assert second == ["torch==2.13.0"]


def test_with_a_gpu_torch_comes_from_where_everything_comes_from(monkeypatch):
    monkeypatch.delenv("TORCH_INSTALL", raising=False)
    assert list(environment.torch_sources("2.13.0", gpu=True)) == [["torch==2.13.0"], ["torch"]]


def test_whoever_names_a_source_gets_that_and_no_other(monkeypatch):
    monkeypatch.setenv("TORCH_INSTALL", "torch==2.9.0 --index-url 'https://my mirror/'")
    sources = list(environment.torch_sources("2.13.0", gpu=False))
    assert sources == [["torch==2.9.0", "--index-url", "https://my mirror/"]]


def test_the_tested_torch_is_named_without_a_build():
    assert environment.tested_version("torch").replace(".", "").isdigit()


@pytest.mark.parametrize("changed", ["pyproject.toml", "constraints.txt"])
def test_a_changed_requirement_is_noticed(tmp_path, monkeypatch, changed):
    for name in ("pyproject.toml", "constraints.txt"):
        (tmp_path / name).write_text("before")
    monkeypatch.setattr(environment, "ROOT", tmp_path)
    before = environment.fingerprint()
    assert environment.fingerprint() == before
    (tmp_path / changed).write_text("after")
    assert environment.fingerprint() != before


def test_without_a_cpu_build_it_says_what_to_type(monkeypatch):
    monkeypatch.setattr(sys, "argv", ["scripts/test.py", "--oldest"])
    python = f"python{sys.version_info[0]}.{sys.version_info[1]}"
    said = environment.no_cpu_build("2.4.0")
    assert environment.CPU_INDEX in said
    assert said.endswith(f"\n  TORCH_INSTALL='torch==2.4.0' {python} scripts/test.py --oldest")


@pytest.mark.skipif("PYTEST_XDIST_WORKER" not in os.environ, reason="only where tests run side by side")
def test_side_by_side_the_tests_of_a_file_share_a_process(request):
    """pytest-xdist writes the group into the test's id. Where that has no effect, files are torn apart unnoticed."""
    assert request.node.nodeid.endswith(f"@{request.path.stem}")
