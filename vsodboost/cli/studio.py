"""``vsodboost studio``: reports live in the browser, and the loop of painting and boosting again."""

from __future__ import annotations

from pathlib import Path

import click

from vsodboost.cli.streams import answer, answering


@click.command("studio", short_help="Paint a few frames in the browser and boost again.")
@click.argument("place", metavar="OUT|VIDEO...", nargs=-1, required=True)
@click.option(
    "-o", "--out", type=click.Path(path_type=Path), default=Path("boosted"), show_default=True,
    help="Output folder of the videos that are named.",
)  # fmt: skip
@click.option("--target", "-t", metavar="NAME", default="lite", show_default=True, help="Target of a first boost.")
@click.option("--steps", type=click.IntRange(min=1), help="Fine-tuning steps a buffer.")
@click.option("--device", default="auto", show_default=True, help="auto, cpu, cuda, cuda:1 ...")
@click.option("--seed", type=click.IntRange(0, 2**32 - 1), default=0, show_default=True)
@click.option("--host", default="127.0.0.1", show_default=True, help="Where to listen; another lets others in.")
@click.option("--port", type=click.IntRange(0, 65535), help="[default: 8737, or any free one]")
@click.option("--no-browser", is_flag=True, help="Only print the address.")
@answering
def studio_command(
    place: tuple[str, ...],
    *,
    out: Path,
    target: str,
    steps: int | None,
    device: str,
    seed: int,
    host: str,
    port: int | None,
    no_browser: bool,
) -> None:
    """Open results or videos in the browser: what to trust, the frames whose labels would help most, a brush for them,
    and a button that boosts again with what was painted.

    Name the output folder of vsodboost wrap, or videos, which are then boosted from within the studio. Labels, rounds
    and the token of the address lie in OUT/.studio; nothing is lost when the tab or the studio goes. Ctrl-C ends it.
    docs/studio.md tells more.

    Exit code: 0 ended by Ctrl-C, 2 wrong use.
    """
    from vsodboost.data.errors import UsageError
    from vsodboost.datasets.inputs import Inputs, open_inputs
    from vsodboost.io.output_paths import refuse_unwritable
    from vsodboost.registry.discovery import Registry

    try:
        from vsodboost.studio.serve import is_loopback, serve
        from vsodboost.studio.server import Studio
    except ImportError as error:
        raise UsageError(f"the studio needs {error.name}: pip install 'vsodboost[studio]'") from error
    from vsodboost.studio.workspace import STUDIO, Workspace

    first = Path(place[0])
    holds_results = first.is_dir() and ((first / STUDIO).is_dir() or any(first.glob("*/run.json")))
    if holds_results and len(place) > 1:
        raise UsageError(f"{first} holds results; name it alone, or videos")
    sources = Inputs() if holds_results else open_inputs(list(place))
    where = first if holds_results else out
    refuse_unwritable(where)
    options = {"target": target, "steps": steps, "device": device, "seed": seed}
    registry = Registry.load()
    writers = [name for name in registry.entries["writers"] if name not in ("maps", "table", "report")]
    workspace = Workspace(where, sources, options)
    if not is_loopback(host):
        click.echo(f"vsodboost: {host} is open to other machines: whoever has the address below may use it", err=True)

    def ready(address: str) -> None:
        answer(address)
        click.echo("vsodboost: the studio runs; Ctrl-C ends it, and nothing is lost", err=True)
        if not no_browser:
            import webbrowser

            webbrowser.open(address)

    serve(Studio(workspace, writers), host, port, ready)
