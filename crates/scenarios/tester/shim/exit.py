# A mutant of any harness: ends at once, having done nothing. Functional tests must reject it.
