"""What was changed deep inside is read again through another way."""

import torch


def program(x, tree):
    leaf = tree["left"]["leaf"]
    leaf.append(x + 1)
    tree["right"] = tree.pop("left")
    tree["right"]["leaf"].append(2)
    return len(leaf)


def make():
    return program, (torch.ones(2), {"left": {"leaf": [0]}})
