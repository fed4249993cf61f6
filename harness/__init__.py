"""harness: the targets, the campaign and the command line.

Claim: importing it, and everything but the `torch` target, imports no torch.
"""
