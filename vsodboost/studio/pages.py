"""The studio's pages: the report's views, live, and what is needed to paint and to boost again."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any
from urllib.parse import quote

from vsodboost.data.errors import InputError, UsageError
from vsodboost.io.atomic import write_text
from vsodboost.studio.rounds import Round, difference
from vsodboost.studio.workspace import Video, Workspace
from vsodboost.writers.report.data import as_json
from vsodboost.writers.report.existing import read_json, stored_data
from vsodboost.writers.report.page import templates


def list_page(workspace: Workspace, token: str, nonce: str) -> str:
    """Return the page of all videos."""
    rows = []
    for name, video in workspace.videos.items():
        finished = video.rounds.finished()
        run = read_json(finished[-1].folder / "run.json") if finished else {}
        labels = len(video.labels.labelled()) if (video.place / "labels" / "labels.json").exists() else 0
        rows.append(
            {
                "name": name,
                "link": f"/video/{quote(name, safe='')}",
                "run": run,
                "rounds": len(finished),
                "labels": labels,
            }
        )
    return templates().get_template("studio_list.html").render(videos=rows, token=token, nonce=nonce, title="Studio")


def video_page(video: Video, token: str, nonce: str, job: Mapping[str, Any], writers: Sequence[str]) -> str:
    """Return the page of one video, on its latest round."""
    finished, begun = video.rounds.finished(), video.rounds.all()
    data = _stored(finished[-1]) if finished else None
    before = _stored(finished[-2]) if len(finished) > 1 else None
    studio = {
        "token": token,
        "video": video.name,
        "base": f"/video/{quote(video.name, safe='')}",
        "round": finished[-1].number if finished else None,
        "before": finished[-2].number if len(finished) > 1 else None,
        "rounds": [{"number": r.number, "files": _shown_files(r)} for r in finished],
        "kept": video.rounds.kept,
        "folder": str(video.rounds.base),
        "unfinished": _unfinished(begun),
        "labels": _labels(video, data),
        "size": list(video.size) if data else None,
        "job": dict(job),
        "writers": list(writers),
        "trouble": _trouble(video),
    }
    change = difference(before, data) if before and data else None
    page = templates().get_template("studio.html")
    return page.render(data=data, studio=studio, change=change, nonce=nonce, title=f"{video.name} · studio")


def _stored(round_: Round) -> dict[str, Any]:
    """The data of a round; made once where the run wrote no report."""
    found = stored_data(round_.folder)
    if found is None:
        found = round_.data()
        write_text(round_.folder / "report.json", as_json(found) + "\n")
    return found


def _trouble(video: Video) -> str:
    """Why its frames cannot be shown, if they cannot: the video may have been moved since."""
    try:
        _ = video.source
    except UsageError as error:
        return str(error)
    return ""


def _labels(video: Video, data: Mapping[str, Any] | None) -> dict[str, Any]:
    """The labels' states by frame index."""
    if data is None:
        return {}
    names = {name: index for index, name in enumerate(data["names"])}
    known = {name: video.labels.history(name) for name in names}
    return {str(names[name]): vars(h) for name, h in known.items() if h.revision}


def _unfinished(begun: Sequence[Round]) -> dict[str, Any] | None:
    """The last round, if it was stopped or failed."""
    if not begun or begun[-1].done:
        return None
    try:
        job = begun[-1].job
    except InputError as error:
        job = {"state": "failed", "why": str(error)}
    return {"number": begun[-1].number, "state": job.get("state", "stopped"), "why": job.get("why", "")}


def _shown_files(round_: Round) -> list[str]:
    """The files of a round but its maps, which the archive has."""
    return [name for name in round_.files() if "/" not in name and not name.endswith(".png")] + [
        name for name in round_.files() if name == "contact_sheet.png"
    ]
