"""The book's YAML files as text: read with line numbers, added to, never rewritten."""

import pathlib

import yaml

FOLDER = pathlib.Path(__file__).resolve().parents[2] / "Sources/Prices/Catalogue"
HEADER = """\
# List prices per 1,000,000 tokens. No price is edited in place: a change closes the period and opens the
# next. Benchmarks/prices/rebuild.py adds what public price packages list; docs/prices.md says how.
schema: hindcast-prices/1
provider: {provider}
currency: USD
models:
"""


class Book:
    """One provider's file."""

    def __init__(self, provider, text=None):
        self.provider = provider
        self.path = FOLDER / f"{provider}.yaml"
        if text is None:
            text = self.path.read_text() if self.path.exists() else HEADER.format(provider=provider)
        self.text = text
        self.models = yaml.load(text, yaml.BaseLoader).get("models") or []

    def names(self):
        """Every name in lower case -> its model."""
        names = {}
        for model in self.models:
            names[model["id"].partition("/")[2].lower()] = model
            for name in (model.get("match") or {}).get("exact", []):
                names[name.lower()] = model
        return names

    def append(self, blocks):
        """Adds models at the end of the list."""
        head, mark, tail = self.text.partition("\naliases:")
        self.text = head.rstrip("\n") + "\n" + "".join(blocks) + (mark + tail if mark else "")

    def close_and_follow(self, model_id, day, row):
        """Ends the last price of a model on `day` and lets `row` (one line) follow it."""
        root = yaml.compose(self.text)
        models = dict((k.value, v) for k, v in root.value)["models"].value
        for node in models:
            fields = dict((k.value, v) for k, v in node.value)
            if fields["id"].value != model_id:
                continue
            last = fields["prices"].value[-1]
            end = dict((k.value, v) for k, v in last.value).get("to")
            lines = self.text.split("\n")
            after = last.end_mark.line
            while after > 0 and not lines[after - 1].strip():
                after -= 1
            if end is None:
                raise SystemExit(f"{model_id}: its last price has no 'to' to close")
            line = end.start_mark.line
            lines[line] = lines[line][: end.start_mark.column] + day + lines[line][end.end_mark.column :]
            lines.insert(after if last.flow_style is False or after > line else line + 1, row)
            self.text = "\n".join(lines)
            return
        raise SystemExit(f"{model_id} is not in {self.path.name}")


def quoted(text):
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'


# The order in which a row lists its rates.
RATES = (
    "input", "output", "cache_read", "cache_write", "cache_write_5m", "cache_write_1h", "cache_write_12h",
    "reasoning", "audio_input", "audio_output", "audio_cache_read", "image_input", "image_output",
    "image_cache_read", "video_input", "per_request",
)


def rates(values):
    order = {key: place for place, key in enumerate(RATES)}
    values = dict(sorted(values.items(), key=lambda item: order.get(item[0], len(order))))
    return "{" + ", ".join(f"{key}: {quoted(value)}" for key, value in values.items()) + "}"


def faults_of_change(old, new):
    """What a new text did to prices of the old one beyond closing, correcting and adding."""
    faults = []
    before = {m["id"]: m for m in yaml.load(old, yaml.BaseLoader).get("models") or []}
    after = {m["id"]: m for m in yaml.load(new, yaml.BaseLoader).get("models") or []}
    for model_id, model in before.items():
        rows = after.get(model_id, {}).get("prices", [])
        for place, row in enumerate(model["prices"]):
            if not any(_is_same(row, other) for other in rows):
                faults.append(f"{model_id}: price {place + 1} (from {row.get('from')}) was changed in place")
    return faults


def _is_same(row, other):
    """Whether only the end, the doubt and the record around a price changed."""
    if other.get("corrected"):
        other = {k: v for k, v in other.items() if k != "corrected"}
    loose = ("note", "dissent", "source", "status", "corrected")
    for key in set(row) | set(other):
        if key in loose or row.get(key) == other.get(key):
            continue
        if key == "to" and row.get("to") in (None, "null", "~", ""):
            continue
        return False
    return True
