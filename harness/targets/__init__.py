"""targets: what can turn a case into bytecode, one file each, listed with `Target` in `base.py`."""
