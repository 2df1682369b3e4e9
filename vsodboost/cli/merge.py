"""``vsodboost merge``: the parts of a run, made with ``--shard``, as one."""

from __future__ import annotations

import json
import shutil
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from vsodboost.cli.streams import answer, answering
from vsodboost.data.errors import UsageError

if TYPE_CHECKING:
    from vsodboost.io.run_report import ShardReport


@click.command("merge", short_help="Make one result of the parts of a run (--shard).")
@click.argument("folders", metavar="OUT...", nargs=-1, required=True, type=click.Path(path_type=Path))
@click.option(
    "-o",
    "--out",
    type=click.Path(path_type=Path),
    help="Folder of the whole; videos are copied there from the others. Default: the only OUT.",
)
@click.option("--json", "as_json", is_flag=True, help="What became of all videos, as JSON on standard output.")
@answering
def merge_command(folders: tuple[Path, ...], *, out: Path | None, as_json: bool) -> None:
    """Make one result of the parts of a run.

    OUT are the output folders of the shards: one, if all wrote to the same. All parts must be there, made with the same
    settings; then the reports of the shards become one, with failed.json if videos failed, and index.html where videos
    have report pages.

    Exit code: 0 all done, 1 some videos failed, 2 a part is missing or does not belong to the others.
    """
    from vsodboost.io.output_paths import video_folder
    from vsodboost.io.run_report import read_shards, remove_shards, write_failed

    if out is None and len(folders) > 1:
        raise UsageError("several folders are to be one: say which with -o")
    whole = out or folders[0]
    shards = [(folder, shard) for folder in folders for shard in read_shards(folder)]
    _check([shard for _, shard in shards], folders)
    _check_settings(shards)
    for folder, shard in shards:
        if folder.resolve() != whole.resolve():
            for video in (*shard.done, *shard.skipped):
                _copy(video_folder(folder, video), video_folder(whole, video))
    failed = {name: failure for _, shard in shards for name, failure in shard.failed.items()}
    done = [name for _, shard in shards for name in (*shard.done, *shard.skipped)]
    write_failed(whole, failed, [*done, *failed])
    remove_shards(whole)
    if (whole / "index.html").exists() or any((whole / name / "report.html").exists() for name in done):
        from vsodboost.writers.report.index import write_index

        write_index(whole)
    if as_json:
        summaries = [_summary(video_folder(whole, name)) for name in done]
        reasons = {name: failure.reason for name, failure in failed.items()}
        answer(json.dumps({"out": str(whole), "done": summaries, "skipped": [], "failed": reasons}, indent=1))
    for name, failure in failed.items():
        click.echo(f"vsodboost: {name}: {failure.reason}", err=True)
    if not as_json:
        count = f", {len(failed)} failed" if failed else ""
        click.echo(f"{len(done)} done{count}, of {len(shards)} shards; all is in {whole}/", err=True)
    sys.exit(1 if failed else 0)


def _check(shards: Sequence[ShardReport], folders: Sequence[Path]) -> None:
    """Raise UsageError unless the shards are all parts of one run."""
    where = ", ".join(map(str, folders))
    if not shards:
        raise UsageError(f"there is no report of a shard in {where}; run vsodboost wrap with --shard I/N first")
    counts = {(shard.count, shard.total) for shard in shards}
    if len(counts) > 1:
        raise UsageError(f"the shards in {where} are of different runs; delete the shard-*.json of the older one")
    ((count, total),) = counts
    missing = sorted({*range(1, count + 1)} - {shard.index for shard in shards})
    if missing:
        named = ", ".join(f"{index}/{count}" for index in missing[:5])
        more = f" and {len(missing) - 5} more" if len(missing) > 5 else ""
        raise UsageError(f"shard {named}{more} is not in {where}; run it, or name its folder")
    names = [name for shard in shards for name in shard.videos]
    twice = next((name for name in names if names.count(name) > 1), None)
    if twice is not None:
        raise UsageError(f"{twice} is in several shards of {where}; they are of different runs")
    if len(names) != total:
        raise UsageError(f"the shards in {where} did {len(names)} of {total} videos; resume the unfinished one")


def _check_settings(shards: Sequence[tuple[Path, ShardReport]]) -> None:
    """Raise UsageError where a video is not done, or was made with other settings than the first."""
    from vsodboost.io.output_paths import video_folder
    from vsodboost.io.resume import settings_of

    first: tuple[Path, str] | None = None
    for folder, shard in shards:
        for video in (*shard.done, *shard.skipped):
            place = video_folder(folder, video)
            made_with = settings_of(place)
            if made_with is None:
                raise UsageError(f"{place} is not done, other than its shard says; run shard {shard.index} again")
            first = first or (place, made_with)
            if made_with != first[1]:
                raise UsageError(f"{place} was made with other settings or versions than {first[0]}")


def _copy(origin: Path, target: Path) -> None:
    """Copy a video's folder, whole or not at all. Raises VsodboostError, UsageError when there is one already."""
    from vsodboost.io.atomic import TEMPORARY, write_errors

    if target.exists():
        raise UsageError(f"{target} is there already; remove it, or choose another -o")
    part = target.with_name(f"{TEMPORARY}{target.name}")
    with write_errors(target):
        shutil.rmtree(part, ignore_errors=True)
        part.parent.mkdir(parents=True, exist_ok=True)
        try:
            shutil.copytree(origin, part, symlinks=True)
            part.replace(target)
        finally:
            shutil.rmtree(part, ignore_errors=True)


def _summary(folder: Path) -> Any:
    from vsodboost.data.errors import InputError
    from vsodboost.data.texts import json_value

    path = folder / "run.json"
    try:
        return json_value(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise InputError(f"{path} cannot be read ({error}); make that video anew") from error
