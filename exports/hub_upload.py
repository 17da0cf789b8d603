"""One commit to a dataset repository of the Hugging Face hub.

To be imported where something is pushed: the hub's library takes a moment and 20 MB.
"""

from collections.abc import Callable, Iterable
from pathlib import Path

import httpx2
from huggingface_hub import CommitOperationAdd, CommitOperationDelete, HfApi
from huggingface_hub.errors import HfHubHTTPError
from huggingface_hub.utils import disable_progress_bars  # type: ignore[attr-defined]

from common.errors import Conflict

_TRY_AGAIN = frozenset([408, 425, 429])
_DATASET = "dataset"


def upload(
    *,
    repository: str,
    private: bool,
    folder: Path,
    names: Iterable[str],
    former: Iterable[str],
    message: str,
    token: str,
    check: Callable[[], None],
) -> str:
    """Have the repository (made if new) hold the files, and no other one of `former`.

    Returns the address of the commit. Doing it again changes nothing there. `check` is called once
    all large files are up, right before the commit shows them; what it raises leaves the repository
    as it was. Raises Conflict where a private repository is wanted and a public one is there.
    """
    disable_progress_bars()
    api = HfApi(token=token)
    api.create_repo(repository, repo_type=_DATASET, private=private, exist_ok=True)
    if private and not api.dataset_info(repository).private:
        raise Conflict("The repository is there already, and it is public.", attr="private")
    additions = [
        CommitOperationAdd(path_in_repo=name, path_or_fileobj=folder / name) for name in names
    ]
    api.preupload_lfs_files(repository, additions, repo_type=_DATASET, free_memory=False)
    there = set(api.list_repo_files(repository, repo_type=_DATASET))
    outdated = sorted(there.intersection(former).difference(names))
    check()
    commit = api.create_commit(
        repository,
        [*additions, *(CommitOperationDelete(path_in_repo=name) for name in outdated)],
        repo_type=_DATASET,
        commit_message=message,
    )
    return str(commit.commit_url)


def reason_of(error: BaseException) -> str:
    """What went wrong, in one line."""
    cause = cause_of(error)
    line = str(cause).strip()
    if isinstance(cause, HfHubHTTPError):
        said = cause.server_message or cause.response.reason_phrase
        line = f"The hub answered {cause.response.status_code}: {said}"
    return (line or type(cause).__name__).splitlines()[0][:500]


def may_pass(error: BaseException) -> bool:
    """Whether the same might be no error in a while: the hub is away, or asks to wait."""
    error = cause_of(error)
    if isinstance(error, HfHubHTTPError):
        status = error.response.status_code
        return status in _TRY_AGAIN or status >= 500
    return isinstance(error, httpx2.TransportError)


def cause_of(error: BaseException) -> BaseException:
    """What went wrong, without the layers that say which file it was at."""
    while isinstance(error, RuntimeError) and error.__cause__ is not None:
        error = error.__cause__
    return error
