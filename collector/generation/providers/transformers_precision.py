"""In what numbers a local model computes, and what this machine can do of it.

Imports torch; only the modules beside it import this, when a local model is first asked.
"""

import importlib
import importlib.util
import warnings
from typing import Any

import torch

from collector.generation.providers.base import Permanent

_transformers: Any = importlib.import_module("transformers")  # types of its own, some missing

WIDTH = {"float32": 4, "bfloat16": 2, "float16": 2, "int8": 4}
"""Bytes a parameter at most; int8 models are read in full on a processor, then made smaller."""


def library(name: str) -> Any:
    """An optional package; Permanent with what to install where it is missing."""
    if importlib.util.find_spec(name) is None:
        raise Permanent(f"This needs {name}, which is not installed here (`make local`).")
    return importlib.import_module(name)


def chosen(precision: str, *, adapted: bool) -> str:
    """The precision asked for; Permanent where this machine cannot.

    Empty: bfloat16 (float16 on older ones) on a GPU, float32 on a processor, which is exact and,
    without instructions of its own for the others, as fast.
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
    if precision == "int8" and on_gpu:
        library("bitsandbytes")
    if precision == "int8" and not on_gpu and adapted:
        raise Permanent("int8 on a processor takes no adapters; choose bfloat16 or float32.")
    return precision


def _has_bfloat16(*, on_gpu: bool) -> bool:
    if on_gpu:
        return bool(torch.cuda.is_bf16_supported())
    return bool(torch.ops.mkldnn._is_mkldnn_bf16_supported())


def load(model: str, precision: str, **here: Any) -> Any:
    """The model in that precision, on the GPU if there is one."""
    on_gpu = torch.cuda.is_available()
    options: dict[str, Any] = {"use_safetensors": True, **here}
    if precision == "int8" and on_gpu:
        options["quantization_config"] = _transformers.BitsAndBytesConfig(load_in_8bit=True)
        return _transformers.AutoModelForCausalLM.from_pretrained(model, **options).eval()
    options["dtype"] = torch.float32 if precision == "int8" else getattr(torch, precision)
    loaded = _transformers.AutoModelForCausalLM.from_pretrained(model, **options).eval()
    if precision == "int8":
        return _quantised(loaded)
    return loaded.to("cuda") if on_gpu else loaded


def _quantised(model: Any) -> Any:
    """Weights of linear layers in 8 bits, activations scaled as they come."""
    quantization: Any = torch.ao.quantization
    with warnings.catch_warnings():
        # Deprecated for torchao, a package of its own; here it needs nothing but torch.
        warnings.filterwarnings("ignore", message=".*(torch.ao.quantization|quantized tensor)")
        return quantization.quantize_dynamic(
            model, {torch.nn.Linear}, dtype=torch.qint8, inplace=True
        )
