"""Rates and p-values in words."""

from explorer.fairness.metrics import Rate


def rate_text(rate: Rate) -> str:
    """``0.72 [0.64, 0.79]``, or ``undefined``; three decimals where the interval is below 0.05."""
    if rate.value is None:
        return "undefined"
    digits = 3 if rate.high - rate.low < 0.05 else 2
    return f"{rate.value:.{digits}f} [{rate.low:.{digits}f}, {rate.high:.{digits}f}]"


def p_text(p_value: float) -> str:
    """``p = 0.17``, with two significant digits; ``p < 0.001`` below that."""
    if p_value < 0.001:
        return "p < 0.001"
    return f"p = {p_value:.3f}" if p_value < 0.1 else f"p = {p_value:.2f}"


def p_cell(p_value: float) -> str:
    """``0.17`` or ``< 0.001``, under a header that says p."""
    return p_text(p_value).removeprefix("p ").removeprefix("= ")
