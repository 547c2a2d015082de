"""Files judged by a real Dask cluster: processes over TCP on loopback, workers that die, versions that differ."""

from __future__ import annotations

import json
import logging
import os
import re
import signal
import sys
import time
from collections.abc import Iterator
from concurrent.futures import Executor
from pathlib import Path
from typing import Any

import boto3
import dask
import distributed
import pytest
from moto.server import ThreadedMotoServer

from preflight import Failure, Layout, Report, Totals, check, check_many, rule
from preflight.cli.main import main
from preflight.errors import ClusterError
from preflight.executors.dask import DaskWorkers
from preflight.executors.ordered import in_order
from preflight.many import check_many as check_many_module
from preflight.many import cluster as clusters
from preflight.many.cluster import cluster

US = Layout(email="Email", date="Date", title="Title", dateformat="MM/dd/yyyy")
HEADING = b"Email,Date,Title,Long\n"
VERSIONS = clusters.versions
GONE = "^the scheduler of the cluster is gone; what was not reported yet was not checked$"


LOCAL = {
    "distributed.scheduler.allowed-failures": 0,
    # A worker that is down 15 seconds after it was killed once is given up for good, also where it was up in between
    # and is starting again, as tests kill it often.
    "distributed.deploy.lost-worker-timeout": "1h",
}


@pytest.fixture(scope="module")
def address() -> Iterator[str]:
    with (
        dask.config.set(LOCAL),
        distributed.LocalCluster(
            n_workers=2,
            threads_per_worker=1,
            host="127.0.0.1",
            dashboard_address="127.0.0.1:0",
            silence_logs=logging.CRITICAL,
        ) as made,
    ):
        yield made.scheduler_address


@pytest.fixture
def executor(address: str) -> Iterator[Executor]:
    with cluster(address, pytest.fail) as made:
        yield made


@pytest.fixture(scope="module")
def small(tmp_path_factory: pytest.TempPathFactory) -> list[Path]:
    """60 files, each with good and bad rows of its own, and one that all have."""
    folder = tmp_path_factory.mktemp("small")
    files = [folder / f"f{number:02}.csv" for number in range(60)]
    for number, file in enumerate(files):
        rows = b"".join(b"p%d-%d@x.com,%02d/02/2024,T%d,\n" % (number, i, i, number % 7) for i in range(1, 15))
        file.write_bytes(HEADING + rows + b"same@x.com,02/02/2024,Same,\n")
    return files


@pytest.fixture(scope="module")
def large(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A file of 50 MB in long rows, some of them bad."""
    path = tmp_path_factory.mktemp("large") / "large.csv"
    long = b"x" * 1_980
    with path.open("wb") as out:
        out.write(HEADING)
        for i in range(25_000):
            out.write(b"p%d@x.com,%02d/02/2024,T%d,%s\n" % (i, i % 13, i % 5, long))
    assert path.stat().st_size > 50_000_000
    return path


def processes(executor: Any) -> dict[str, int]:
    found: dict[str, int] = executor._client.run(os.getpid)
    return found


def test_small_files_and_a_large_one_give_the_results_of_one_process(
    executor: Executor, small: list[Path], large: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    files = [*small[:30], large, *small[30:]]
    with Totals() as here, Totals() as there:
        alone = list(check_many(files, US, totals=here))
        assert list(check_many(files, US, executor=executor, totals=there)) == alone
        summary = here.summary()
        assert there.summary() == summary
    assert (summary.files, summary.rows, summary.shared.count) == (61, 25_900, 1)
    assert all(isinstance(one, Report) and one.bad_rows for one in alone)
    monkeypatch.setattr(check_many_module, "LARGE_BYTES", 32 << 20)  # so that all workers judge it
    assert list(check_many(files[28:33], US, executor=executor)) == alone[28:33]


def test_a_large_file_on_many_workers_is_byte_for_byte_that_of_one_process(
    executor: Executor, large: Path, tmp_path: Path
) -> None:
    reports = []
    for name, way in (("here", None), ("there", executor)):
        folder = tmp_path / name
        folder.mkdir()
        outputs = {"clean": folder / "clean.csv", "bad_rows": folder / "bad.csv", "fixes": folder / "fixes.csv"}
        killed = list[int]()

        def kill_one(done: int, of: int | None, way: Any = way, killed: list[int] = killed) -> None:
            if way is not None and done > 20 << 20 and not killed:  # in the middle
                killed.append(next(iter(processes(way).values())))
                os.kill(killed[0], signal.SIGKILL)

        options: dict[str, Any] = {**outputs, "reports": [folder / "report.json"], "fix": ["blanks"]}
        reports.append(check(large, US, executor=way, progress=kill_one, **options))
    assert killed
    assert reports[0] == reports[1]
    assert reports[0].bad_rows == 1_924
    written = sorted(path.name for path in (tmp_path / "here").iterdir())
    assert len(written) == 7
    for name in written:
        assert (tmp_path / "here" / name).read_bytes() == (tmp_path / "there" / name).read_bytes()


@rule("cluster-deadly", column="Title", message="Never.")
def deadly(cells):  # type: ignore[no-untyped-def]
    """Kill who judges a title that says so."""
    if cells.str.contains("Deadly").any():
        os.kill(os.getpid(), signal.SIGKILL)
    return cells == ""


def test_a_killed_worker_loses_no_file_and_a_deadly_file_fails_alone(
    address: str, executor: Executor, small: list[Path], tmp_path: Path
) -> None:
    files = small[:40]
    found = check_many(files, US, executor=executor)
    first = next(found)
    os.kill(next(iter(processes(executor).values())), signal.SIGKILL)
    assert [first, *found] == list(check_many(files, US))
    kills = tmp_path / "deadly.csv"
    kills.write_bytes(HEADING + b"jo@x.com,01/02/2024,Deadly,\n")
    before, failure, after = check_many([files[0], kills, files[1]], US, executor=executor, rules=[deadly])
    assert isinstance(failure, Failure)
    assert failure.message == "3 worker processes were killed while they checked it; out of memory?"
    assert [before.file, after.file] == [str(files[0]), str(files[1])]
    assert before.ok is after.ok is False
    told = r"^3 workers of the cluster `.*` were lost while they judged the same rows; out of memory\?$"
    with pytest.raises(ClusterError, match=told), cluster(address, pytest.fail) as again:
        check(kills, US, executor=again, rules=[deadly])


def test_a_scheduler_that_is_gone_ends_the_check(small: list[Path], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(clusters, "PATIENCE_SECONDS", 5)
    with (
        distributed.LocalCluster(
            n_workers=1, threads_per_worker=1, host="127.0.0.1", dashboard_address="127.0.0.1:0", silence_logs=50
        ) as made,
        cluster(made.scheduler_address, pytest.fail) as executor,
    ):
        found = check_many(small, US, executor=executor)
        assert next(found).file == str(small[0])
        made.close()
        with pytest.raises(ClusterError, match=GONE):
            list(found)


def test_a_lost_result_is_requested_again(executor: Executor, monkeypatch: pytest.MonkeyPatch) -> None:
    assert isinstance(executor, DaskWorkers)
    client, lost = executor._client, []
    gather = client._gather

    async def lost_once(futures: Any, **named: Any) -> Any:
        if not lost:
            lost.append(futures)
            raise OSError("the worker is gone")
        return await gather(futures, **named)

    monkeypatch.setattr(client, "_gather", lost_once)
    ((_, future),) = in_order(abs, [(None, (-1,))], executor, 0)
    assert (future.result(60), len(lost)) == (1, 1)


@pytest.mark.parametrize("passed", [["running"], ["running", "connecting"]], ids=["connecting", "closed"])
def test_a_call_submitted_as_the_scheduler_ends_is_not_awaited(
    passed: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(clusters, "PATIENCE_SECONDS", 1)
    local: dict[str, Any] = {"host": "127.0.0.1", "dashboard_address": "127.0.0.1:0", "silence_logs": 50}
    with (
        distributed.LocalCluster(n_workers=1, threads_per_worker=1, processes=False, protocol="tcp", **local) as made,
        cluster(made.scheduler_address, pytest.fail) as executor,
    ):
        assert isinstance(executor, DaskWorkers)
        assert executor.submit(abs, -1).result(60) == 1
        submit = executor._client.submit

        def late(*given: Any, **named: Any) -> Any:
            made.close()
            until = time.monotonic() + 60
            while executor._client.status in passed:
                assert time.monotonic() < until
                time.sleep(0.01)
            return submit(*given, **named)

        monkeypatch.setattr(executor._client, "submit", late)
        with pytest.raises(ClusterError, match=GONE):
            executor.submit(abs, -1)


def set_environment(variables: dict[str, str]) -> None:
    os.environ.update(variables)


def test_workers_read_and_write_a_store(executor: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    logging.getLogger("werkzeug").setLevel(logging.ERROR)
    server = ThreadedMotoServer("127.0.0.1", 0, verbose=False)
    server.start()
    try:
        keys = {"AWS_ACCESS_KEY_ID": "testing", "AWS_SECRET_ACCESS_KEY": "testing", "AWS_DEFAULT_REGION": "us-east-1"}
        keys |= {"AWS_ENDPOINT_URL": "http://{}:{}".format(*server.get_host_and_port())}
        for name, value in keys.items():
            monkeypatch.setenv(name, value)
        executor._client.wait_for_workers(2, timeout=60)  # one may have been killed before
        executor._client.run(set_environment, keys)
        client = boto3.client("s3")
        client.create_bucket(Bucket="lake")
        rows = HEADING + b"jo@x.com,01/02/2024,T,\n"
        for name in ("a", "b"):
            client.put_object(Bucket="lake", Key=f"in/{name}.csv", Body=rows)
        files = ["s3://lake/in/a.csv", "s3://lake/in/none.csv", "s3://lake/in/b.csv", "s3://nobody-s/c.csv"]
        found = list(check_many(files, US, executor=executor, clean="s3://lake/out/{name}-clean.csv"))
        assert [one.file for one in found if isinstance(one, Report)] == [files[0], files[2]]
        assert [one.message for one in found if isinstance(one, Failure)] == [
            "`s3://lake/in/none.csv` does not exist",
            "cannot read `s3://nobody-s/c.csv`: there is no such bucket",
        ]
        assert client.get_object(Bucket="lake", Key="out/b-clean.csv")["Body"].read() == rows
        client.close()
    finally:
        server.stop()


def test_the_command_prints_the_same_with_a_cluster(
    address: str, small: list[Path], capsys: pytest.CaptureFixture[str]
) -> None:
    for files in ([str(small[0])], [*map(str, small[:3]), "none.csv"]):
        told = []
        for more in ([], ["--cluster", address]):
            code = main(["check", *files, "--dateformat", "MM/dd/yyyy", "--json", *more])
            told.append((code, json.loads(capsys.readouterr().out)))
        assert told[0] == told[1]


def test_different_versions_are_reported(
    address: str, small: list[Path], monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    here = VERSIONS()
    monkeypatch.setattr(clusters, "versions", _VersionsHere({"pandas": "2.0"}))
    assert main(["check", str(small[0]), "--dateformat", "MM/dd/yyyy", "--cluster", address]) == 1
    told = f"the workers of `{address}` have other versions: "
    assert some_workers(capsys.readouterr().err) == (
        f"preflight: {told}pandas 2.0 here, {here['pandas']} on … workers; reports may differ where these versions "
        "behave differently\n"
    )
    monkeypatch.setattr(clusters, "versions", _VersionsHere({"preflight": "0.1.0 (00000000)"}))
    assert main(["check", str(small[0]), "--dateformat", "MM/dd/yyyy", "--cluster", address]) == 2
    assert some_workers(capsys.readouterr().err) == (
        f"preflight: {told}preflight 0.1.0 (00000000) here, {here['preflight']} on … workers; install the same "
        "preflight on all\n"
    )


def some_workers(told: str) -> str:
    """A message, however many workers there are at the moment: one may have been killed before."""
    return re.sub(r"on \d workers?", "on … workers", told)


class _VersionsHere:
    """The versions of a process: some others here than elsewhere."""

    def __init__(self, others: dict[str, str]) -> None:
        self.others = others

    def __call__(self) -> dict[str, str]:
        return VERSIONS() | self.others

    def __reduce__(self) -> tuple[Any, ...]:
        return getattr, (clusters, "versions")


def test_a_cluster_that_does_not_answer_is_reported(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    monkeypatch.setattr(clusters, "PATIENCE_SECONDS", 0.3)
    file = tmp_path / "a.csv"
    file.write_bytes(HEADING)
    with distributed.LocalCluster(
        n_workers=0, host="127.0.0.1", dashboard_address="127.0.0.1:0", silence_logs=logging.CRITICAL
    ) as empty:
        alone = empty.scheduler_address
        for address, told in (
            (alone, f"the cluster `{alone}` has no worker; start one (`dask worker {alone}`)"),
            ("nowhere", "cannot reach the cluster `nowhere`: missing port number in address 'nowhere'"),
        ):
            assert main(["check", str(file), "--cluster", address]) == 2
            assert capsys.readouterr().err == f"preflight: {told}\n"
    monkeypatch.setitem(sys.modules, "distributed", None)
    assert main(["check", str(file), "--cluster", "local", "--json"]) == 2
    error = json.loads(capsys.readouterr().out)["error"]
    assert error["code"] == "cluster"
    assert (
        error["message"]
        == "--cluster needs a library; in the folder that preflight was installed from, run: pip install '.[dask]'"
    )
