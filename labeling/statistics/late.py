"""What the statistics take of scipy, imported when it is first called: every process imports these
modules, and few compute anything."""

from importlib import import_module
from typing import Any


class _Late:
    """Stands for a name of a module until that is called or asked for something."""

    def __init__(self, module: str, name: str) -> None:
        self._module, self._name = module, name

    def _found(self) -> Any:
        return getattr(import_module(self._module), self._name)

    def __call__(self, *arguments: Any, **options: Any) -> Any:
        return self._found()(*arguments, **options)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._found(), name)


coo_array: Any = _Late("scipy.sparse", "coo_array")
connected_components: Any = _Late("scipy.sparse.csgraph", "connected_components")
minimize: Any = _Late("scipy.optimize", "minimize")
binom: Any = _Late("scipy.stats", "binom")
chi2: Any = _Late("scipy.stats", "chi2")
digamma: Any = _Late("scipy.special", "digamma")
expit: Any = _Late("scipy.special", "expit")
gammaln: Any = _Late("scipy.special", "gammaln")
log_expit: Any = _Late("scipy.special", "log_expit")
logsumexp: Any = _Late("scipy.special", "logsumexp")
softmax: Any = _Late("scipy.special", "softmax")
stdtrit: Any = _Late("scipy.special", "stdtrit")
