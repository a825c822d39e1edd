"""Widens the price book by what public price packages list, and shows it as a diff.

    python3 -m venv .venv && .venv/bin/pip install genai-prices litellm pyyaml
    .venv/bin/python Benchmarks/prices/rebuild.py             shows what would change
    .venv/bin/python Benchmarks/prices/rebuild.py --write     changes the files
    .venv/bin/python Benchmarks/prices/rebuild.py --since REV fails if a price was changed in place since

A price that stands in the book is never edited. Where both packages agree on another price, the row is
closed and followed by a bracketed one. Where they disagree with the book alone, it is listed and nothing
is done: a person decides. Models that the book does not have are added, with the doubt that they carry.
"""

import argparse
import datetime
import difflib
import re
import subprocess
import sys

import book
import sources

TODAY = datetime.date.today().isoformat()
# Days on which genai-prices noticed many changes at once: when it looked, not when prices changed.
NOTICED = {"2026-10-18", "2026-10-19", "2026-10-20", "2026-10-29", "2026-11-03", "2026-11-09"}
KEYS = ("input", "output", "cache_read")


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--write", action="store_true")
    parser.add_argument("--since", metavar="REV")
    arguments = parser.parse_args()
    if arguments.since:
        sys.exit(changed_in_place(arguments.since))
    genai, lookup = sources.genai_models()
    litellm = sources.litellm_models()
    remarks = []
    for provider in sorted(set(sources.GENAI.values()) | set(sources.LITELLM.values())):
        file = book.Book(provider)
        old = file.text
        Widening(
            file, [m for m in genai if m.provider == provider],
            [m for m in litellm if m.provider == provider], lookup.get(provider), remarks,
        ).run()
        faults = book.faults_of_change(old, file.text)
        if faults:
            sys.exit("\n".join(faults))
        if arguments.write:
            file.path.write_text(file.text)
        else:
            sys.stdout.writelines(
                difflib.unified_diff(
                    old.splitlines(True), file.text.splitlines(True), f"a/{file.path.name}",
                    f"b/{file.path.name}",
                )
            )
    for remark in remarks:
        print(remark, file=sys.stderr)


def changed_in_place(revision):
    faults = []
    for path in sorted(book.FOLDER.glob("*.yaml")):
        name = path.relative_to(book.FOLDER.parents[2])
        old = subprocess.run(
            ["git", "show", f"{revision}:{name}"], capture_output=True, text=True, cwd=book.FOLDER
        )
        if old.returncode == 0:
            faults += book.faults_of_change(old.stdout, path.read_text())
    print("\n".join(faults) or f"no price was changed in place since {revision}")
    return 1 if faults else 0


class Widening:
    """One provider's file against both packages."""

    def __init__(self, file, genai, litellm, lookup, remarks):
        self.file, self.genai, self.litellm = file, genai, litellm
        self.lookup, self.remarks = lookup, remarks
        self.known = file.names()
        self.blocks = []

    def run(self):
        added = self.genai_models()
        self.litellm_models(added)
        self.fold_regions(added)
        for model, status, dissent in sorted(added.values(), key=lambda entry: entry[0].name):
            self.blocks.append(block(model, status, dissent))
        self.compare_known()
        self.file.append(self.blocks)

    def genai_models(self):
        """name -> [model, status, dissent] of what the book does not have."""
        added = {}
        for model in self.genai:
            if any(name in self.known for name in model.names):
                continue
            model.names = [n for n in model.names if n not in added]
            added[model.name] = [model, "observed", None]
        return added

    def litellm_models(self, added):
        taken = {name: entry for entry in added.values() for name in entry[0].names}
        for model in self.litellm:
            if model.name in self.known:
                continue
            entry = taken.get(model.name) or added.get(self.genai_name(model.name))
            if entry and entry[0].source == "genai-prices":
                if same(entry[0].current, model.current) and shape(entry[0], model):
                    agree(entry, model)
                    taken[model.name] = entry
                    continue
                differs = not same(entry[0].current, model.current)
                said = f"genai-prices {sources.version('genai-prices')}: {summary(entry[0].current.rates)}"
                if model.name in taken and not differs:
                    continue
                if model.name in taken:
                    entry[1] = "conflict"
                    entry[2] = f"litellm {sources.version('litellm')}: {summary(model.current.rates)}"
                    continue
                added[model.name] = [model, "conflict", said] if differs else [model, "confirmed", None]
            elif model.name not in added and not self.resolves(model):
                added[model.name] = [model, "observed", None]
            taken[model.name] = added.get(model.name, entry)

    def genai_name(self, name):
        """What genai-prices' own rules make of a name, inside this provider only."""
        if not self.lookup:
            return None
        found = self.lookup.find_model(name)
        return found.id.lower() if found else None

    def resolves(self, model):
        """Whether the name without its date is in the book already, at the same price."""
        family = re.sub(r"[-@](\d{8}|\d{4}-\d{2}-\d{2})$", "", model.name)
        known = self.known.get(family)
        return known is not None and family != model.name and same_row(known["prices"][-1], model.current)

    def fold_regions(self, added):
        """Bedrock rows of single regions become variants of the model, where that has a row."""
        for name in [n for n in added if re.match(r"[a-z]{2}(-gov)?-[a-z]+-\d/", n)]:
            region, _, base = name.partition("/")
            entry = added.get(base.removeprefix("invoke/"))
            if entry is None:
                known = self.known.get(base, {"prices": [{"rates": {}}]})["prices"][-1]
                regions = [v["when"].get("region") for v in known.get("variants", [])]
                if region in regions or (known["rates"] and same_row(known, added[name][0].current)):
                    del added[name]
                continue
            for period in entry[0].periods:
                if any(period.rates.get(k) != v for k, v in added[name][0].current.rates.items()):
                    period.variants.append([{"region": region}, added[name][0].current.rates, {}, None, None])
            del added[name]

    def compare_known(self):
        """Rows of the book whose price both packages give otherwise."""
        said = {}
        for model in self.genai + self.litellm:
            for name in model.names:
                if name in self.known:
                    said.setdefault(self.known[name]["id"], {}).setdefault(model.source, model.current)
        for model_id, by_source in sorted(said.items()):
            model = next(m for m in self.file.models if m["id"] == model_id)
            last = model["prices"][-1]
            others = {s: p for s, p in by_source.items() if not same_row(last, p)}
            if not others:
                continue
            if len(others) == 2 and same(*others.values()) and last.get("to") in ("null", None):
                period = others["genai-prices"]
                since = last["source"]["as_of"]
                self.file.close_and_follow(
                    model_id, TODAY, row(period, "bracketed", None, "genai-prices", TODAY, bracket=(since, TODAY))
                )
                self.remarks.append(f"{model_id}: followed by {summary(period.rates)}")
            elif not last.get("dissent"):
                for source, period in others.items():
                    self.remarks.append(
                        f"{model_id}: the book has {summary(last['rates'])}, {source} {summary(period.rates)}"
                    )


def agree(entry, other):
    """Two sources give the same: the row is confirmed, and takes the other's variants and tiers if it has
    none."""
    model = entry[0]
    entry[1] = "confirmed" if entry[1] == "observed" else entry[1]
    if other.name not in model.names:
        model.names.append(other.name)
    for variant in other.current.variants:
        if not any(v[0] == variant[0] for v in model.current.variants):
            model.current.variants.append(variant)
    if not model.current.tiers:
        model.current.tiers = other.current.tiers
    for key, value in other.current.rates.items():
        model.current.rates.setdefault(key, value)


def shape(model, other):
    """Whether a name may share the model's row: its own name always, another one where neither has cached
    rates or tiers that the other lacks."""
    mine, theirs = model.current, other.current
    return other.name == model.name or (
        ("cache_read" in mine.rates) == ("cache_read" in theirs.rates) and bool(mine.tiers) == bool(theirs.tiers)
    )


def same(a, b):
    return same_rates(a.rates, b.rates)


def same_row(known, period):
    return same_rates(known["rates"], period.rates)


def same_rates(a, b):
    """What both give is the same; one that only one of them gives is no disagreement."""
    return all(float(a[k]) == float(b[k]) for k in KEYS if k in a and k in b)


def summary(rates):
    return ", ".join(f"{key} {rates[key]}" for key in KEYS if key in rates)


def block(model, status, dissent):
    text = f"  - id: {model.provider}/{model.name}\n"
    others = [n for n in model.names if n != model.name]
    if others:
        text += "    match: {exact: [" + ", ".join(map(book.quoted, others)) + "]}\n"
    text += "    prices:\n"
    for place, period in enumerate(model.periods):
        end = model.periods[place + 1].start if place + 1 < len(model.periods) else None
        is_last = end is None
        text += row(period, row_status(period, status, is_last), end, model.source, period.start,
                    dissent=dissent if is_last else None) + "\n"
    return text


def row_status(period, status, is_last):
    if period.start and period.start > TODAY:
        return "announced"
    if period.start in NOTICED or not is_last:
        return "observed"
    return status


def row(period, status, end, source, start, dissent=None, bracket=None):
    """One price as one line."""
    parts = [f"from: {start or 'null'}", f"to: {end or 'null'}"]
    if bracket:
        parts.append(f"bracket: [{bracket[0]}, {bracket[1]}]")
    if status == "announced":
        expiry = datetime.date.fromisoformat(start) + datetime.timedelta(days=31)
        parts.append(f"expires: {expiry.isoformat()}")
    parts.append(f"rates: {book.rates(period.rates)}")
    if period.tiers:
        parts.append(f"tiers: {tiers(period.tiers)}")
    if period.variants:
        parts.append("variants: [" + ", ".join(map(variant, period.variants)) + "]")
    if period.windows:
        parts.append("windows: [" + ", ".join(map(window, period.windows)) + "]")
    if period.tool_fees:
        parts.append(f"tool_fees: {book.rates(period.tool_fees)}")
    parts.append(f"status: {status}")
    name = f"{{name: {source}, ref: {book.quoted(sources.version(source))}, as_of: {TODAY}}}"
    parts.append(f"source: {name}")
    if start in NOTICED:
        parts.append("note: the source noticed the change on this day; it may have happened before")
    if dissent:
        parts.append(f"dissent: {book.quoted(dissent)}")
    return "      - {" + ", ".join(parts) + "}"


def window(value):
    start, end, rates, days = value
    weekdays = f", weekdays: [{', '.join(days)}]" if days else ""
    return f'{{utc: "{start}-{end}"{weekdays}, rates: {book.rates(rates)}}}'


def tiers(values):
    rows = []
    for threshold in sorted(values):
        # genai-prices writes an inclusive boundary as one less (xAI's 200,000 as 199,999).
        is_inclusive = threshold % 1000 == 999
        key = "prompt_tokens_gte" if is_inclusive else "prompt_tokens_gt"
        number = threshold + 1 if is_inclusive else threshold
        rows.append(f"{{when: {{{key}: {number}}}, rates: {book.rates(values[threshold])}}}")
    return "[" + ", ".join(rows) + "]"


def variant(value):
    when, rates, steps, start, multiplier = value
    parts = ["when: {" + ", ".join(f"{k}: {v}" for k, v in when.items()) + "}"]
    if start:
        parts.append(f"from: {start}")
    if rates:
        parts.append(f"rates: {book.rates(rates)}")
    elif not multiplier:
        parts.append("rates: {}")
    if steps:
        parts.append(f"tiers: {tiers(steps)}")
    if multiplier:
        parts.append(f"multiplier: {book.quoted(multiplier)}")
    return "{" + ", ".join(parts) + "}"


if __name__ == "__main__":
    main()
