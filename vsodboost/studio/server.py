"""The studio's server: pages and what they ask for. Every path is looked up, none is made of what is asked."""

from __future__ import annotations

import json
import secrets
import tempfile
import zipfile
from collections.abc import AsyncIterator, Callable, Iterator, Mapping, Sequence
from contextlib import asynccontextmanager
from pathlib import Path
from typing import IO

import cv2
from starlette.applications import Starlette
from starlette.concurrency import run_in_threadpool
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import FileResponse, HTMLResponse, JSONResponse, PlainTextResponse, Response, StreamingResponse
from starlette.routing import Route

from vsodboost.data.errors import VsodboostError
from vsodboost.studio.events import Events
from vsodboost.studio.guard import Guard
from vsodboost.studio.jobs import WORKER, Busy, Jobs
from vsodboost.studio.keeping import keep
from vsodboost.studio.label_store import History, Outdated, mask_in
from vsodboost.studio.pages import list_page, video_page
from vsodboost.studio.parts import part_at
from vsodboost.studio.rounds import Round
from vsodboost.studio.suggestions import suggestions
from vsodboost.studio.workspace import Video, Workspace

PRIVATE = {"Cache-Control": "no-store", "Referrer-Policy": "no-referrer", "X-Content-Type-Options": "nosniff"}


class Studio:
    """Handlers over one workspace. ``writers`` are names of further outputs that a boost may write; ``command`` starts
    the process that boosts."""

    def __init__(self, workspace: Workspace, writers: Sequence[str] = (), command: Sequence[str] = WORKER) -> None:
        self.workspace, self.writers = workspace, tuple(writers)
        self.events = Events()
        self.jobs = Jobs(lambda state: self.events.tell("job", **state), command)

    def app(self, token: str, hosts: Sequence[str], **limits: int) -> Starlette:
        """Return the application, to be served under one of ``hosts`` ("127.0.0.1:8737")."""
        self.token = token
        video = "/video/{video}"
        routes = [
            Route("/", self.list),
            Route(video, self.video),
            Route(f"{video}/frame/{{index:int}}", self.frame),
            Route(f"{video}/map/{{round:int}}/{{index:int}}", self.map),
            Route(f"{video}/label/{{index:int}}", self.label),
            Route(f"{video}/label/{{index:int}}", self.paint, methods=["PUT"]),
            Route(f"{video}/label/{{index:int}}/{{step:int}}", self.step, methods=["POST"]),
            Route(f"{video}/part/{{index:int}}", self.part),
            Route(f"{video}/suggestions", self.suggestions),
            Route(f"{video}/boost", self.boost, methods=["POST"]),
            Route(f"{video}/resume", self.resume, methods=["POST"]),
            Route(f"{video}/keep/{{round:int}}", self.keep, methods=["POST"]),
            Route("/stop", self.stop, methods=["POST"]),
            Route("/events", self.listen),
            Route(f"{video}/labels.zip", self.labels_zip),
            Route(f"{video}/result/{{round:int}}.zip", self.result_zip),
            Route(f"{video}/file/{{round:int}}/{{name:path}}", self.file),
        ]
        guard = Middleware(Guard, token=token, hosts=hosts, **limits)
        failures = {VsodboostError: _failed, Busy: _conflict, Outdated: _conflict, HTTPException: _refused}
        return Starlette(routes=routes, middleware=[guard], exception_handlers=failures, lifespan=self._lifespan)

    @asynccontextmanager
    async def _lifespan(self, app: Starlette) -> AsyncIterator[None]:
        yield
        self.events.close()
        await run_in_threadpool(self.jobs.close)

    def list(self, request: Request) -> Response:
        """The page of all videos."""
        return self._page(lambda nonce: list_page(self.workspace, self.token, nonce))

    def video(self, request: Request) -> Response:
        """The page of one video."""
        video = self._video(request)
        return self._page(lambda nonce: video_page(video, self.token, nonce, self.jobs.state, self.writers))

    def frame(self, request: Request) -> Response:
        """A frame as JPEG."""
        picture = self._video(request).frames.jpeg(request.path_params["index"])
        return Response(picture, media_type="image/jpeg", headers={**PRIVATE, "Cache-Control": "private, max-age=3600"})

    def map(self, request: Request) -> Response:
        """The map of a frame in a round."""
        round_ = self._round(request)
        return FileResponse(round_.file(f"{self._name(request)}.png"), headers=PRIVATE)

    def label(self, request: Request) -> Response:
        """The label of a frame as it is now; 404 where there is none."""
        file = self._video(request).labels.file(self._name(request))
        if file is None:
            raise HTTPException(404, "this frame has no label")
        return FileResponse(file, headers=PRIVATE)

    async def paint(self, request: Request) -> Response:
        """Take a painted mask."""
        body, revision = await request.body(), _number(request, "revision")
        return await run_in_threadpool(self._paint, request, body, revision)

    def _paint(self, request: Request, body: bytes, revision: int) -> Response:
        video, name = self._video(request), self._name(request)
        history = video.labels.paint(name, mask_in(body, video.size), revision)
        return self._changed(request, video, history)

    def step(self, request: Request) -> Response:
        """Undo (0) or redo (1) the last change of a label."""
        video, by = self._video(request), 1 if request.path_params["step"] else -1
        history = video.labels.step(self._name(request), by, _number(request, "revision"))
        return self._changed(request, video, history)

    def _changed(self, request: Request, video: Video, history: History) -> Response:
        index, tab = request.path_params["index"], request.headers.get("x-studio-tab", "")
        facts = {"index": index, **vars(history), "labels": len(video.labels.labelled())}
        self.events.tell("label", video=video.name, tab=tab, **facts)
        return JSONResponse(facts)

    def part(self, request: Request) -> Response:
        """The part around a point, as a PNG at the size of a label."""
        video = self._video(request)
        frame = video.frames.image(request.path_params["index"])
        try:
            x, y = (min(1.0, max(0.0, float(_value(request, key)))) for key in ("x", "y"))
        except ValueError as error:
            raise HTTPException(400, "x and y are to be numbers") from error
        png = cv2.imencode(".png", part_at(frame, x, y, video.size))[1].tobytes()
        return Response(png, media_type="image/png", headers=PRIVATE)

    def suggestions(self, request: Request) -> Response:
        """The frames whose labels would help most."""
        video = self._video(request)
        finished = video.rounds.finished()
        if not finished:
            return JSONResponse([])
        data = finished[-1].data()
        labelled = video.labels.labelled()
        known = [t for t, name in enumerate(data["names"]) if name in labelled]
        return JSONResponse(suggestions(data, known))

    async def boost(self, request: Request) -> Response:
        """Begin the next round."""
        asked = await request.json() if await request.body() else {}
        writers = [name for name in asked.get("writers", ()) if name in self.writers]
        video = self._video(request)
        return await run_in_threadpool(self._start, video, video.rounds.next(), writers, False)

    def resume(self, request: Request) -> Response:
        """Go on with the last round, which was stopped or failed."""
        video = self._video(request)
        begun = video.rounds.all()
        if not begun or begun[-1].done:
            raise HTTPException(409, "there is nothing to go on with")
        return self._start(video, begun[-1], begun[-1].job.get("work", {}).get("writers", ()), True)

    def _start(self, video: Video, round_: Round, writers: Sequence[str], resume: bool) -> Response:
        if self.jobs.running:
            raise Busy(f"{self.jobs.state['video']} is being boosted; wait until that is done, or stop it")
        self.jobs.start(round_, video.work(round_, writers, resume=resume))
        return JSONResponse(self.jobs.state)

    def keep(self, request: Request) -> Response:
        """Put a round's results in the place of those in the output folder."""
        video, round_ = self._video(request), self._round(request)
        if self.jobs.running and self.jobs.state["video"] == video.name:
            raise Busy(f"{video.name} is being boosted; wait until that is done, or stop it")
        keep(video.rounds, round_.number, self.workspace.out)
        return JSONResponse({"kept": round_.number})

    def stop(self, request: Request) -> Response:
        """Stop the boost that runs."""
        self.jobs.stop()
        return JSONResponse(self.jobs.state)

    async def listen(self, request: Request) -> Response:
        """Everything that happens, from now on; first what the boost does at this moment."""
        stream = self.events.listen(f"event: job\ndata: {json.dumps(self.jobs.state)}\n\n")
        return StreamingResponse(stream, media_type="text/event-stream", headers=PRIVATE)

    def labels_zip(self, request: Request) -> Response:
        """All labels, as ``wrap --labels`` takes them: <video>/<frame>.png."""
        video = self._video(request)
        files = {name: video.labels.file(name) for name in video.labels.labelled()}
        return _zipped({f"{video.name}/{name}.png": f for name, f in files.items() if f is not None}, "labels.zip")

    def result_zip(self, request: Request) -> Response:
        """Every file of a round."""
        video, round_ = self._video(request), self._round(request)
        return _zipped({f"{video.name}/{name}": round_.file(name) for name in round_.files()}, "result.zip")

    def file(self, request: Request) -> Response:
        """One file of a round, to be kept; never shown, for a report would run in the studio's name."""
        file = self._round(request).file(request.path_params["name"])
        return FileResponse(file, filename=file.name, headers=PRIVATE)

    def _video(self, request: Request) -> Video:
        video = self.workspace.videos.get(request.path_params["video"])
        if video is None:
            raise HTTPException(404, "there is no such video here")
        return video

    def _round(self, request: Request) -> Round:
        number = request.path_params["round"]
        found = next((r for r in self._video(request).rounds.finished() if r.number == number), None)
        if found is None:
            raise HTTPException(404, "there is no such round, or it is not finished")
        return found

    def _name(self, request: Request) -> str:
        """The name of the frame that is asked for."""
        names, index = self._video(request).names(), int(request.path_params["index"])
        if index >= len(names):
            raise HTTPException(404, f"there is no frame {index}")
        return names[index]

    def _page(self, render: Callable[[str], str]) -> Response:
        nonce = secrets.token_urlsafe(16)
        policy = (
            f"default-src 'none'; img-src 'self' data: blob:; connect-src 'self'; style-src 'nonce-{nonce}'; "
            f"script-src 'nonce-{nonce}'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
        )
        return HTMLResponse(render(nonce), headers={**PRIVATE, "Content-Security-Policy": policy})


def _number(request: Request, key: str) -> int:
    value = _value(request, key)
    if not value.isdecimal():
        raise HTTPException(400, f"{key} is to be a number")
    return int(value)


def _value(request: Request, key: str) -> str:
    value = request.query_params.get(key)
    if value is None:
        raise HTTPException(400, f"{key} is missing")
    return value


def _zipped(files: Mapping[str, Path], name: str) -> Response:
    """Files by the names they are to have, as an archive that is made on disk and gone when it is sent."""
    archive = tempfile.TemporaryFile()  # noqa: SIM115 - closed when it is sent
    with zipfile.ZipFile(archive, "w", zipfile.ZIP_STORED) as packed:
        for called, file in files.items():
            packed.write(file, called)
    archive.seek(0)
    headers = {**PRIVATE, "Content-Disposition": f'attachment; filename="{name}"'}
    return StreamingResponse(_chunks(archive), media_type="application/zip", headers=headers)


def _chunks(file: IO[bytes]) -> Iterator[bytes]:
    with file:
        while chunk := file.read(1 << 20):
            yield chunk


def _failed(request: Request, error: Exception) -> Response:
    return PlainTextResponse(str(error), 400, headers=PRIVATE)


def _conflict(request: Request, error: Exception) -> Response:
    return PlainTextResponse(str(error), 409, headers=PRIVATE)


def _refused(request: Request, error: Exception) -> Response:
    assert isinstance(error, HTTPException)
    return PlainTextResponse(error.detail, error.status_code, headers=PRIVATE)
