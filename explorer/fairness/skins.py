"""What a study of many lesions on other skin found, in words (explorer.fairness.counterfactual)."""

from dataclasses import dataclass

from explorer.fairness.counterfactual import Study
from explorer.fairness.cutoffs import percent
from explorer.fairness.metrics import Rate
from explorer.rules.rules import DEFAULT_RULE, RULES
from explorer.util.plain import plain


@dataclass(frozen=True)
class Finding:
    """How often one rule calls the same lesions malignant on other skin.

    Attributes
    ----------
    rule : str
    places : tuple of (float, Rate)
        Target ITA and share called malignant: the lightest and the darkest target, and between
        them the targets where fewer, or more, are called than at either end; lightest first.
    flips : Rate
        Share of lesions whose decision changes anywhere on the way.
    cutoff : str
        From where on it calls malignant, in words; empty for its own cut-off.
    """

    rule: str
    places: tuple[tuple[float, Rate], ...]
    flips: Rate
    cutoff: str = ""

    @property
    def text(self) -> str:
        """Two sentences: counts with n and intervals, and what alone has changed."""
        n = max(rate.n for _, rate in self.places)
        counts = [f"{_called(rate, n)} at {angle:g}°" for angle, rate in self.places]
        return (
            f"The same {n} lesions by the rule {RULES[self.rule].name}{self.cutoff}: called "
            f"malignant {', '.join(counts).replace('-', '−')}. Only the simulated skin changed: "
            f"the decision flips for {round(self.flips.value * self.flips.n)} of {self.flips.n} "
            f"({percent(self.flips)})."
        )


def finding(study: Study, rule: str) -> Finding:
    """The rule's calls at both ends of the targets, and where they are most extreme between."""
    rates = {target: rate for target, rate in study.called(rule).items() if target != "own"}
    value = {target: rates[target].value or 0.0 for target in study.targets}
    ends = study.targets[0], study.targets[-1]
    fewest, most = (extreme(study.targets, key=value.get) for extreme in (min, max))
    between = {fewest} if value[fewest] < min(map(value.get, ends)) else set()
    between |= {most} if value[most] > max(map(value.get, ends)) else set()
    kept = [target for target in study.targets if target in {*ends, *between}]
    places = tuple((target, rates[target]) for target in kept)
    return Finding(rule, places, study.flip_share(rule), cutoff_words(study, rule))


def cutoff_words(study: Study, rule: str) -> str:
    """``, malignant from P = 0.35``: what is added to a rule's name; empty at its own cut-off."""
    return "" if study.cutoffs is None else f", malignant from {study.cutoffs.of(rule).text}"


def _called(rate: Rate, n: int) -> str:
    of = "" if rate.n == n else f" of {rate.n}"
    return f"{round((rate.value or 0) * rate.n)}{of} ({percent(rate)})"


def study_json(study: Study) -> dict:
    """A study at its cut-offs: their fields, and by rule beside ``same`` ``flips`` and ``called``.

    ``flips`` is the share of lesions whose decision changes, ``called`` that of those called
    malignant as they are ("own") and at every target.
    """
    said = {
        rule: {"flips": plain(study.flip_share(rule)), "called": plain(study.called(rule))}
        for rule in study.rules
    }
    return study.cutoffs.to_json(said)


def summary(study: Study) -> str:
    """What the study found, as text of the command line."""
    lines = [
        f"{study.images} lesions, {study.weights}, {study.transform} transform, {study.scope}; "
        f"targets {', '.join(f'{t:g}' for t in study.targets)} and their own ITA",
        f"largest miss of a target: {study.table['largest_miss'].max():.2f} degrees",
    ]
    lines += [finding(study, rule).text for rule in study.rules if rule == DEFAULT_RULE]
    for rule in study.rules:
        spread = study.spread(rule)
        interval = "" if spread.low is None else f" [{spread.low:.3f}, {spread.high:.3f}]"
        lines.append(
            f"{RULES[rule].name}: decision flips for {_percent(study.flip_share(rule))}; range of "
            f"the probability, median {spread.median:.3f}{interval}, quartiles "
            f"{spread.lower_quartile:.3f} and {spread.upper_quartile:.3f}"
        )
    rule = DEFAULT_RULE if DEFAULT_RULE in study.rules else study.rules[0]
    lines.append(f"Decision flips by original tone, {RULES[rule].name}:")
    lines += [
        f"  {name}: {_percent(study.flip_share(rule, chosen))}"
        for name, chosen in study.members("published").items()
    ]
    lines.append("Called malignant by target:")
    lines += [f"  {place}: {_percent(rate)}" for place, rate in study.called(rule).items()]
    return "\n".join(lines)


def _percent(rate: Rate) -> str:
    if rate.value is None:
        return "none, n = 0"
    return f"{rate.value:.1%} [{rate.low:.1%}, {rate.high:.1%}], n = {rate.n}"
