"""Stands in for the bank's service. You need not change this file: the bank is not yours.

It takes its time, refuses large amounts, and writes down what it has paid.
"""
import os
import time

LIMIT = 500
LEDGER = "data/bank.txt"


def bank_pays(amount):
    """Pay out an amount. True when the money has left; it cannot be called back."""
    time.sleep(0.03)
    if amount > LIMIT:
        return False
    ledger = os.open(LEDGER, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o644)
    try:
        os.write(ledger, b"%d\n" % amount)
    finally:
        os.close(ledger)
    return True
