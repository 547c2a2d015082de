"""Files in an object store: a real S3 server (moto's) on loopback, inputs and outputs, and what goes wrong there."""

from __future__ import annotations

import gzip
import hashlib
import json
import logging
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import boto3
import pytest
import requests
import s3fs
from moto.server import ThreadedMotoServer

from preflight import Failure, InputError, Layout, OutputError, Report, check, check_many, merge_into
from preflight.cli.main import main
from preflight.engine import pool
from preflight.remote import store
from preflight.remote.url import is_remote, place_of, scheme_of, sidecar_url, without_password

US = Layout(email="Email", date="Date", title="Title", dateformat="MM/dd/yyyy")
GOOD = b"Email,Date,Title\njo@x.com,01/25/2024,Webinar\n"
BAD = GOOD + b"bo,01/25/2024,Webinar\n"


class Bucket:
    """A bucket of the server, seen by its own client."""

    def __init__(self, client: Any, name: str) -> None:
        self.client, self.name = client, name

    def url(self, key: str) -> str:
        return f"s3://{self.name}/{key}"

    def put(self, key: str, body: bytes) -> str:
        self.client.put_object(Bucket=self.name, Key=key, Body=body)
        return self.url(key)

    def get(self, key: str) -> bytes:
        body: bytes = self.client.get_object(Bucket=self.name, Key=key)["Body"].read()
        return body

    def all(self) -> set[str]:
        return {one["Key"] for one in self.client.list_objects_v2(Bucket=self.name).get("Contents", [])}


@pytest.fixture(scope="module")
def server() -> Iterator[str]:
    logging.getLogger("werkzeug").setLevel(logging.ERROR)
    server = ThreadedMotoServer("127.0.0.1", 0, verbose=False)
    server.start()
    yield "http://{}:{}".format(*server.get_host_and_port())
    server.stop()


@pytest.fixture
def bucket(server: str, request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Iterator[Bucket]:
    keys = {"AWS_ACCESS_KEY_ID": "testing", "AWS_SECRET_ACCESS_KEY": "t0ps3cret", "AWS_DEFAULT_REGION": "us-east-1"}
    for name, value in {**keys, "AWS_ENDPOINT_URL": server, "AWS_EC2_METADATA_DISABLED": "true"}.items():
        monkeypatch.setenv(name, value)
    monkeypatch.setattr(pool, "cores", lambda: 1)  # no processes for small files
    s3fs.S3FileSystem.clear_instance_cache()
    client = boto3.client("s3")
    name = "b" + hashlib.sha256(request.node.name.encode()).hexdigest()[:20]
    client.create_bucket(Bucket=name)
    yield Bucket(client, name)
    client.close()


def test_reports_and_outputs_equal_those_of_local_files(bucket: Bucket, tmp_path: Path) -> None:
    local = tmp_path / "a.csv"
    local.write_bytes(BAD)
    names = {"clean": "clean.csv", "bad_rows": "bad.csv", "report": "report.csv"}
    remote = {option: bucket.url(f"out/{name}") for option, name in names.items()}
    here = {option: tmp_path / name for option, name in names.items()}
    reports = []
    for file, outputs in ((bucket.put("in/a.csv", BAD), remote), (local, here)):
        options: dict[str, Any] = {name: path for name, path in outputs.items() if name != "report"}
        reports.append(check(file, US, reports=[outputs["report"]], **options))
    assert (reports[0].rows, reports[0].bad_rows, reports[0].problems) == (2, 1, {"email-syntax": 1})
    assert reports[0].problems == reports[1].problems
    assert reports[0].examples == reports[1].examples
    for name in names.values():
        assert bucket.get(f"out/{name}") == (tmp_path / name).read_bytes()
    noted, locally = (json.loads(text) for text in (bucket.get("out/clean.preflight.json"),
                                                   (tmp_path / "clean.preflight.json").read_bytes()))  # fmt: skip
    assert noted["about"]["source"].pop("name") == bucket.url("in/a.csv")
    assert locally["about"]["source"].pop("name") == str(local)
    assert noted == locally


def test_no_object_in_a_store_is_overwritten_silently(bucket: Bucket, capsys: pytest.CaptureFixture[str]) -> None:
    source, clean = bucket.put("a.csv", BAD), bucket.url("clean.csv")
    command = ["check", source, "--dateformat", "MM/dd/yyyy", "--clean", clean]
    bucket.put("clean.csv", b"somebody's")
    main(command)
    lines = capsys.readouterr().out.splitlines()
    assert f"Kept `{bucket.url('clean.1.csv')}`: `{clean}` was not written by these commands" in lines
    assert (bucket.get("clean.1.csv"), bucket.get("clean.csv")) == (b"somebody's", GOOD)
    main(command)  # as it was written
    assert "Kept" not in capsys.readouterr().out
    bucket.put("clean.csv", GOOD + b"x")
    main(command)
    assert f"Kept `{bucket.url('clean.2.csv')}`: `{clean}` was changed since it was written" in capsys.readouterr().out
    assert bucket.get("clean.2.csv") == GOOD + b"x"
    assert bucket.all() == {
        *("a.csv", "clean.csv", "clean.preflight.json", "clean.1.csv", "clean.2.csv", "clean.2.preflight.json"),
    }
    bucket.put("clean.csv", b"x")
    assert main([*command, "--overwrite"]) == 1
    assert bucket.get("clean.csv") == GOOD
    assert main(["check", source, "--dateformat", "MM/dd/yyyy", "--clean", source]) == 2
    assert bucket.get("a.csv") == BAD


def test_an_output_appears_whole_or_not_at_all(bucket: Bucket, monkeypatch: pytest.MonkeyPatch) -> None:
    source = bucket.put("a.csv", GOOD + b"\xff\n")
    with pytest.raises(InputError):
        check(source, US, clean=bucket.url("clean.csv"))
    assert bucket.all() == {"a.csv"}
    large = b"Email,Date,Title,Long\n" + b"".join(b"p%d@x.com,01/25/2024,T,%0999d\n" % (i, i) for i in range(10_600))
    monkeypatch.setattr("s3fs.core.calculate_chunksize", lambda *_, **__: 5 << 20)  # stored in parts, the last fails
    uploaded = s3fs.S3FileSystem._upload_file_part_concurrent

    async def half(self: Any, *given: Any, **named: Any) -> Any:
        await uploaded(self, *given, **named)
        raise OSError(5, "the line is cut")

    with monkeypatch.context() as context:
        context.setattr(s3fs.S3FileSystem, "_upload_file_part_concurrent", half)
        told = rf"^cannot write `{bucket.url('clean.csv')}`: the line is cut$"
        with pytest.raises(OutputError, match=told):
            check(bucket.put("b.csv", large), US, clean=bucket.url("clean.csv"))
    assert "clean.csv" not in bucket.all()
    assert not bucket.client.list_multipart_uploads(Bucket=bucket.name).get("Uploads")
    check(bucket.url("b.csv"), US, clean=bucket.url("clean.csv"))
    assert bucket.get("clean.csv") == large


def test_patterns_match_objects_of_a_store(bucket: Bucket, capsys: pytest.CaptureFixture[str]) -> None:
    for key in ("in/a.csv", "in/b.csv", "in/c.txt", "other/d.csv"):
        bucket.put(key, GOOD)
    pattern, outputs = bucket.url("in/*.csv"), ["--clean", bucket.url("out/{name}-clean.csv")]
    assert main(["check", pattern, "--dateformat", "MM/dd/yyyy", "--json", *outputs]) == 0
    told = json.loads(capsys.readouterr().out)
    assert [one["file"] for one in told["files"]] == [bucket.url("in/a.csv"), bucket.url("in/b.csv")]
    assert told["shared_touch_points"]["count"] == 1
    assert bucket.get("out/b-clean.csv") == GOOD
    assert main(["inspect", bucket.url("in/a.csv")]) == 0
    capsys.readouterr()
    for none, why in ((bucket.url("in/*.xml"), "no file matches `{}`"),
                      ("s3://nobody-s/*.csv", "cannot list `{}`: there is no such bucket")):  # fmt: skip
        assert main(["check", none]) == 2
        assert capsys.readouterr().err == f"preflight: {why.format(none)}\n"


def failures(files: list[str], **options: Any) -> dict[str, str]:
    """What is told of each file that could not be checked; the last file can be."""
    *failed, good = check_many(files, US, **options)
    assert isinstance(good, Report)
    return {one.file: one.message for one in failed if isinstance(one, Failure)}


def test_an_unreadable_object_is_one_line_and_the_others_are_checked(bucket: Bucket) -> None:
    good, cut = bucket.put("good.csv", GOOD), bucket.put("cut.csv.gz", gzip.compress(GOOD * 999)[:-20])
    empty, none, folder = bucket.put("empty.csv", b""), bucket.url("none.csv"), bucket.url("folder")
    bucket.put("folder/a.csv", GOOD)
    assert failures([none, "s3://nobody-s/a.csv", cut, empty, folder, good]) == {
        none: f"`{none}` does not exist",
        "s3://nobody-s/a.csv": "cannot read `s3://nobody-s/a.csv`: there is no such bucket",
        cut: f"`{cut}` is gzip, but damaged or cut short; get it again",
        empty: f"`{empty}` is empty",
        folder: f"`{folder}` is a folder, not a file; `{folder}/*.csv` names all CSV files in it",
    }


def test_an_unsupported_url_is_reported(bucket: Bucket, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "gcsfs", None)
    monkeypatch.setitem(sys.modules, "adlfs", None)
    urls = ["https://x.com/a.csv", "gs://b/a.csv", "az://b/a.csv", "ftp://b/a.csv", "s3://me:t0ps@b/a.csv"]
    assert failures([*urls, bucket.put("a.csv", GOOD)]) == {
        "https://x.com/a.csv": "`https://x.com/a.csv` is a web address, which may give a login page, or another file "
        "each time; download the file, look at it, and check that",
        "gs://b/a.csv": "`gs://b/a.csv` needs a library; in the folder that preflight was installed from, run: "
        "pip install '.[gcs]'",
        "az://b/a.csv": "`az://b/a.csv` needs a library; in the folder that preflight was installed from, run: "
        "pip install '.[azure]'",
        "ftp://b/a.csv": "`ftp://b/a.csv` is in no supported store; use s3://, gs://, az:// or a local file",
        "s3://…@b/a.csv": "`s3://…@b/a.csv` contains a password; leave it out: credentials are found where the "
        "store's own tools keep them",
    }
    for url, told in (("https://x.com/c.csv", "no file is uploaded to a web address; name a local file"),
                      ("s3://nobody-s/c.csv", "there is no such bucket")):  # fmt: skip
        with pytest.raises(OutputError, match=f"^cannot write `{url[:10]}.*`: {told}$"):
            check(bucket.url("a.csv"), US, clean=url)
    with pytest.raises(OutputError, match=r"^cannot merge into `s3://b/c.csv`: rows are merged into a file of this "):
        merge_into("s3://b/c.csv", bucket.url("a.csv"), US)


REMOVED = "was removed while it was read"
CHANGED = "was changed while it was read; check it again when nobody writes it"


def remove(bucket: Bucket) -> None:
    bucket.client.delete_object(Bucket=bucket.name, Key="a.csv")


@pytest.mark.parametrize(
    ("happens", "told", "block"),
    [
        pytest.param(remove, REMOVED, 64, id="removed in the middle"),
        pytest.param(remove, REMOVED, 8 << 20, id="removed"),
        pytest.param(lambda bucket: bucket.put("a.csv", GOOD * 9), CHANGED, 64, id="grows"),
        pytest.param(lambda bucket: bucket.put("a.csv", b"x" * len(GOOD) * 5), CHANGED, 8 << 20, id="other bytes"),
        pytest.param(lambda bucket: bucket.put("a.csv", GOOD), CHANGED, 64, id="truncated"),
    ],
)
def test_an_object_that_changes_while_it_is_read_is_not_judged(
    bucket: Bucket, happens: Callable[[Bucket], Any], told: str, block: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    changing, good = bucket.put("a.csv", GOOD * 5), bucket.put("good.csv", GOOD)
    keep, seen = store._keep, list[bytes]()

    def kept(into: Any, data: bytes) -> None:
        keep(into, data)
        if not seen:
            seen.append(data)
            happens(bucket)

    monkeypatch.setattr(store, "BLOCK_BYTES", block)
    monkeypatch.setattr(store, "_keep", kept)
    assert failures([changing, good]) == {changing: f"`{changing}` {told}"}


def test_a_missing_permission_is_reported_without_secrets(
    bucket: Bucket, server: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    url, local = bucket.put("a.csv", GOOD), tmp_path / "a.csv"
    local.write_bytes(GOOD)
    iam = boto3.client("iam")
    iam.create_user(UserName="nobody")
    key = iam.create_access_key(UserName="nobody")["AccessKey"]
    iam.close()
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", key["AccessKeyId"])
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", key["SecretAccessKey"])
    s3fs.S3FileSystem.clear_instance_cache()
    requests.post(f"{server}/moto-api/reset-auth", data=b"0", timeout=9).close()
    try:
        assert failures([url, str(local)]) == {url: f"cannot read `{url}`: access is denied (Forbidden)"}
        with pytest.raises(OutputError, match=rf"^cannot write `{url}`: access is denied \(Forbidden\)$"):
            check(local, US, clean=url)
    finally:
        requests.post(f"{server}/moto-api/reset-auth", data=b"inf", timeout=9).close()


def test_names_of_remote_files() -> None:
    assert [scheme_of(name) for name in ("S3://b/a", "c:\\a", "c:/a", "a.csv", "gs://b", "https://x")] == [
        "s3", None, None, None, "gs", "https",
    ]  # fmt: skip
    assert not is_remote(Path("s3://b/a.csv"))
    assert sidecar_url("s3://b/a.CSV") == "s3://b/a.preflight.json"
    assert sidecar_url("s3://b/a.txt") == "s3://b/a.txt.preflight.json"
    assert place_of("s3://b/a") == "s3://b/a"
    assert without_password("abfss://box@account.net/a@b:c.csv") == "abfss://box@account.net/a@b:c.csv"
