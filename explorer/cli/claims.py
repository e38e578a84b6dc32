"""``claims``: the study's claims, each beside the same figure recomputed here."""

from explorer.cli.output import declared
from explorer.study.claims import STATUSES, AuditCard, audit_card, audit_cards, second_system_cards
from explorer.study.claims.card import card_json
from explorer.util.plain import print_json

TEXT = "Recompute the study's published claims; without a key, list all with their verdicts."


def add_parser(commands) -> None:
    """Declare the command; ``commands`` is what ``ArgumentParser.add_subparsers`` returned."""
    add = declared(commands, "claims", TEXT, run)
    add("key", nargs="?", metavar="KEY", help="one claim, for example multiverse")
    add("--json", action="store_true", help="print JSON instead of text")


def run(options) -> int:
    """Run the command."""
    every = (*audit_cards(), *second_system_cards())
    chosen = [audit_card(options.key)] if options.key else every
    if options.json:
        print_json([card_json(card) | {"command": card.command} for card in chosen])
    elif options.key:
        print(card_text(chosen[0]))
    else:
        width = max(len(card.key) for card in every)
        for card in every:
            print(f"{card.key:{width}s}  {STATUSES[card.status]}: {card.title}")
    return 0


def card_text(card: AuditCard) -> str:
    """The card as paragraphs, its table last."""
    told = {
        "Claim": card.claim,
        "Published": card.published_figure,
        "Recomputed": card.recomputed_figure,
        "Verdict": f"{STATUSES[card.status]}. {card.verdict}",
        "Uncertainty": card.uncertainty,
        "What would change it": card.would_change,
        "Code and data": card.path,
        "Source": card.source,
    }
    headers, rows = card.table
    lines = [f"{key}: {text}" for key, text in told.items()]
    return "\n".join([card.title, *lines, "", *(" | ".join(row) for row in [headers, *rows])])
