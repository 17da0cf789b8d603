"""In what numbers a local model computes, and what this machine can do of it.

Imports torch; only the modules beside it import this, when a local model is first asked.
"""

import importlib
import importlib.util
from typing import Any

import torch

from collector.generation.providers.base import Permanent

_transformers: Any = importlib.import_module("transformers")  # types of its own, some missing

_LARGEST = 127  # of 8 bits with a sign

WIDTH = {"float32": 4, "bfloat16": 2, "float16": 2, "int8": 4}
"""Bytes a parameter while a model is read; int8 ones are read in full, then made smaller."""


def library(name: str) -> Any:
    """An optional package; Permanent with what to install where it is missing."""
    if importlib.util.find_spec(name) is None:
        raise Permanent(f"This needs {name}, which is not installed here (`make local`).")
    return importlib.import_module(name)


def chosen(precision: str) -> str:
    """The precision asked for; Permanent where this machine cannot.

    Empty: bfloat16 (float16 on older ones) on a GPU; float32 on a processor, where the others save
    memory and no time.
    """
    on_gpu = torch.cuda.is_available()
    if not precision:
        if not on_gpu:
            return "float32"
        return "bfloat16" if torch.cuda.is_bf16_supported() else "float16"
    if precision == "bfloat16" and not _has_bfloat16(on_gpu=on_gpu):
        raise Permanent("This machine does not compute in bfloat16; choose float32.")
    if precision == "float16" and not on_gpu:
        raise Permanent("float16 needs a GPU; choose bfloat16 or float32 on a processor.")
    return precision


def _has_bfloat16(*, on_gpu: bool) -> bool:
    if on_gpu:
        return bool(torch.cuda.is_bf16_supported())
    return bool(torch.ops.mkldnn._is_mkldnn_bf16_supported())


def load(model: str, precision: str, **here: Any) -> Any:
    """The model in that precision, on the GPU if there is one."""
    dtype = getattr(torch, chosen("") if precision == "int8" else precision)
    loaded = _transformers.AutoModelForCausalLM.from_pretrained(
        model, use_safetensors=True, dtype=dtype, **here
    ).eval()
    if precision == "int8":
        _shrink(model, loaded)
    return loaded.to("cuda") if torch.cuda.is_available() else loaded


class Int8Linear(torch.nn.Linear):
    """A layer whose weights are kept in 8 bits with a scale for each output.

    Only the weights: with activations in 8 bits too (torch's dynamic quantisation), small chat
    models wrote nonsense.
    """

    scale: Any

    def __init__(self, layer: torch.nn.Linear) -> None:
        super().__init__(layer.in_features, layer.out_features, bias=False, device="meta")
        weight = layer.weight.detach()
        scale = weight.abs().amax(dim=1).clamp(min=torch.finfo(torch.float32).tiny) / _LARGEST
        rounded = (weight / scale[:, None]).round().to(torch.int8)
        self.weight = torch.nn.Parameter(rounded, requires_grad=False)
        self.register_buffer("scale", scale)
        self.bias = layer.bias

    def forward(self, input: Any) -> Any:
        written = torch.nn.functional.linear(input, self.weight.to(input.dtype)) * self.scale
        return written if self.bias is None else written + self.bias


def _shrink(name: str, model: Any) -> None:
    """All linear layers but the last, which chooses the words and often is the embedding too."""
    last = model.get_output_embeddings()
    layers = [
        (parent, attribute, layer)
        for parent in model.modules()
        for attribute, layer in parent.named_children()
        if type(layer) is torch.nn.Linear and layer is not last
    ]
    if not layers:
        raise Permanent(f"{name} has no layers that int8 makes smaller; choose another precision.")
    for parent, attribute, layer in layers:
        setattr(parent, attribute, Int8Linear(layer))
