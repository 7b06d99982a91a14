"""``aitbc config``: a node's settings, where each comes from, and changing one."""

import json
from pathlib import Path

import click

from chain.errors import ConfigError
from node.cli.options import HOME, JSON
from node.cli.screen import print_done, print_json, print_table
from node.home import Home


@click.group()
def config() -> None:
    """See and change a node's settings."""


@config.command()
@HOME
@JSON
def show(home: Path, *, as_json: bool) -> None:
    """List the settings of a node and where each comes from.

    Example: aitbc config show --home ~/aitbc
    """
    from node.config import load_settings
    from node.settings_file import find_sources, list_settings

    settings, sources = list_settings(load_settings(Home(home))), find_sources(Home(home))
    if as_json:
        print_json({name: [value, sources[name]] for name, value in settings.items()})
        return
    rows = [(name, json.dumps(value), sources[name]) for name, value in settings.items()]
    print_table(("setting", "value", "from"), rows)


@config.command()
@click.argument("name")
@HOME
def get(name: str, home: Path) -> None:
    """Print one setting as a node would read it, as JSON.

    Example: aitbc config get rpc.port --home ~/aitbc
    """
    from node.config import load_settings
    from node.settings_file import list_settings

    settings = list_settings(load_settings(Home(home)))
    if name not in settings:
        raise ConfigError(detail=f"there is no setting {name!a}; aitbc config show lists them")
    click.echo(json.dumps(settings[name]))


@config.command(name="set")
@click.argument("name")
@click.argument("value")
@HOME
@JSON
def set_(name: str, value: str, home: Path, *, as_json: bool) -> None:
    """Write one setting into config.toml; its other lines and comments stay as they are.

    The node takes it at its next start. Lists are written ["one", "two"].

    Example: aitbc config set rpc.port 8546 --home ~/aitbc
    """
    from node.settings_file import set_setting

    place = Home(home)
    place.check()
    written = set_setting(place, name, value)
    document = {"name": name, "value": written}
    print_done(f"{name} = {json.dumps(written)}", document, as_json=as_json)
    click.echo("restart the node to use it", err=True)


@config.command()
@HOME
@JSON
def path(home: Path, *, as_json: bool) -> None:
    """Print where the settings are kept.

    Example: aitbc config path --home ~/aitbc
    """
    config = Home(home).config
    print_done(str(config), {"path": str(config)}, as_json=as_json)
