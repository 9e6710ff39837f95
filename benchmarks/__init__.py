"""How fast is it, beside its peers and beside what one would write by hand?

Everything that is compared runs in turn within each round, and only ratios within a round are
compared: a slow moment of the machine slows both sides. ``python -m benchmarks`` writes RESULTS.md.
"""
