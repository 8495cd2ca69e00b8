"""Logs are read wherever Inspect reads them: files, folders, `file://` and `s3://`, here from a local S3 server."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from sale_inspect._errors import LogError
from sale_inspect._work import ComparedLogsRequest, OutcomesRequest, policy_table, read_outcomes
from tests.runs.cases import CASES

BUCKET = "s3://logs"


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("places") / "plain"
    with pytest.MonkeyPatch.context() as patch:
        patch.delenv("INSPECT_EVAL_MODEL", raising=False)
        CASES["plain"](path)
    return path


@pytest.fixture(scope="module")
def bucket(folder: Path) -> Iterator[str]:
    """The logs in a bucket of a server on loopback."""
    import s3fs
    from moto.server import ThreadedMotoServer

    server = ThreadedMotoServer(ip_address="127.0.0.1", port=0)
    server.start()
    host, port = server.get_host_and_port()
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("AWS_ENDPOINT_URL", f"http://{host}:{port}")
        patch.setenv("AWS_ACCESS_KEY_ID", "nobody")
        patch.setenv("AWS_SECRET_ACCESS_KEY", "nothing")
        patch.setenv("AWS_DEFAULT_REGION", "us-east-1")
        files = s3fs.S3FileSystem()
        files.mkdir("logs")
        for log in folder.glob("*.eval"):
            files.put_file(str(log), f"logs/run/{log.name}")
        yield BUCKET
    server.stop()


def table_of(*places: str) -> object:
    table = policy_table(places, ComparedLogsRequest(cache=False))
    return table.sections, table.notes


def test_every_form_of_a_place_gives_the_same_table(folder: Path, bucket: str) -> None:
    wanted = table_of(str(folder))
    files = sorted(folder.glob("*.eval"))
    assert table_of(*map(str, files)) == wanted
    assert table_of(*(path.as_uri() for path in files)) == wanted
    assert table_of(folder.as_uri()) == wanted
    assert table_of(f"{bucket}/run") == wanted
    assert table_of(*(f"{bucket}/run/{path.name}" for path in files)) == wanted


def test_a_bucket_takes_a_name_and_gives_outcomes(bucket: str) -> None:
    rows = read_outcomes(f"there={bucket}/run", OutcomesRequest(cache=False)).rows
    assert {row.agent for row in rows} == {"there mockllm/lesser", "there mockllm/greater"}


@pytest.mark.parametrize("place", [f"{BUCKET}/empty", f"{BUCKET}/run/none.eval", "s3://nothing/here"])
def test_what_is_not_there_is_one_error_that_names_it(bucket: str, place: str) -> None:
    with pytest.raises(LogError, match=place):
        policy_table(place, ComparedLogsRequest(cache=False))
