"""``aitbc billing grant`` and ``revoke``: letting another key spend, as a rule of the chain."""

import click

from chain.errors import ConfigError
from chain.primitives import PublicKey
from node.cli.keys import FROM, open_key
from node.cli.options import AMOUNT, JSON, RPC
from node.cli.passphrases import PassphraseSource, takes_passphrase
from node.cli.submitting import FEE, GENESIS, WAIT, Sender, parse_label, submit
from node.cli.words import aitbc_of


@click.command()
@FROM
@click.option("--label", required=True, help="What you call the key.")
@click.option("--key", "digits", required=True, help="Its public key, 64 hexadecimal digits.")
@click.option(
    "--may",
    type=click.Choice(("reserve", "accept", "receipt")),
    multiple=True,
    required=True,
    help="What it may do; may be given several times.",
)
@click.option("--limit", type=AMOUNT, required=True, help="AITBC in all.")
@click.option("--at-once", type=AMOUNT, help="AITBC in one transaction; the limit unless given.")
@click.option("--per-period", type=AMOUNT, help="AITBC in a period; the limit unless given.")
@click.option("--period", type=click.IntRange(1, 10_000_000), default=86_400, show_default=True)
@click.option("--for-heights", type=click.IntRange(1, 10_000_000), default=1_000_000)
@click.option("--model", "models", multiple=True, help="Reserve for these models alone.")
@FEE
@GENESIS
@WAIT
@takes_passphrase
@RPC
@JSON
def grant(  # noqa: PLR0913 - one option each
    *,
    source: str,
    label: str,
    digits: str,
    may: tuple[str, ...],
    limit: int,
    at_once: int | None,
    per_period: int | None,
    period: int,
    for_heights: int,
    models: tuple[str, ...],
    fee: int | None,
    genesis: str | None,
    wait: bool,
    passphrase: PassphraseSource,
    rpc: str,
    as_json: bool,
) -> None:
    """Let another key spend for an account, within limits that the chain keeps.

    It can reserve, accept or sign receipts, and never transfer. Periods are counted in heights.

    Example: aitbc billing grant --from alice --label gateway --key KEY --may reserve --limit 50
    """
    from chain.grants import Scope
    from chain.policy_payloads import Grant

    sender = Sender.of(rpc, genesis=genesis)
    payload = Grant(
        label=parse_label(label, what="key's label"),
        public_key=_key_of(digits),
        scopes=sum(Scope[one.upper()] for one in set(may)),
        total_limit=limit,
        transaction_limit=limit if at_once is None else at_once,
        period_limit=limit if per_period is None else per_period,
        period_heights=period,
        expires_at=sender.chain.height + for_heights,
        models=tuple(parse_label(model, what="model") for model in models),
    )
    spends = f"let {label} spend up to {aitbc_of(str(limit))} AITBC of {source}"
    click.echo(f"{spends} until height {payload.expires_at}", err=True)
    opened = open_key(source, passphrase)
    submit(sender, payload, key=opened, fee=fee, wait=wait, as_json=as_json)


@click.command()
@FROM
@click.option("--key", "digits", required=True, help="Its public key, 64 hexadecimal digits.")
@FEE
@GENESIS
@WAIT
@takes_passphrase
@RPC
@JSON
def revoke(  # noqa: PLR0913 - one option each
    source: str,
    digits: str,
    *,
    fee: int | None,
    genesis: str | None,
    wait: bool,
    passphrase: PassphraseSource,
    rpc: str,
    as_json: bool,
) -> None:
    """Take back what a key may do, from the block on that holds this.

    Example: aitbc billing revoke --from alice --key KEY
    """
    from chain.policy_payloads import Revoke

    payload = Revoke(public_key=_key_of(digits))
    sender = Sender.of(rpc, genesis=genesis)
    key = open_key(source, passphrase)
    submit(sender, payload, key=key, fee=fee, wait=wait, as_json=as_json)


def _key_of(digits: str) -> PublicKey:
    """Return a public key that the chain takes.

    Raises:
        ConfigError: it is none.
    """
    from chain.crypto import is_strong_key

    try:
        key = bytes.fromhex(digits.removeprefix("0x"))
    except ValueError:
        key = b""
    if not is_strong_key(key):
        raise ConfigError(detail="that is no public key: 64 hexadecimal digits of a sound key")
    return PublicKey(key)
