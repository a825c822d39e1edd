"""Prices 10,000 random requests with hindcast, genai-prices and litellm, and sorts the disagreements.

    .venv/bin/python Benchmarks/prices/compare.py path/to/hindcast

Models are drawn from the names that the packages share with each other, moments from 2025-01-01 to today,
token counts from 1 to 400,000 so that every length tier is met. The seed is fixed. A disagreement is a
difference above 0.01 %. The table names its cause; what no rule explains is listed at the end.
"""

import collections
import csv
import datetime
import io
import json
import random
import re
import subprocess
import sys
import time

import book
import sources

COUNT = 10_000
TOLERANCE = 0.0001
TODAY = datetime.datetime.now(datetime.timezone.utc).replace(microsecond=0)
FIRST = datetime.datetime(2025, 1, 1, tzinfo=datetime.timezone.utc)


# id -> every name of the book's row.
NAMES = {}


def read_names():
    for path in sorted(book.FOLDER.glob("*.yaml")):
        for name, model in book.Book(path.stem).names().items():
            NAMES.setdefault(model["id"], set()).add(name)


def draw():
    """[provider, model, moment, input, cached, output]; cached is part of input."""
    genai, lookup = sources.genai_models()
    shared = []
    for model in sources.litellm_models():
        provider = lookup.get(model.provider)
        if provider and provider.find_model(model.name):
            shared.append((model.provider, model.name))
    shared = sorted(set(shared))
    rng = random.Random(20261126)
    span = int((TODAY - FIRST).total_seconds())
    requests = []
    for _ in range(COUNT):
        provider, name = rng.choice(shared)
        tokens = int(10 ** rng.uniform(0, 5.6))
        cached = rng.choice([0, 0, tokens // 2])
        moment = FIRST + datetime.timedelta(seconds=rng.randrange(span))
        requests.append((provider, name, moment, tokens, cached, int(10 ** rng.uniform(0, 4))))
    return requests, len(shared), lookup


def hindcast(program, requests, moment=None):
    text = io.StringIO()
    writer = csv.writer(text)
    writer.writerow(["provider", "model", "at", "input", "cache_read", "output"])
    for provider, name, at, tokens, cached, output in requests:
        at = (moment or at).strftime("%Y-%m-%dT%H:%M:%SZ")
        writer.writerow([provider, name, at, tokens - cached, cached, output])
    run = subprocess.run(
        [program, "prices", "quote", "-", "--json"], input=text.getvalue(), capture_output=True, text=True
    )
    return json.loads(run.stdout)["quotes"]


def genai_cost(lookup, request, moment=None):
    from genai_prices import Usage, calc_price

    provider, name, at, tokens, cached, output = request
    try:
        usage = Usage(input_tokens=tokens, cache_read_tokens=cached, output_tokens=output)
        return float(
            calc_price(
                usage, model_ref=name, provider_id=lookup[provider].id, genai_request_timestamp=moment or at
            ).total_price
        )
    except Exception:
        return None


def litellm_cost(litellm, keys, request):
    provider, name, _, tokens, cached, output = request
    try:
        key, own = keys[(provider, name)]
        return sum(
            litellm.cost_per_token(
                model=key, custom_llm_provider=own, prompt_tokens=tokens, completion_tokens=output,
                cache_read_input_tokens=cached,
            )
        )
    except Exception:
        return None


def litellm_keys():
    """(provider, name) of the book's -> the map's key and provider."""
    import litellm

    keys = {}
    for key, entry in litellm.model_cost.items():
        provider = sources.LITELLM.get(entry.get("litellm_provider"))
        name = key.lower()
        for prefix in sources.PREFIXES:
            if name.startswith(prefix):
                name = name[len(prefix):]
                break
        keys.setdefault((provider, name), (key, entry.get("litellm_provider")))
    return keys


def differ(a, b):
    return a is not None and b is not None and abs(a - b) > TOLERANCE * max(a, b)


def number(text):
    return None if text is None else float(text)


def main():
    import os

    os.environ["LITELLM_LOCAL_MODEL_COST_MAP"] = "True"
    import litellm

    read_names()
    requests, models, lookup = draw()
    then = hindcast(sys.argv[1], requests)
    uncached = [(p, n, at, tokens, 0, output) for p, n, at, tokens, _, output in requests]
    small = [(p, n, at, 1000, 0, output) for p, n, at, _, _, output in requests]
    ours = [then, *(hindcast(sys.argv[1], r, m) for r, m in ((requests, TODAY), (uncached, None), (small, None)))]
    started = time.perf_counter()
    genai = [genai_cost(lookup, r) for r in requests]
    genai_time = (time.perf_counter() - started) / COUNT
    keys = litellm_keys()
    started = time.perf_counter()
    lite = [litellm_cost(litellm, keys, r) for r in requests]
    lite_time = (time.perf_counter() - started) / COUNT
    theirs = [
        [genai, [genai_cost(lookup, r, TODAY) for r in requests]]
        + [[genai_cost(lookup, r) for r in changed] for changed in (uncached, small)],
        [lite, lite] + [[litellm_cost(litellm, keys, r) for r in changed] for changed in (uncached, small)],
    ]
    examples = {}
    causes = collections.defaultdict(lambda: [0, 0, collections.Counter()])
    for place, request in enumerate(requests):
        own = number(then[place]["cost"])
        for column, other in ((0, genai), (1, lite)):
            if own is None:
                if other[place] is not None:
                    count(causes, "before the book's first price of the model; the packages have no start", column, request, then[place])
            elif differ(own, other[place]):
                row = genai_row(lookup, request) if column == 0 else None
                quotes = [answers[place] for answers in ours]
                others = [answers[place] for answers in theirs[column]]
                name = cause(request[1], quotes, others, column, row)
                count(causes, name, column, request, then[place])
                if name.startswith("not explained"):
                    examples.setdefault(
                        (then[place]["id"], column),
                        f"{then[place]['id']}: {request}: hindcast {own}, "
                        f"{('genai-prices', 'litellm')[column]} {other[place]} {row or ''}",
                    )
    priced = [sum(x is not None for x in xs) for xs in ([q["cost"] for q in then], genai, lite)]
    print(f"{COUNT} requests of {models} models; priced by hindcast {priced[0]}, genai-prices "
          f"{sources.version('genai-prices')} {priced[1]}, litellm {sources.version('litellm')} {priced[2]}")
    print(f"microseconds a price: genai-prices {genai_time * 1e6:.0f}, litellm {lite_time * 1e6:.0f}\n")
    print("| cause | against genai-prices | against litellm | most often |")
    print("|---|---|---|---|")
    for name, (a, b, models) in sorted(causes.items(), key=lambda item: -sum(item[1][:2])):
        often = ", ".join(f"{model} ({n})" for model, n in models.most_common(4))
        print(f"| {name} | {a} | {b} | {often} |")
    for example in examples.values():
        print(example, file=sys.stderr)


def count(causes, name, column, request, quote):
    causes[name][column] += 1
    causes[name][2][quote["id"] or f"{request[0]} {request[1]}"] += 1


def genai_row(lookup, request):
    """The id under which genai-prices finds the model."""
    found = lookup[request[0]].find_model(request[1])
    return found.id.lower() if found else None


# (row, package) -> the dated source that explains it.
KNOWN = {
    ("deepseek/deepseek-chat", 0): "genai-prices' off-peak rule of 2025-02 has no end date",
    ("deepseek/deepseek-reasoner", 0): "genai-prices' off-peak rule of 2025-02 has no end date",
    ("bedrock/claude-sonnet-4-5", 0): "the 10 % of a single region on the id without geography (litellm: none)",
    ("bedrock/claude-haiku-4-5", 0): "the 10 % of a single region on the id without geography (litellm: none)",
    ("together/Llama-3.3-70B-Instruct-Turbo", 0): "1.04 since 2026-10-15 (litellm 1.105.1), genai-prices has 0.88",
    ("azure/ada", 0): "0.11 (Azure's retail price in litellm 1.110.2), genai-prices has 0.10",
    ("google/gemini-3.8-flash", 1): "litellm doubles gemini-3.8-flash-cyber above 200,000, genai-prices does not",
    ("mistral/mistral-large-latest", 0): "0.5/1.5 (litellm, models.dev), genai-prices keeps 2/6",
}


def cause(model, quotes, others, column, row):
    """Why hindcast's price at the moment is another than a package's.

    `quotes` and `others` are (then, now, without cached tokens, of 1,000 tokens).
    """
    package = ("genai-prices", "litellm")[column]
    own = [number(q["cost"]) for q in quotes]
    name = quotes[0]["id"]
    if row and row.removeprefix("regional.") not in NAMES.get(name, ()):
        return "genai-prices finds another row by a part of the name"
    if (name, column) in KNOWN:
        return KNOWN[(name, column)]
    if column == 0 and re.match(r"[a-z]{2}(-gov)?-[a-z]+-\d/", model):
        return f"the region in the name has rates of its own; {package} takes those of the id"
    if differ(own[0], own[1]):
        how = "otherwise" if differ(others[0], others[1]) else "not at all"
        return f"the price changed since; {package} dates the change {how}"
    if quotes[0]["status"] == "conflict":
        return f"the row is marked conflict and names what {package} says"
    if not differ(own[2], others[2]):
        return f"only one of hindcast and {package} has a rate for cached tokens"
    if not differ(own[3], others[3]):
        return f"only one of hindcast and {package} has a tier for long requests"
    return f"not explained by a rule ({package}, {quotes[0]['status']})"


if __name__ == "__main__":
    main()
