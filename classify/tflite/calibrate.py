"""What range of numbers each tensor of a graph holds, found by running it on pictures."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from ai_edge_litert.interpreter import Interpreter, OpResolverType

from classify.pixels import Pixels, signed
from classify.tflite.quantise import Ranges


def ranges(model: bytes, pictures: Sequence[Pixels]) -> Ranges:
    """Smallest and largest number of every float activation, by tensor, over all the pictures.

    `model` takes float32 in [-1, 1] or bytes. Min/max needs no pictures by the thousand: a hundred
    do. A black and a white one come first, so that the range of the input is known exactly.
    Raises ValueError where the graph does not run, or there is no picture.
    """
    if not pictures:
        raise ValueError("there is no picture to take its ranges from")
    # Without XNNPACK, which would run many operators as one and keep nothing between them.
    interpreter = Interpreter(
        model_content=model,
        num_threads=2,
        experimental_preserve_all_tensors=True,
        experimental_op_resolver_type=OpResolverType.BUILTIN_WITHOUT_DEFAULT_DELEGATES,
    )
    taken = interpreter.get_input_details()[0]
    height, width, _ = pictures[0].shape
    interpreter.resize_tensor_input(taken["index"], (1, height, width, 3))
    interpreter.allocate_tensors()
    seen = [
        int(details["index"])
        for details in interpreter.get_tensor_details()
        if details["dtype"] is np.float32 and len(details["shape"]) > 1
    ]
    low = dict.fromkeys(seen, np.inf)
    high = dict.fromkeys(seen, -np.inf)
    flat = (np.full((height, width, 3), level, np.uint8) for level in (0, 255))
    for pixels in (*flat, *pictures):
        fed = signed(pixels) if taken["dtype"] is np.float32 else pixels
        interpreter.set_tensor(taken["index"], fed[None])
        interpreter.invoke()
        for index in seen:
            numbers = interpreter.tensor(index)  # no view may be alive when it is invoked
            low[index] = min(low[index], float(numbers().min()))
            high[index] = max(high[index], float(numbers().max()))
    return {i: (low[i], high[i]) for i in seen if np.isfinite(high[i] - low[i])}
