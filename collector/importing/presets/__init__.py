"""What the columns of a known kind of file mean: one module a preset.

A new preset is a module with a `PRESET` and a line here.
"""

from collector.importing.presets import (
    arena,
    chatgpt_prompts,
    eli5,
    hc3,
    hh_rlhf,
    judgments,
    oasst,
    shp,
    table,
)
from collector.importing.presets.base import Bound, Preset

_MODULES = (chatgpt_prompts, hc3, eli5, oasst, hh_rlhf, shp, arena, judgments, table)
PRESETS: dict[str, Preset] = {module.PRESET.name: module.PRESET for module in _MODULES}

__all__ = ["PRESETS", "Bound", "Preset"]
