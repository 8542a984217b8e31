"""Examples in docstrings print what they say."""

import doctest
import importlib
import pkgutil

import pytest

import autograd
import nn

MODULES = [
    module.name
    for package in (autograd, nn)
    for module in pkgutil.walk_packages(package.__path__, f"{package.__name__}.")
    if not module.name.endswith("__main__")
]


@pytest.mark.parametrize("name", MODULES)
def test_examples_print_what_they_say(name):
    assert doctest.testmod(importlib.import_module(name)).failed == 0


def test_there_are_examples():
    assert doctest.testmod(importlib.import_module("autograd.value")).attempted > 0
