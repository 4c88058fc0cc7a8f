"""`python -m custodian_server.shipping`: renew what is shipped, or build what is released."""

from pathlib import Path

import click

from custodian_core.errors import CustodianError
from custodian_prompts import load

from . import sbom
from .bundle import pack
from .facts import read
from .files import renew
from .release import release, settle

ROOT = Path(__file__).parents[3]


@click.command()
@click.option("--bundle", type=click.Path(path_type=Path), help="Pack the .mcpb bundle into it.")
@click.option(
    "--release",
    "released",
    type=click.Path(path_type=Path, file_okay=False),
    help="Build wheel, source and bundle into that folder, with checksums.",
)
@click.option("--sbom", "listed", type=click.Path(path_type=Path), help="Write what it is made of.")
def main(bundle: Path | None, released: Path | None, listed: Path | None) -> None:
    """Renew every file that is shipped beside the wheel, from one table."""
    facts = read(ROOT, load)
    if released:
        try:
            settle(facts)
            click.echo("\n".join(f"{released}/{name}" for name in release(facts, released)))
        except CustodianError as error:
            raise click.ClickException(str(error)) from None
        return
    if listed:
        listed.parent.mkdir(parents=True, exist_ok=True)
        listed.write_text(sbom.bill(facts))
        click.echo(f"{listed}: CycloneDX 1.6")
        return
    if bundle:
        click.echo(f"{bundle}: {pack(facts, bundle)} files")
        return
    changed = renew(facts)
    click.echo("\n".join(f"renewed {name}" for name in changed) or "all is as it has to be")


main()
