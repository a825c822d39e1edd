#!/usr/bin/env python3
"""What the fleet simulation costs for a request and option, in CPU time and memory.

    python3 Benchmarks/fleet.py                     a million requests
    python3 Benchmarks/fleet.py --requests 200000   fewer
    python3 Benchmarks/fleet.py --write docs/performance.md

A trace is made with a fixed seed (Poisson arrivals, log-normal sizes with the mean of Azure's chat
trace of 2023) and ingested. Each row replays it against one and against five equal options turn by
turn; the difference over four is what one option costs, without start-up, ledger and report. The
median of the pairs is shown. Memory is the peak of a replay with a fleet less that without one.
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


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n", maxsplit=1)[0])
    parser.add_argument("--hindcast", default=HERE.parent / ".build/release/hindcast")
    parser.add_argument("--requests", type=int, default=1_000_000)
    parser.add_argument("--pairs", type=int, default=3)
    parser.add_argument("--write")
    options = parser.parse_args()
    rows = []
    with tempfile.TemporaryDirectory(prefix="hindcast-fleet-") as folder:
        folder = Path(folder)

        def command(ledger, count, fleet, blocks):
            text = "schema: hindcast-options/1\noptions:\n"
            if count == 0:
                text += "  - {name: api, kind: api, price: {input: 1, output: 1}}\n"
            for number in range(count):
                text += OPTION.format(number=number, fleet=fleet, blocks=blocks)
            path = folder / f"options{count}.yaml"
            path.write_text(text)
            return [options.hindcast, "replay", "--ledger", ledger, "--options", path, "--from",
                    "2026-01-01", "--to", "2026-12-31", "--json"]

        def row(name, servers, rate, fleet=None, blocks=30208):
            fleet = fleet or f"replicas: {servers}, routing: least-outstanding"
            ledger = folder / f"{servers * rate}.sqlite"
            if not ledger.exists():
                trace(folder / "trace.csv", options.requests, servers * rate)
                run([options.hindcast, "ingest", "--ledger", ledger, "--start",
                     "2026-01-01T00:00:00Z", "--model", "llama", "-q", folder / "trace.csv"])
            times, peak = [], 0
            for _ in range(options.pairs):
                one, peak = run(command(ledger, 1, fleet, blocks))
                five, _ = run(command(ledger, 5, fleet, blocks))
                times.append((five - one) / 4 / options.requests * 1e6)
            _, without = run(command(ledger, 0, fleet, blocks))
            size = (peak - without) / options.requests
            rows.append((name, f"{median(times):.2f}", f"{size:.0f}"))
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
    table = ["| servers x load | us a request and option | bytes a request |", "|---|---|---|"]
    table += [f"| {' | '.join(row)} |" for row in rows]
    text = "\n".join(table) + "\n"
    if options.write:
        page = Path(options.write).read_text(encoding="utf-8")
        begin, end = page.index(BEGIN) + len(BEGIN), page.index(END)
        Path(options.write).write_text(page[:begin] + "\n" + text + page[end:], encoding="utf-8")


if __name__ == "__main__":
    main()
