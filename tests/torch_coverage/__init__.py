"""What drawn cases reach of the installed torch's code generation, by branch: `ci/coverage-torch`."""
