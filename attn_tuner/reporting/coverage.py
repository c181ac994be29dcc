"""Says how the doubt of the exported model did on test texts: sets, intervals, known texts."""

from attn_tuner.metrics import interval
from attn_tuner.storage.run import Run


def coverage_sentence(run: Run) -> str:
    """Gives the promised coverage and the one measured on test texts; "" without sets."""
    found = run.outcome.get("conformal")
    if not found:
        return ""
    number = run.plan.kind == "number"
    share = f"{100 * found['coverage']:.6g}%"  # 99.5 % is not 100 %.
    promised = f"Prediction {'intervals' if number else 'sets'} for {share} of texts"
    measured = found.get("test")
    if not measured:
        return f"{promised}: not measured, since there is no test part."
    low, high = interval(measured["covered"], measured["texts"])
    said = (
        f"{promised}: of {measured['texts']:,} test texts {measured['covered']:.1%} have their "
        f"{'number in it' if number else 'class in it'} (95 % interval {low:.1%} to {high:.1%})"
    )
    if number:
        return f"{said}; it reaches {found['at'][0]:.4g} to either side."
    return (
        f"{said}; a set has {measured['size']:.2f} classes in the mean, "
        f"{measured['single']:.1%} have one."
    )


def coverage_rows(run: Run) -> list[tuple]:
    """Lists class, test texts, share covered and its 95 % interval; empty without sets."""
    measured = (run.outcome.get("conformal") or {}).get("test") or {}
    return [
        (row["class"], row["texts"], row["covered"], *interval(row["covered"], row["texts"]))
        for row in measured.get("classes", ())
    ]


def known_sentence(run: Run) -> str:
    """Gives the share of test texts that count as known; "" for a model that does not tell."""
    found = run.outcome.get("known")
    if not found:
        return ""
    said = (
        f"Texts whose answer has an entropy above {found['entropy']:.3f} nats count as none of the "
        "classes"
    )
    measured = found.get("test")
    if not measured:
        return f"{said}: not measured, since there is no test part."
    kept = "" if measured["kept"] is None else f", {measured['kept']:.1%} of those answered rightly"
    return f"{said}: of {measured['texts']:,} test texts {measured['known']:.1%} are known{kept}."


def quantile_sentence(run: Run) -> str:
    """Gives the share of test numbers below each quantile; "" for a model without quantiles."""
    found = run.outcome.get("quantiles")
    if not found:
        return ""
    shares = [
        f"{share:.1%} lie below q{level:g}"
        for level, share in zip(found["levels"], found["below"], strict=True)
    ]
    meant = found["levels"][-1] - found["levels"][0]
    return (
        f"Quantiles: of the numbers of {found['series']:,} test series {', '.join(shares)}; "
        f"{found['between']:.1%} lie between the outer two, where {100 * meant:.6g}% are meant."
    )
