# What a scenario's tests import: the decorators. Everything else they need is on the object `t`.
from kit import CallError, Skip  # noqa: F401

_functional = []
_exploits = []
_seeds = []


def functional(name):
    def register(test):
        _functional.append((name, test))
        return test
    return register


def exploit(name, cwe):
    def register(test):
        _exploits.append((name, cwe, test))
        return test
    return register


def seed(make):
    _seeds.append(make)
    return make
