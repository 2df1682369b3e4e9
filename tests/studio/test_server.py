"""The server: who is let in, what can be asked for, and what a boost does."""

from __future__ import annotations

import io
import json
import signal
import subprocess
import zipfile
from collections.abc import Iterator
from pathlib import Path

import cv2
import numpy as np
import pytest

pytest.importorskip("uvicorn", reason="no uvicorn here: pip install '.[studio]'")
from small_reports import write_report
from studios import SIZE, Served, results, served

from vsodboost.data.errors import UsageError
from vsodboost.studio import jobs
from vsodboost.studio.rounds import Rounds, difference
from vsodboost.studio.serve import bound, is_loopback
from vsodboost.studio.suggestions import suggestions
from vsodboost.studio.workspace import Workspace

NAME = "<b>clip & 'ünï'</b>".replace("/", "∕")


@pytest.fixture(scope="module")
def studio(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    """A studio over the results of one video with a troublesome name."""
    out = tmp_path_factory.mktemp("studio") / "out"
    results(out, NAME)
    (out.parent / "secret.txt").write_text("secret")
    with served(out, body_limit=100_000) as running:
        yield running


def at(rest: str = "") -> str:
    """A path of the video."""
    from urllib.parse import quote

    return f"/video/{quote(NAME, safe='')}{rest}"


def mask(value: int = 255) -> bytes:
    """A mask of the clip's size as PNG."""
    return bytes(cv2.imencode(".png", np.full(SIZE, value, np.uint8))[1].tobytes())


def test_only_the_studio_s_own_pages_with_the_token_are_let_in(studio: Served) -> None:
    assert studio.ask("/")[0] == 200
    assert studio.ask(f"/?token={studio.token}", token="")[0] == 200
    for token in ("", "wrong", studio.token + "x", "ünï"):
        status, said = studio.ask("/", token=token.encode().decode("latin-1"))
        assert status == 403 and b"token" in said
    assert studio.ask("/", Origin=studio.address)[0] == 200
    for headers in ({"Origin": "http://evil.example"}, {"Origin": "null"}, {"Host": "evil.example"}):
        assert studio.ask("/", **headers)[0] == 403
    assert studio.ask("/", Sec_Fetch_Site="cross-site")[0] == 403
    assert studio.ask(at("/boost"), "POST", b"{}", token="")[0] == 403
    assert studio.studio.jobs.state["state"] == "idle"


def test_bodies_over_the_limit_are_refused_announced_or_not(studio: Served) -> None:
    import http.client

    status, said = studio.ask(at("/label/0?revision=0"), "PUT", b"x" * 100_001)
    assert status == 413 and b"100000 bytes" in said
    connection = http.client.HTTPConnection(studio.address.removeprefix("http://"))
    chunks = (b"x" * 50_000 for _ in range(3))
    headers = {"X-Studio-Token": studio.token}
    connection.request("PUT", at("/label/0?revision=0"), chunks, headers, encode_chunked=True)
    assert connection.getresponse().status == 413
    connection.close()
    assert studio.ask("/")[0] == 200


@pytest.mark.parametrize(
    "path",
    [
        "/video/..", "/video/../secret.txt", "/video/%2e%2e%2fsecret.txt", "/../secret.txt", "/video/nobody",
        "{v}/file/0/..%2f..%2fsecret.txt", "{v}/file/0/../../secret.txt", "{v}/file/0/.done.json",
        "{v}/file/9/run.json", "{v}/file/0/%2fetc%2fpasswd", "{v}/file/0/link",
        "{v}/map/0/999", "{v}/map/5/0", "{v}/frame/999", "{v}/label/0",
    ],
)  # fmt: skip
def test_nothing_but_what_is_listed_can_be_asked_for(studio: Served, path: str) -> None:
    link = studio.studio.workspace.out / NAME / "link"
    if not link.is_symlink():
        link.symlink_to(studio.studio.workspace.out.parent / "secret.txt")
    status, said = studio.ask(path.replace("{v}", at()))
    assert status in (400, 404) and said != b"secret"


def test_pages_escape_names_and_allow_no_foreign_script(studio: Served) -> None:
    for path in ("/", at()):
        page = studio.ask(path)[1].decode()
        assert NAME not in page and "&lt;b&gt;clip &amp; &#39;ünï&#39;" in page
    import urllib.request

    request = urllib.request.Request(studio.address + at(), headers={"X-Studio-Token": studio.token})
    with urllib.request.urlopen(request) as answer:
        policy = answer.headers["Content-Security-Policy"]
    assert "default-src 'none'" in policy and "unsafe" not in policy
    status, body = studio.ask(at("/file/0/report.html"))
    assert status == 200 and b"<!DOCTYPE" in body


def test_labels_are_painted_undone_and_taken_away(studio: Served) -> None:
    def revision() -> int:
        return studio.studio.workspace.videos[NAME].labels.history("00002").revision

    assert studio.ask(at("/label/2?revision=7"), "PUT", mask())[0] == 409
    assert json.loads(studio.ask(at(f"/label/2?revision={revision()}"), "PUT", mask())[1])["at"] == 1
    assert studio.ask(at("/label/2"))[0] == 200
    body = studio.ask(at("/labels.zip"))[1]
    with zipfile.ZipFile(io.BytesIO(body)) as archive:
        assert archive.namelist() == [f"{NAME}/00002.png"]
    assert 2 not in [s["index"] for s in json.loads(studio.ask(at("/suggestions"))[1])]
    assert json.loads(studio.ask(at(f"/label/2/0?revision={revision()}"), "POST")[1])["at"] == 0
    assert studio.ask(at("/boost"), "POST", b"{}") == (
        400,
        b"paint a frame first: without any label the result would be the same again",
    )
    assert studio.ask(at("/label/2?revision=x"), "PUT", mask())[0] == 400
    assert studio.ask(at(f"/label/2?revision={revision()}"), "PUT", b"no picture")[0] == 400


def test_frames_and_parts_are_pictures(studio: Served) -> None:
    frame = cv2.imdecode(np.frombuffer(studio.ask(at("/frame/3"))[1], np.uint8), cv2.IMREAD_COLOR)
    assert frame.shape == (*SIZE, 3)
    part = cv2.imdecode(np.frombuffer(studio.ask(at("/part/3?x=.2&y=.28"))[1], np.uint8), cv2.IMREAD_UNCHANGED)
    assert part.shape == SIZE and part[10:26, 10:26].mean() > 240 and part[40:].mean() < 10
    assert studio.ask(at("/part/3?x=a&y=1"))[0] == 400
    with zipfile.ZipFile(io.BytesIO(studio.ask(at("/result/0.zip"))[1])) as archive:
        assert f"{NAME}/00000.png" in archive.namelist() and f"{NAME}/link" not in archive.namelist()


def test_the_token_outlives_the_server_and_is_the_owner_s_alone(tmp_path: Path) -> None:
    results(tmp_path / "out", "clip")
    tokens = {Workspace(tmp_path / "out", [], {}).token() for _ in range(2)}
    assert len(tokens) == 1 and len(tokens.pop()) >= 32
    assert (tmp_path / "out" / ".studio" / "token").stat().st_mode & 0o077 == 0


def test_a_round_that_was_running_when_the_studio_went_is_to_be_gone_on_with(tmp_path: Path) -> None:
    results(tmp_path / "out", "clip")
    rounds = Workspace(tmp_path / "out", [], {}).videos["clip"].rounds
    rounds.next().note(state="running", work={})
    assert [r.number for r in rounds.all()] == [0, 1] and rounds.next().number == 2
    Workspace(tmp_path / "out", [], {})
    assert rounds.all()[-1].job["state"] == "stopped" and len(rounds.finished()) == 1


def test_a_video_is_found_from_where_it_was_boosted_and_missed_with_a_mend(tmp_path: Path) -> None:
    folder = results(tmp_path / "out", "clip")
    run = json.loads((folder / "run.json").read_text())
    (folder / "run.json").write_text(json.dumps({**run, "path": "frames/clip"}))
    assert Workspace(tmp_path / "out", [], {}).videos["clip"].source.path == tmp_path / "frames" / "clip"
    (tmp_path / "frames").rename(tmp_path / "moved")
    with served(tmp_path / "out") as running:
        status, page = running.ask("/video/clip")
        assert status == 200 and b"vsodboost studio VIDEO -o" in page
        assert running.ask("/video/clip/label/0?revision=0", "PUT", mask())[0] == 200
        status, said = running.ask("/video/clip/boost", "POST", b"{}")
        assert status == 400 and b"no such file" in said


def test_a_round_with_labels_has_the_settings_of_the_first_but_for_where_and_how_it_learns(tmp_path: Path) -> None:
    folder = results(tmp_path / "out", "clip")
    run = json.loads((folder / "run.json").read_text())
    first = {"target": "maps:m", "flow": "raft", "executor": "ray", "scope": "dataset", "profile": "paper", "seed": 7}
    (folder / "run.json").write_text(json.dumps({**run, "settings": first}))
    video = Workspace(tmp_path / "out", [], {}).videos["clip"]
    video.labels.paint("00001", np.full(SIZE, 255, np.uint8), 0)
    work = video.work(video.rounds.next(), ["sheet"], resume=False)
    options = work["options"]
    assert (options["target"], options["flow"], options["seed"]) == ("maps:m", "raft", 7)
    assert (options["executor"], options["scope"], options["profile"]) == ("local", "video", "fast")
    assert options["booster"] == "labels" and work["writers"] == ["report", "sheet"]
    labels = Path(options["booster_options"]["labels"])
    assert [file.name for file in labels.rglob("*.png")] == ["00001.png"]


def test_a_worker_ends_when_its_studio_is_gone() -> None:
    process = subprocess.Popen(jobs.WORKER, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    assert process.stdin is not None
    process.stdin.write(json.dumps({"path": "/nowhere", "name": "x"}).encode() + b"\n")
    process.stdin.close()  # as when the studio is killed
    assert process.wait(120) in (128 + signal.SIGTERM, 1)
    for pipe in (process.stdout, process.stderr):
        assert pipe is not None
        pipe.close()


def test_what_changed_is_told_with_and_without_the_painted_frames(tmp_path: Path) -> None:
    before = write_report(tmp_path / "a", [[0.5, 0.5, 0.5]])
    after = write_report(tmp_path / "b", [[0.8, 0.6, 1.0]])
    after["flags"] = {"labelled": [2]}
    after["thumbs"][1]["boosted"] = after["thumbs"][1]["frame"]  # another picture
    found = difference(before, after)
    assert found["trust"] == [0.5, 0.8] and found["others"] == [0.5, 0.7]
    assert [row["index"] for row in found["changed"]] == [1] and found["changed"][0]["after"] == pytest.approx(0.6)


def test_suggestions_are_where_doubt_is(tmp_path: Path) -> None:
    data = write_report(tmp_path, [[0.9] * 30 + [0.1] * 10 + [0.9] * 30])
    found = suggestions(data, [], 2)
    assert 30 <= found[0]["index"] < 40 and found[0]["gain"] > found[1]["gain"]
    assert suggestions({**data, "thumbs": []}, []) == []


def test_rounds_of_a_video_without_results_begin_with_the_first(tmp_path: Path) -> None:
    rounds = Rounds("clip", tmp_path / "clip", tmp_path / "rounds")
    assert rounds.all() == [] and rounds.next().number == 0


def test_hosts_and_ports() -> None:
    assert is_loopback("127.0.0.1") and is_loopback("::1") and not is_loopback("0.0.0.0")
    with bound("127.0.0.1", 0) as taken:
        port = taken.getsockname()[1]
        with pytest.raises(UsageError, match=f"port {port}.*choose another --port"):
            bound("127.0.0.1", port)


def test_where_others_are_let_in_they_may_call_the_machine_as_they_do(tmp_path: Path) -> None:
    import http.client

    from vsodboost.studio.guard import Guard

    results(tmp_path / "out", "clip")
    with served(tmp_path / "out") as running:
        assert running.ask("/", Host="studio.example:80")[0] == 403
    asked = {"type": "http", "query_string": b"token=t", "headers": [(b"host", b"studio.example:80")]}
    guard = Guard(lambda *_: None, "t", [])  # type: ignore[arg-type,return-value]
    assert guard._refusal(asked) is None
    refusal = guard._refusal({**asked, "headers": [*asked["headers"], (b"origin", b"http://evil.example")]})  # type: ignore[misc]
    assert refusal is not None and refusal.status_code == http.client.FORBIDDEN
