"""The workloads as each peer's users would write them, a module per peer.

Each has ``contestant(kind, data, mode)``: a workload of that kind, ready to run. No module but
chalkgrad's own imports chalkgrad: HIPS autograd bears the same import name.
"""
