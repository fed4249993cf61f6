"""`torch._dynamo.export` of a function that gives back an existing event fails on an assertion.

Eager: the event. Exported: AssertionError inside of Dynamo, where any other value that no exported graph
gives back is a UserError that says so. The same holds for a stream and for the parameters of
scaled_dot_product_attention. Exits 1 when it fails so. Needs torch only.
"""

import sys

import torch
import torch._dynamo

VALUES = {
    "torch.Event": torch.Event(device="cpu"),
    "torch.Stream": torch.Stream(device="cpu"),
    "torch.device": torch.device("cpu"),
}
failed = []
for name, value in VALUES.items():

    def give_back(x, value=value):
        return x + 1, value

    torch._dynamo.reset()
    try:
        torch._dynamo.export(give_back)(torch.ones(1))
        told = "exported"
    except AssertionError as error:
        told = f"AssertionError: {str(error).splitlines()[0]}"
        failed.append(name)
    except torch._dynamo.exc.TorchDynamoException as error:
        told = type(error).__name__
    print(f"{name}: {told}")
sys.exit(bool(failed))
