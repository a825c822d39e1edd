#!/usr/bin/env python3
"""How far the fleet simulation is from what others made: the tables of docs/fidelity.md.

    python3 Benchmarks/fidelity.py --data DIR                          print them
    python3 Benchmarks/fidelity.py --data DIR --write docs/fidelity.md

DIR holds `oracle` and `measured-servers`. Every case runs as a user would run it: a ledger, an options
file, `replay --requests-out`, `calibrate`. Percentiles are of the written requests, between ranks where
they fall between. Standard library only.
"""

import argparse
import csv
import json
import subprocess
import sys
import tempfile
from pathlib import Path

HERE = Path(__file__).resolve().parent
LINEAR = "{a: 0.011, b: 5.25e-5, c: 8.4e-8, d: 2.3e-9}"

# Name, what it is, servers and limits, trace, time, sequences, budget, blocks, servers, policy.
EXACT = [
    ("exact_A_linear_r4", "A: Azure chat, 4/s", "128 sequences, 512 tokens, 30,208 blocks",
     "conv2000_r4", LINEAR, 128, 512, 30208, 1, "chunked"),
    ("exact_C_linear_r4_cap16", "C: the same", "16 sequences",
     "conv2000_r4", LINEAR, 16, 512, 30208, 1, "chunked"),
    ("exact_D_linear_r4_kv32k", "D: the same", "2,000 blocks",
     "conv2000_r4", LINEAR, 128, 512, 2000, 1, "chunked"),
    ("exact_F_linear_code", "F: Azure code, bursts", "as A",
     "code1000_native", LINEAR, 128, 512, 30208, 1, "chunked"),
    ("exact_G_linear_r4_vllm", "G: Azure chat, 4/s", "prefill first, 4,096 tokens",
     "conv2000_r4", LINEAR, 128, 4096, 30208, 1, "prefill-first"),
    ("exact_H_fixed_r2", "H: 1,024 in, 128 out, 2/s", "as A",
     "poisson_fixed1024x128_r2", LINEAR, 128, 512, 30208, 1, "chunked"),
    ("exact_J_single", "J: one at a time", "as A",
     "singlestream_200x800", LINEAR, 128, 512, 30208, 1, "chunked"),
    ("exact_K_MD1_fixed_r2", "K: one sequence, 3 ms", "4,096 tokens",
     "poisson_fixed1024x128_r2", "{a: 0.003}", 1, 4096, 30208, 1, "chunked"),
    ("exact_L_rr4_r8", "L: Azure chat, 8/s", "4 servers in turn",
     "conv2000_r8", LINEAR, 128, 512, 30208, 4, "chunked"),
    ("exact_O_linear_r8_rr3_kv24k_cap48", "O: the same", "3 servers, 48 sequences, 1,500 blocks",
     "conv2000_r8", LINEAR, 48, 512, 1500, 3, "chunked"),
]
# Name, what it is, trace, times, blocks, budget, policy.
PROFILED = [
    ("a30_qwen2_7b_sarathi_r0.5", "A30, Qwen2-7B, 0.5/s", "conv2000_r0.5", "a30_qwen2_7b_tp1", 11008),
    ("a30_qwen2_7b_sarathi_r1.5", "A30, Qwen2-7B, 1.5/s", "conv2000_r1.5", "a30_qwen2_7b_tp1", 11008),
    ("a100_llama3_8b_sarathi_r2", "A100, Llama-3-8B, 2/s", "conv2000_r2", "a100_llama3_8b_tp1", 30208),
    ("a100_llama3_8b_sarathi_r6", "A100, Llama-3-8B, 6/s", "conv2000_r6", "a100_llama3_8b_tp1", 30208),
    ("a100_llama3_8b_sarathi_r8", "A100, Llama-3-8B, 8/s, at the knee", "conv2000_r8",
     "a100_llama3_8b_tp1", 30208),
    ("a100_llama3_70b_tp4_sarathi_r1", "4 A100, Llama-3-70B, 1/s", "conv2000_r1",
     "a100_llama3_70b_tp4", 32768),
    ("a100_llama3_70b_tp4_sarathi_r3", "4 A100, Llama-3-70B, 3/s, at the knee", "conv2000_r3",
     "a100_llama3_70b_tp4", 32768),
    ("h100_llama2_70b_tp4_sarathi_r2", "4 H100, Llama-2-70B, 2/s", "conv2000_r2",
     "h100_llama2_70b_tp4", 32768),
    ("h100_llama2_70b_tp4_sarathi_r6", "4 H100, Llama-2-70B, 6/s, at the knee", "conv2000_r6",
     "h100_llama2_70b_tp4", 32768),
    ("a100_llama3_8b_vllm_r4", "A100, Llama-3-8B, 4/s, prefill first", "conv2000_r4",
     "a100_llama3_8b_tp1", 30208),
]
SERVERS = [
    ("RTX4090_Llama-3.1-8B", "RTX 4090, Llama-3.1-8B, its KV cache always full",
     ["--max-sequences", "256", "--kv-tokens", "41392"]),
    ("RTXPRO6000_Qwen3-32B",
     "2 RTX PRO 6000, Qwen3-32B; 128 sequences found from the requests", []),
]


class Runs:
    def __init__(self, hindcast, folder):
        self.hindcast, self.folder = hindcast, Path(folder)

    def __call__(self, *arguments):
        run = subprocess.run([self.hindcast, *map(str, arguments)], capture_output=True, text=True)
        if run.returncode not in (0, 2):
            sys.exit(f"fidelity.py: {' '.join(map(str, arguments))}\n{run.stderr}")
        return run.stdout

    def replay(self, trace, serving, fleet=""):
        """The service, and the requests by number."""
        ledger = self.folder / f"{trace.stem}.sqlite"
        if not ledger.exists():
            self("ingest", "--ledger", ledger, "--start", "2026-09-01T00:00:00Z", "--model", "m",
                 "-q", trace)
        options, out = self.folder / "options.yaml", self.folder / "requests.csv"
        options.write_text(
            "schema: hindcast-options/1\noptions:\n  - name: simulated\n    kind: rented\n"
            f"    price_per_gpu_hour: 1\n    serving: {serving}\n"
            + (f"    fleet: {fleet}\n" if fleet else ""))
        answer = json.loads(self("replay", "--ledger", ledger, "--options", options, "--from",
                                 "2026-09-01", "--to", "2026-09-01", "--requests-out", out, "--json"))
        with open(out, encoding="utf-8") as rows:
            return answer["options"][0]["service"], list(csv.DictReader(rows))


def percentile(values, percent):
    values = sorted(values)
    place = (len(values) - 1) * percent / 100
    low = int(place)
    high = min(low + 1, len(values) - 1)
    return values[low] + (values[high] - values[low]) * (place - low)


def table(path):
    with open(path, encoding="utf-8") as rows:
        return list(csv.DictReader(rows))


def exact(runs, data):
    lines = ["| case | servers and limits | iterations | evictions | worst difference |",
             "|---|---|---|---|---|"]
    for name, what, limits, trace, time, sequences, budget, blocks, servers, policy in EXACT:
        service, found = runs.replay(
            data / "oracle/traces" / f"{trace}.csv",
            f"{{time_model: {time}, batching: {{token_budget: {budget}, max_sequences: {sequences}, "
            f"kv_blocks: {blocks}, block_size: 16, watermark: 0.01, policy: {policy}}}}}",
            f"{{replicas: {servers}, routing: round-robin}}")
        truth = table(data / "oracle/exact" / name / "requests.csv")
        summary = json.loads((data / "oracle/exact" / name / "summary.json").read_text())
        assert len(truth) == len(found), name
        worst = max(
            max(abs(float(a["first_token_at"]) - float(b["first_token"])),
                abs(float(a["completed_at"]) - float(b["completed"])))
            for a, b in zip(truth, found))
        assert service["iterations"] == summary["iterations"], name
        assert all(a["restarts"] == b["evictions"] for a, b in zip(truth, found)), name
        lines.append(f"| {what} | {limits} | {service['iterations']:,} | {service['evictions']} | "
                     f"{worst:.1e} s |".replace("e-0", "e-"))
    return lines


def errors(ours, theirs):
    return " ".join(f"{100 * (a / b - 1):+.1f}" for a, b in zip(ours, theirs))


def profiled(runs, data):
    models = json.loads((data / "oracle/fitted_time_models.json").read_text())
    lines = ["| case | fit | first token | per output token | end to end |", "|---|---|---|---|---|"]
    for name, what, trace, model, blocks in PROFILED:
        line, knots = models[model]["linear"], models[model]["table"]
        is_vllm = "vllm" in name
        limits = (f"token_budget: {4096 if is_vllm else 512}, max_sequences: 128, "
                  f"kv_blocks: {blocks}, watermark: 0.01"
                  + (", policy: prefill-first" if is_vllm else ""))
        fits = {
            "line": f"{{a: {line['a']}, b: {line['b_tok']}, c: {line['c_kv']}, d: {line['d_pk']}}}",
            "table": f"{{table: {{knots_tokens: {knots['knots_tokens']}, values_s: "
                     f"{knots['values_s']}}}, c: {knots['c_kv']}, d: {knots['d_pk']}}}",
        }
        truth = json.loads((data / "oracle/profiled" / name / "summary.json").read_text())
        for fit, time in fits.items():
            _, found = runs.replay(data / "oracle/traces" / f"{trace}.csv",
                                   f"{{time_model: {time}, batching: {{{limits}}}}}")
            sizes = table(data / "oracle/traces" / f"{trace}.csv")
            first = [float(r["first_token"]) - float(r["arrival"]) for r in found]
            whole = [float(r["completed"]) - float(r["arrival"]) for r in found]
            # As the oracle: requests that were never evicted, with two output tokens or more.
            each = [(float(r["completed"]) - float(r["first_token"]))
                    / (int(s["num_decode_tokens"]) - 1) for r, s in zip(found, sizes)
                    if int(s["num_decode_tokens"]) > 1 and int(r["evictions"]) == 0]
            cells = [errors([percentile(values, p) for p in (50, 90, 99)],
                            [truth[key][f"p{p}"] for p in (50, 90, 99)])
                     for values, key in ((first, "ttft_s"), (each, "tpot_s"), (whole, "e2e_s"))]
            lines.append(f"| {what if fit == 'line' else ''} | {fit} | {' | '.join(cells)} |"
                         .replace("|  |", "| |"))
    return lines


def servers(runs, data):
    lines = ["| run | | mean | p50 | p90 | p99 |", "|---|---|---|---|---|---|"]
    for name, what, settings in SERVERS:
        answer = json.loads(runs("calibrate", "--logs", data / f"measured-servers/{name}.csv",
                                 *settings, "--json"))
        for i, row in enumerate(("first token", "time per output token", "end to end")):
            found = {r["statistic"]: 100 * r["error"] for r in answer["heldOut"]
                     if r["name"] == row}
            lines.append(f"| {what if i == 0 else ''} | {row} | ".replace("|  |", "| |")
                         + " | ".join(f"{found[s]:+.1f}" for s in ("mean", "p50", "p90", "p99"))
                         + " |")
    return lines


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n", maxsplit=1)[0])
    parser.add_argument("--hindcast", default=HERE.parent / ".build/release/hindcast")
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--write", type=Path)
    options = parser.parse_args()
    page = options.write.read_text(encoding="utf-8") if options.write else ""
    with tempfile.TemporaryDirectory(prefix="hindcast-fidelity-") as folder:
        runs = Runs(options.hindcast, folder)
        for name, make in (("exact", exact), ("profiled", profiled), ("servers", servers)):
            text = "\n".join(make(runs, options.data)) + "\n"
            print(text)
            begin, end = f"<!-- {name}: begin -->\n", f"<!-- {name}: end -->"
            if page:
                head, rest = page.split(begin)
                page = head + begin + text + end + rest.split(end, maxsplit=1)[1]
    if options.write:
        options.write.write_text(page, encoding="utf-8")


if __name__ == "__main__":
    main()
