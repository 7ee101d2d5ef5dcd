"""`wholebook bench`: what a run costs, on books made from a seed, beside solvers that others would use.

Throughput is CPU time of one process with one thread, in a process of its own: a rate per core is asked for, the
machine may be shared, and peak memory is that of the measurement alone.
"""
