#!/usr/bin/env python3
"""What the fleet simulation costs for a request and option, in CPU time and memory.

    python3 Benchmarks/fleet.py                     a million requests
    python3 Benchmarks/fleet.py --requests 200000   fewer
    python3 Benchmarks/fleet.py --write docs/performance.md --plots docs/plots

A trace is made with a fixed seed (Poisson arrivals, log-normal sizes with the mean of Azure's chat
trace of 2023) and ingested. Each row replays it against one and against five like options turn by
turn; the difference over four is what one option costs, without start-up, ledger and report. The
median of the pairs is shown. Memory is the peak of a replay with one fleet less that of a thousand requests.
Standard library only.
"""

import argparse
import math
import os
import random
import subprocess
import sys
import tempfile
from pathlib import Path
from statistics import median

HERE = Path(__file__).resolve().parent
BEGIN, END = "<!-- fleet: begin -->", "<!-- fleet: end -->"
OPTION = """  - name: fleet{number}
    kind: rented
    price_per_gpu_hour: 2
    serving:
      time_model: {{a: 0.011, b: 5.25e-5, c: 8.4e-8, d: 2.3e-9}}
      batching: {{token_budget: 512, max_sequences: 128, kv_blocks: {blocks}, watermark: 0.01}}
    fleet: {{{fleet}}}
"""


def trace(path, requests, rate):
    """Requests at `rate` a second: prompts of 1,155 and answers of 211 tokens in the mean."""
    rng, time = random.Random(20231116), 0.0
    with open(path, "w", encoding="ascii") as out:
        out.write("arrived_at,num_prefill_tokens,num_decode_tokens\n")
        for _ in range(requests):
            time += rng.expovariate(rate)
            prompt = min(3600, int(1 + 1155 / math.exp(0.18) * math.exp(rng.gauss(0, 0.6))))
            output = min(480, int(1 + 211 / math.exp(0.32) * math.exp(rng.gauss(0, 0.8))))
            out.write(f"{time:.6f},{prompt},{output}\n")
    return time


def run(command):
    with tempfile.TemporaryFile() as errors:
        child = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=errors)
        _, status, usage = os.wait4(child.pid, 0)
        if os.waitstatus_to_exitcode(status) not in (0, 2):
            errors.seek(0)
            sys.exit(f"fleet.py: {' '.join(map(str, command))}\n{errors.read().decode()}")
    return usage.ru_utime + usage.ru_stime, usage.ru_maxrss * 1024


class Fleets:
    """Replays of made traces, each ingested once."""

    def __init__(self, hindcast, folder, pairs):
        self.hindcast, self.folder, self.pairs = hindcast, Path(folder), pairs

    def ledger(self, requests, rate):
        path = self.folder / f"{requests}-{rate}.sqlite"
        if not path.exists():
            trace(self.folder / "trace.csv", requests, rate)
            run([self.hindcast, "ingest", "--ledger", path, "--start", "2026-01-01T00:00:00Z",
                 "--model", "llama", "-q", self.folder / "trace.csv"])
        return path

    def replay(self, ledger, count, fleet="", blocks=30208):
        """CPU seconds and peak bytes of a replay of `count` options.

        They differ by a block of the KV cache: equal ones would be simulated once.
        """
        text = "schema: hindcast-options/1\noptions:\n"
        for number in range(count):
            text += OPTION.format(number=number, fleet=fleet, blocks=blocks + number)
        path = self.folder / f"options{count}.yaml"
        path.write_text(text)
        return run([self.hindcast, "replay", "--ledger", ledger, "--options", path, "--from",
                    "2026-01-01", "--to", "2026-12-31", "--json"])

    def measure(self, requests, servers, rate, fleet=None, blocks=30208):
        """Microseconds of CPU a request and option; bytes a request of the history and one fleet.

        What a replay of few requests takes as well is not counted.
        """
        fleet = fleet or f"replicas: {servers}, routing: least-outstanding"
        ledger = self.ledger(requests, servers * rate)
        times, peak = [], 0
        for _ in range(self.pairs):
            one, peak = self.replay(ledger, 1, fleet, blocks)
            five, _ = self.replay(ledger, 5, fleet, blocks)
            times.append((five - one) / 4 / requests * 1e6)
        few = self.ledger(1000, servers * rate)
        whole = peak - self.replay(few, 1, fleet, blocks)[1]
        return median(times), whole / requests


def plot(path, title, x_label, y_label, x, lines):
    """A small SVG: lines over a logarithmic x where it spans more than a factor of 20."""
    width, height, left, bottom = 480, 240, 50, 40
    scale = math.log if max(x) / min(x) > 20 else float
    low, high = scale(min(x)), scale(max(x))
    most = max(max(values) for values in lines.values()) * 1.1
    step = 10 ** math.floor(math.log10(most))
    step = next(s for s in (step / 5, step / 2, step) if most / s <= 6)

    def at(value, y):
        return (left + (scale(value) - low) / (high - low) * (width - left - 20),
                height - bottom - y / most * (height - bottom - 30))

    out = [f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" '
           'font-family="sans-serif" font-size="11">',
           f'<rect width="{width}" height="{height}" fill="white"/>',
           f'<text x="{left}" y="16" font-size="13">{title}</text>']
    for i in range(int(most / step) + 1):
        y = at(x[0], i * step)[1]
        out.append(f'<path d="M{left} {y:.1f}H{width - 20}" stroke="#ddd"/>'
                   f'<text x="{left - 5}" y="{y + 4:.1f}" text-anchor="end">{i * step:g}</text>')
    for value in x:
        out.append(f'<text x="{at(value, 0)[0]:.1f}" y="{height - bottom + 15}" '
                   f'text-anchor="middle">{value:,}</text>')
    out.append(f'<text x="{width / 2}" y="{height - 6}" text-anchor="middle">{x_label}</text>'
               f'<text x="{width - 20}" y="16" text-anchor="end">{y_label}</text>')
    for i, (name, values) in enumerate(lines.items()):
        colour = ("#1f77b4", "#d62728", "#2ca02c")[i]
        points = [at(a, b) for a, b in zip(x, values)]
        out.append(f'<polyline fill="none" stroke="{colour}" stroke-width="2" points="'
                   + " ".join(f"{a:.1f},{b:.1f}" for a, b in points) + '"/>')
        out += [f'<circle cx="{a:.1f}" cy="{b:.1f}" r="3" fill="{colour}"/>' for a, b in points]
        out.append(f'<text x="{left + 10 + 150 * i}" y="32" fill="{colour}">{name}</text>')
    path.write_text("\n".join(out) + "\n</svg>\n", encoding="utf-8")


def plots(fleets, requests, folder):
    """Time and memory against requests, replicas and load."""
    folder.mkdir(exist_ok=True)
    counts = [requests // 16, requests // 8, requests // 4, requests // 2, requests]
    rows = [fleets.measure(count, 1, 4) for count in counts]
    requests //= 4
    plot(folder / "fleet-requests.svg", "One server at 4/s", "requests", "us a request and option",
         counts, {"CPU time": [row[0] for row in rows]})
    plot(folder / "fleet-memory.svg", "Memory of a replay", "requests", "bytes a request",
         counts, {"history, load and one fleet": [row[1] for row in rows]})
    servers = [1, 2, 4, 8, 16, 32]
    plot(folder / "fleet-replicas.svg", "Servers at 4/s each", "servers",
         "us a request and option", servers, {
             routing: [fleets.measure(requests, count, 4, f"replicas: {count}, routing: {routing}")[0]
                       for count in servers] for routing in ("round-robin", "least-outstanding")})
    rates = [1, 2, 3, 4, 5, 6, 7]
    plot(folder / "fleet-load.svg", "One server, which can do 7.5/s", "requests a second",
         "us a request and option", rates,
         {"CPU time": [fleets.measure(requests, 1, rate)[0] for rate in rates]})


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n", maxsplit=1)[0])
    parser.add_argument("--hindcast", default=HERE.parent / ".build/release/hindcast")
    parser.add_argument("--requests", type=int, default=1_000_000)
    parser.add_argument("--pairs", type=int, default=3)
    parser.add_argument("--write", type=Path)
    parser.add_argument("--plots", type=Path, help="draw the plots into this folder")
    options = parser.parse_args()
    rows = []
    with tempfile.TemporaryDirectory(prefix="hindcast-fleet-") as folder:
        fleets = Fleets(options.hindcast, folder, options.pairs)

        def row(name, *arguments, **named):
            time, memory = fleets.measure(options.requests, *arguments, **named)
            rows.append((name, f"{time:.2f}", f"{memory:.0f}"))
            print(*rows[-1], sep=" | ", flush=True)

        for servers in (1, 4, 16):
            for routing in ("round-robin", "least-outstanding"):
                row(f"{servers} x 4/s, {routing}", servers, 4,
                    f"replicas: {servers}, routing: {routing}")
        row("1 x 2/s", 1, 2)
        row("1 x 6/s", 1, 6)
        row("1 x 4/s, 2,000 blocks, evictions", 1, 4, blocks=2000)
        row("autoscale 1 to 8, 16/s", 4, 4,
            "mode: autoscale, min: 1, max: 8, target: 40, cold_start: 120s")
        if options.plots:
            plots(fleets, options.requests, options.plots)
    table = ["| servers x load | us a request and option | bytes a request, history included |", "|---|---|---|"]
    table += [f"| {' | '.join(row)} |" for row in rows]
    text = "\n".join(table) + "\n"
    if options.write:
        page = options.write.read_text(encoding="utf-8")
        begin, end = page.index(BEGIN) + len(BEGIN), page.index(END)
        options.write.write_text(page[:begin] + "\n" + text + page[end:], encoding="utf-8")


if __name__ == "__main__":
    main()
