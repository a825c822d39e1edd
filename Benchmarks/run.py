#!/usr/bin/env python3
"""Measures hindcast against the bar of the project's performance notes and prints one table.

    python3 Benchmarks/run.py                         everything, full size (about 2 GB of logs)
    python3 Benchmarks/run.py --scale 0.1             a tenth of it
    python3 Benchmarks/run.py --only lean-cpu,fat-cpu some rows; --list shows them all
    python3 Benchmarks/run.py --write docs/performance.md

Machines are shared and noisy, so every figure is a ratio of two programs that run turn by turn on
the same files (A B A B ...), and the median of the ratios of the pairs is shown; or it is bytes.
CPU time and memory are the operating system's own account of each finished process.

What hindcast reads is checked first, model by model, against the sums that the generator counted.
A wrong sum ends the run with exit code 1: the speed of a wrong answer is not worth a row.

Standard library only. Peers that are not installed are said to be so in their cell.
"""

import argparse
import json
import os
import platform
import shlex
import shutil
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path
from statistics import median

HERE = Path(__file__).resolve().parent
ROOT = HERE.parent
BEGIN, END = "<!-- benchmarks: begin -->", "<!-- benchmarks: end -->"
FIELDS = ("requests", "failed", "uncachedInput", "cacheRead", "cacheWrite5m", "cacheWrite1h",
          "cacheWriteOther", "output")
# Rates have one decimal and stamps whole seconds: token sums of server logs are near, not exact.
RATE_TOLERANCE = 0.005


class WrongSums(Exception):
    """hindcast's totals are not those of the generator."""


class Missing(Exception):
    """A program or library that a row needs is not installed."""


@dataclass
class Run:
    """One finished process, as the operating system accounts for it."""

    wall: float
    cpu: float
    peak: int


def run(command, accept=(0,)):
    """Runs to the end with output thrown away; only the error output is kept for a message."""
    with tempfile.TemporaryFile() as errors:
        start = time.monotonic()
        child = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
                                 stderr=errors)
        _, status, usage = os.wait4(child.pid, 0)
        wall = time.monotonic() - start
        child.returncode = os.waitstatus_to_exitcode(status)
        if child.returncode not in accept:
            errors.seek(0)
            tail = errors.read()[-2000:].decode(errors="replace")
            sys.exit(f"run.py: exit code {child.returncode} from {shlex.join(command)[:300]}\n{tail}")
    return Run(wall, usage.ru_utime + usage.ru_stime, usage.ru_maxrss * 1024)


PEERS = {"duckdb": "DuckDB", "polars": "Polars", "chdb": "chDB"}


class Bench:
    def __init__(self, options):
        self.options = options
        self.data = Path(options.data)
        self.scratch = Path(tempfile.mkdtemp(prefix="hindcast-bench-"))
        self.generator = None
        self.checked = set()

    def close(self):
        shutil.rmtree(self.scratch, ignore_errors=True)

    # The programs

    def hindcast(self):
        binary = Path(self.options.binary)
        if not binary.exists():
            raise Missing(f"no {binary.name} binary")
        return str(binary)

    def zlib_binary(self):
        if not self.options.zlib_binary:
            raise Missing("no zlib-only build given")
        return self.options.zlib_binary

    def igzip(self, files):
        if not shutil.which("igzip"):
            raise Missing("igzip not installed")
        return lambda: run(["igzip", "-dc", *files])

    def peer(self, module, kind, files):
        """The sums of tokens by model and day, by a peer that is a Python module."""
        python = self.options.peer_python
        probe = subprocess.run([python, "-c", f"import {module}"], capture_output=True)
        if probe.returncode != 0:
            raise Missing(f"{PEERS[module]} not installed")
        script = str(HERE / "peers" / f"{module}_sum.py")
        return lambda: run([python, script, kind, *files])

    def ingest(self, files, binary=None, keep=None, prefix=()):
        """A fresh ledger each time; removing it is not timed."""
        binary = binary or self.hindcast()
        ledger = keep or self.scratch / "timed.sqlite"

        def once():
            self.remove(ledger)
            return run([*prefix, binary, "ingest", "--ledger", str(ledger), *files, "--quiet",
                        "--json"])
        return once

    def remove(self, ledger):
        for suffix in ("", "-journal", "-wal", "-shm"):
            Path(str(ledger) + suffix).unlink(missing_ok=True)

    # The logs

    def logs(self, name):
        """The set's files, made when absent or of another size."""
        folder = self.data / name
        truth = folder / "truth.json"
        if not (truth.exists() and json.loads(truth.read_text())["scale"] == self.options.scale):
            shutil.rmtree(folder, ignore_errors=True)
            self.data.mkdir(parents=True, exist_ok=True)
            if self.generator is None:
                self.generator = str(self.scratch / "generate")
                subprocess.run(["cc", "-O2", "-o", self.generator, str(HERE / "generate.c"),
                                "-lz", "-lpthread"], check=True)
            subprocess.run([self.generator, str(self.data), name, "--scale",
                            repr(self.options.scale)], check=True, stdout=sys.stderr)
        return sorted(str(p) for p in (folder / "logs").rglob("*.gz"))

    def truth(self, name):
        return json.loads((self.data / name / "truth.json").read_text())

    def folder(self, name):
        self.logs(name)
        return [str(self.data / name / "logs")]

    def check(self, name, binary=None):
        """Ingests the set once and compares every sum with the generator's, model by model."""
        ledger = self.scratch / f"{name}.sqlite"
        if (name, binary) in self.checked:
            return ledger
        self.ingest(self.folder(name), binary, keep=ledger)()
        answer = subprocess.run(
            [binary or self.hindcast(), "usage", "--ledger", str(ledger), "--by", "model",
             "--json"], capture_output=True)
        if answer.returncode not in (0, 2):
            sys.exit(f"run.py: usage failed: {answer.stderr.decode(errors='replace')[-2000:]}")
        found = {row["model"]: row for row in json.loads(answer.stdout)["rows"]}
        expected = {m: s for m, s in self.truth(name)["byModel"].items() if any(s.values())}
        wrong = [f"model {m!r} is in only one of them"
                 for m in sorted(found.keys() ^ expected.keys())]
        rates = name == "vllm"
        for model in sorted(found.keys() & expected.keys()):
            for field in FIELDS:
                if rates and field == "requests":
                    continue
                got, want = found[model].get(field), expected[model][field]
                near = got is not None and abs(got - want) <= RATE_TOLERANCE * want
                if got != want and not (rates and near):
                    wrong.append(f"{model}: {field} is {got}, the generator wrote {want}")
        if wrong:
            raise WrongSums(f"set {name}:\n  " + "\n  ".join(wrong))
        self.checked.add((name, binary))
        return ledger

    # Measuring

    def pairs(self, a, b, pick, pick_b=None):
        """Median of the ratios of pairs that ran turn by turn, after one run of each to warm up."""
        pick_b = pick_b or pick
        a(), b()
        ratios, left, right = [], [], []
        for _ in range(self.options.pairs):
            left.append(pick(a()))
            right.append(pick_b(b()))
            ratios.append(left[-1] / right[-1])
        return median(ratios), median(left), median(right)


def seconds(x):
    return f"{x:.2f} s" if x >= 0.1 else f"{x * 1000:.0f} ms"


def mebibytes(x):
    return f"{x / 2**20:.1f} MiB"


def ratio_row(bench, a, b, pick, label):
    ratio, left, right = bench.pairs(a, b, pick)
    return f"{ratio:.2f}", f"{seconds(left)} / {seconds(right)} {label}"


def cpu(r):
    return r.cpu


def wall(r):
    return r.wall


def against_igzip(name):
    def row(bench):
        bench.check(name)
        files = bench.logs(name)
        return ratio_row(bench, bench.ingest(files), bench.igzip(files), cpu, "CPU")
    return row


def against(module, name, kind):
    def row(bench):
        bench.check(name)
        files = bench.logs(name)
        return ratio_row(bench, bench.ingest(files), bench.peer(module, kind, files), wall, "wall")
    return row


def peak_memory(name):
    def row(bench):
        bench.check(name)
        paths = bench.folder(name) if name == "small" else bench.logs(name)
        peak = max(bench.ingest(paths)().peak for _ in range(bench.options.pairs))
        # No more than everything could be in the days being written.
        bar = 64 * 2**20 + 16 * bench.truth(name)["totals"]["requests"]
        return mebibytes(peak), f"at most {mebibytes(bar)} if every day is open"
    return row


def ledger_size(name):
    def row(bench):
        size = bench.check(name).stat().st_size
        requests = bench.truth(name)["totals"]["requests"]
        return f"{size / requests:.1f}", f"{mebibytes(size)} for {requests:,} requests"
    return row


def again(bench):
    ledger, files = bench.check("lean"), bench.logs("lean")

    def second():
        return run([bench.hindcast(), "ingest", "--ledger", str(ledger), *files, "--quiet",
                    "--json"])
    return ratio_row(bench, second, bench.ingest(files), wall, "wall")


def two_on_two(bench):
    bench.check("lean")
    files = bench.logs("lean")
    if (os.cpu_count() or 1) < 2:
        raise Missing("one core only")
    on_one_core = bench.ingest(files[:1], prefix=["taskset", "-c", "0"])
    return ratio_row(bench, bench.ingest(files[:2]), on_one_core, wall, "wall")


def one_large(bench):
    bench.check("single")
    files = bench.logs("single")
    return ratio_row(bench, bench.ingest(files), bench.igzip(files), wall, "wall")


def small_files(bench):
    bench.check("small")
    # By folder: ten thousand paths would fill the command line.
    files = bench.logs("small")
    return ratio_row(bench, bench.ingest(bench.folder("small")), bench.igzip(files), cpu, "CPU")


def small_bytes(bench):
    """What a plain byte of small files costs, against one of large files."""
    bench.check("small"), bench.check("lean")
    small, lean = (bench.truth(name)["plainBytes"] for name in ("small", "lean"))
    ratio, left, right = bench.pairs(
        bench.ingest(bench.folder("small")), bench.ingest(bench.logs("lean")), cpu)
    return (f"{ratio * lean / small:.2f}",
            f"{left / small * 1e9:.2f} s / {right / lean * 1e9:.2f} s CPU a GB of plain bytes")


def small_again(bench):
    """Files less than five minutes old are read again, others not: see docs/exactly-once.md."""
    bench.check("small")
    ledger, folder = bench.scratch / "again.sqlite", bench.folder("small")
    bench.ingest(folder, keep=ledger)()

    def second():
        return run([bench.hindcast(), "ingest", "--ledger", str(ledger), *folder, "--quiet", "--json"])
    return ratio_row(bench, second, bench.ingest(folder), cpu, "CPU")


def zlib_only(name):
    def row(bench):
        binary = bench.zlib_binary()
        bench.check(name, binary)
        files = bench.logs(name)
        return ratio_row(bench, bench.ingest(files, binary), bench.ingest(files), cpu, "CPU")
    return row


def peer_alone(name, kind):
    """What the machine and the peers do without hindcast: for setting bars, and for other machines."""
    def row(bench):
        files, truth = bench.logs(name), None
        duck = bench.peer("duckdb", kind, files)
        truth = bench.truth(name)
        ratio, left, right = bench.pairs(duck, bench.igzip(files), wall, cpu)
        speed = truth["plainBytes"] / right / 1e9
        return f"{ratio:.2f}", (f"{seconds(left)} wall / {seconds(right)} CPU; igzip "
                                f"{speed:.2f} GB/s of plain bytes a core")
    return row


# Name, what is divided by what, the bar, how.
ROWS = [
    ("lean-cpu", "lean: CPU of ingest / CPU of `igzip -dc`", "2.0, then 1.5",
     against_igzip("lean")),
    ("fat-cpu", "fat: CPU of ingest / CPU of `igzip -dc`", "1.3, then 1.15", against_igzip("fat")),
    ("lean-duckdb", "lean: wall of ingest / wall of DuckDB's sums", "0.5, then 0.33",
     against("duckdb", "lean", "bedrock")),
    ("fat-duckdb", "fat: wall of ingest / wall of DuckDB's sums", "0.5, then 0.33",
     against("duckdb", "fat", "bedrock")),
    ("lean-polars", "lean: wall of ingest / wall of Polars' sums", "0.5, then 0.33",
     against("polars", "lean", "bedrock")),
    ("fat-polars", "fat: wall of ingest / wall of Polars' sums", "0.5, then 0.33",
     against("polars", "fat", "bedrock")),
    ("lean-chdb", "lean: wall of ingest / wall of chDB's sums", "0.5, then 0.33",
     against("chdb", "lean", "bedrock")),
    ("fat-chdb", "fat: wall of ingest / wall of chDB's sums", "0.5, then 0.33",
     against("chdb", "fat", "bedrock")),
    ("litellm-cpu", "LiteLLM: CPU of ingest / CPU of `igzip -dc`", "", against_igzip("litellm")),
    ("litellm-duckdb", "LiteLLM: wall of ingest / wall of DuckDB's sums", "0.5",
     against("duckdb", "litellm", "litellm")),
    ("vllm-cpu", "vLLM log: CPU of ingest / CPU of `igzip -dc`", "", against_igzip("vllm")),
    ("duplicates-cpu", "30 % duplicates: CPU of ingest / CPU of `igzip -dc`", "",
     against_igzip("duplicates")),
    ("small-cpu", "10,000 small files: CPU of ingest / CPU of `igzip -dc`", "", small_files),
    ("small-bytes", "10,000 small files: CPU a byte / CPU a byte of lean", "1.5", small_bytes),
    ("small-again", "10,000 small files that are in: CPU / CPU of the first ingest", "0.05",
     small_again),
    ("single-wall", "one large file: wall of ingest / wall of `igzip -dc`", "1.25", one_large),
    ("two-files", "wall of two files on two cores / of one file on one core", "1.15", two_on_two),
    ("again", "wall of ingest of what is already in / of the first ingest", "0.05", again),
    ("memory-lean", "peak memory, lean", "64 MiB + 16 bytes a request being written",
     peak_memory("lean")),
    ("memory-fat", "peak memory, fat", "the same", peak_memory("fat")),
    ("memory-single", "peak memory, one large file", "the same", peak_memory("single")),
    ("memory-small", "peak memory, 10,000 small files", "the same", peak_memory("small")),
    ("ledger", "ledger, bytes a request, lean", "24", ledger_size("lean")),
    ("zlib-lean", "lean: CPU of the zlib-only build / CPU of the usual build", "",
     zlib_only("lean")),
    ("zlib-fat", "fat: CPU of the zlib-only build / CPU of the usual build", "", zlib_only("fat")),
    ("peers-lean", "lean, no hindcast: wall of DuckDB's sums / CPU of `igzip -dc`", "",
     peer_alone("lean", "bedrock")),
    ("peers-fat", "fat, no hindcast: wall of DuckDB's sums / CPU of `igzip -dc`", "",
     peer_alone("fat", "bedrock")),
    ("peers-litellm", "LiteLLM, no hindcast: wall of DuckDB's sums / CPU of `igzip -dc`", "",
     peer_alone("litellm", "litellm")),
]


def version(command):
    try:
        done = subprocess.run(command, capture_output=True, text=True, timeout=60)
    except OSError:
        return "not installed"
    text = (done.stdout or done.stderr).strip().splitlines()
    return text[0] if done.returncode == 0 and text else "not installed"


def machine():
    model = platform.processor() or platform.machine()
    cpuinfo = Path("/proc/cpuinfo")
    if cpuinfo.exists():
        for line in cpuinfo.read_text().splitlines():
            if line.startswith("model name"):
                model = line.split(":", 1)[1].strip()
                break
    return f"{model}, {os.cpu_count()} cores, {platform.system()} {platform.release()}"


def heading(options):
    commit = version(["git", "-C", str(ROOT), "rev-parse", "--short", "HEAD"])
    peers = ". ".join(
        f"{name}: {version([options.peer_python, '-c', f'import {m}; print({m}.__version__)'])}"
        for m, name in PEERS.items())
    return "\n".join([
        f"Machine: {machine()}. Commit {commit}. "
        f"{version(['swift', '--version'])}.",
        f"igzip: {version(['igzip', '--version'])}. {peers}. "
        f"Scale {options.scale:g}, {options.pairs} pairs a row, measured {time.strftime('%Y-%m-%d')}.",
        "", "| what | measured | bar | medians |", "|---|---|---|---|"])


def replace_table(path, table):
    """Puts the table between the markers; a file without them gets both at its end."""
    path = Path(path)
    text = path.read_text() if path.exists() else "# Performance\n\n"
    block = f"{BEGIN}\n{table}\n{END}"
    if BEGIN in text and END in text:
        head, rest = text.split(BEGIN, 1)
        text = head + block + rest.split(END, 1)[1]
    else:
        text = text.rstrip("\n") + "\n\n" + block + "\n"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)


def arguments():
    parser = argparse.ArgumentParser(description="Measures hindcast against its bar.")
    parser.add_argument("--scale", type=float, default=1.0, help="size of the sets; 1 is full")
    parser.add_argument("--pairs", type=int, default=5, help="counted pairs a row")
    parser.add_argument("--only", default="", help="row names, with commas between")
    parser.add_argument("--list", action="store_true", help="show the row names")
    parser.add_argument("--data", default=str(HERE / ".data"), help="where the sets are kept")
    parser.add_argument("--binary", default=str(ROOT / ".build/release/hindcast"))
    parser.add_argument("--build", action="store_true", help="`make build` first")
    parser.add_argument("--zlib-binary", help="a hindcast built without ISA-L, to measure beside")
    parser.add_argument("--peer-python", default=sys.executable, help="a Python that has duckdb, polars and chdb")
    parser.add_argument("--write", metavar="FILE", help="replace the table between FILE's markers")
    return parser.parse_args()


def main():
    options = arguments()
    names = [row[0] for row in ROWS]
    if options.list:
        print("\n".join(f"{name:15} {what}" for name, what, _, _ in ROWS))
        return 0
    chosen = options.only.split(",") if options.only else names
    unknown = [name for name in chosen if name not in names]
    if unknown:
        print(f"run.py: no row {', '.join(unknown)}; --list shows them", file=sys.stderr)
        return 64
    if options.build:
        subprocess.run(["make", "build"], cwd=ROOT, check=True, stdout=sys.stderr)
    lines = [heading(options)]
    bench = Bench(options)
    try:
        for name, what, bar, measure in ROWS:
            if name not in chosen:
                continue
            print(f"... {name}", file=sys.stderr)
            try:
                value, detail = measure(bench)
            except Missing as missing:
                value, detail = str(missing), ""
            lines.append(f"| {what} | {value} | {bar} | {detail} |")
    except WrongSums as wrong:
        print(f"run.py: hindcast's sums are WRONG, so nothing is measured; {wrong}",
              file=sys.stderr)
        return 1
    finally:
        bench.close()
    table = "\n".join(lines)
    print(table)
    if options.write:
        replace_table(options.write, table)
    return 0


if __name__ == "__main__":
    sys.exit(main())
