"""Workers on other machines: a Dask cluster as an executor, after a check of its workers' package versions."""

from __future__ import annotations

import hashlib
import logging
import platform
import signal
import warnings
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import Executor
from contextlib import ExitStack, contextmanager
from functools import cache
from importlib import metadata
from pathlib import Path
from typing import TYPE_CHECKING, Any

import preflight.errors as own
from preflight.errors import ClusterError, WorkerDiedError
from preflight.executors.cores import cores
from preflight.executors.dask import DaskWorkers
from preflight.executors.ordered import TRIES
from preflight.remote.store import how_to_install
from preflight.signals import handled_by
from preflight.text.display import counted, one_line, shown

if TYPE_CHECKING:
    from distributed import Client

LOCAL = "local"
"""The address of a cluster on this machine that is started and stopped with the command."""

PATIENCE_SECONDS = 20
"""Timeout for the scheduler to answer, and for the first worker to appear."""

_REQUIRED_EQUAL = ("preflight",)
"""Packages of which every worker needs the version of this process; other differences are only reported."""


@contextmanager
def cluster(address: str, say: Callable[[str], None]) -> Iterator[Executor]:
    """Context manager: an executor of the cluster at the scheduler's address, or of a new local one (`local`).

    `say` is called with one line if workers have other package versions. Raises `ClusterError` if there is no cluster,
    no worker, another `preflight` on a worker, or if workers are lost one after the other.
    """
    with ExitStack() as stack:
        client = _connected(address, stack)
        _compare(address, client, say)
        try:
            yield DaskWorkers(client.get_executor(pure=False))
        except WorkerDiedError:
            message = f"{TRIES} workers of the cluster {shown(address)} were lost while they judged the same rows"
            raise ClusterError(f"{message}; out of memory?") from None


def _connected(address: str, stack: ExitStack) -> Client:
    try:
        import dask
        import distributed
    except ImportError:
        raise ClusterError(f"--cluster needs a library; {how_to_install('dask')}") from None
    for name in ("distributed", "distributed.client", "tornado", "concurrent.futures"):  # errors are reported here
        logging.getLogger(name).setLevel(logging.CRITICAL)
    try:
        if address == LOCAL:
            stack.enter_context(dask.config.set({"distributed.scheduler.allowed-failures": 0}))
            with handled_by({signal.SIGINT: signal.SIG_IGN}):  # inherited by the workers: only the command gets Ctrl-C
                started = distributed.LocalCluster(
                    n_workers=cores(),
                    threads_per_worker=1,
                    host="127.0.0.1",
                    dashboard_address="127.0.0.1:0",
                    silence_logs=logging.CRITICAL,
                )
            address = stack.enter_context(started).scheduler_address
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # about other versions, which `_compare` reports
            client = distributed.Client(address, timeout=PATIENCE_SECONDS, set_as_default=False)
        stack.enter_context(client)
    except (OSError, ValueError, TimeoutError) as error:
        reason = one_line(str(error).split("\n")[0]) or type(error).__name__
        raise ClusterError(f"cannot reach the cluster {shown(address)}: {reason}") from None
    try:
        client.wait_for_workers(1, timeout=PATIENCE_SECONDS)
    except TimeoutError:
        raise ClusterError(f"the cluster {shown(address)} has no worker; start one (`dask worker {address}`)") from None
    return client


def _compare(address: str, client: Client, say: Callable[[str], None]) -> None:
    """Raise `ClusterError` if a worker has another `preflight`; report other differing versions to `say`."""
    here, workers = versions(), client.run(versions, on_error="return")
    others: dict[str, Counter[str]] = {}
    for of_worker in workers.values():
        found: Mapping[str, str] = {"preflight": "none"} if isinstance(of_worker, BaseException) else of_worker
        for name, version in found.items():
            if version != here[name]:
                others.setdefault(name, Counter())[version] += 1
    differ = [
        f"{name} {here[name]} here, {version} on {counted(number, 'worker')}"
        for name, versions_of in others.items()
        for version, number in versions_of.items()
    ]
    message = f"the workers of {shown(address)} have other versions: {', '.join(differ)}"
    if any(name in others for name in _REQUIRED_EQUAL):
        raise ClusterError(f"{message}; install the same preflight on all")
    if differ:
        say(f"{message}; reports may differ where these versions behave differently")


@cache
def versions() -> dict[str, Any]:
    """The versions, in this process, of the packages that judge rows."""
    found = {"preflight": f"{_version('touchpoint-preflight')} ({_digest()})", "python": platform.python_version()}
    return found | {name: _version(name) for name in ("pandas", "pyarrow", "numpy", "email-validator")}


def _version(package: str) -> str:
    try:
        return metadata.version(package)
    except metadata.PackageNotFoundError:
        return "unreleased"


def _digest() -> str:
    """A digest of this package's source code, which differs between states of one version."""
    root = Path(own.__file__).parent
    digest = hashlib.sha256()
    for module in sorted(root.rglob("*.py"), key=lambda path: path.relative_to(root).as_posix()):
        digest.update(module.relative_to(root).as_posix().encode() + b"\0" + module.read_bytes())
    return digest.hexdigest()[:8]
