"""Attributes of a class are deleted and made."""

import torch


class Settings:
    old = 1
    kept = 2


def program(x):
    Settings.new = x + 1
    Settings.kept = Settings.kept + 1
    del Settings.old
    return hasattr(Settings, "old"), Settings.new


def make():
    return program, (torch.ones(2),)
