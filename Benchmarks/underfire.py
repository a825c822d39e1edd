#!/usr/bin/env python3
"""Puts hindcast under fire and checks that no request is lost or counted twice.

    python3 Benchmarks/underfire.py                     one round of everything, about a minute
    python3 Benchmarks/underfire.py --kills 200         200 kills at random instants
    python3 Benchmarks/underfire.py --hours 12          rounds with new seeds until the time is up
    python3 Benchmarks/underfire.py --only kill,disk    some trials; --list names them

Each trial ends with the totals of an undisturbed run or with a refusal that says why; anything else is
a failure, whose seed and folder are printed. Standard library only. The file system trials use a small
tmpfs where the user may mount one, and a file size limit elsewhere.
"""

import argparse
import gzip
import json
import os
import random
import resource
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
import time

ROOT = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))


class Failure(Exception):
    """What hindcast did that it must not."""


class Fire:
    """One trial's folder, random numbers and ways to run hindcast."""

    def __init__(self, program, folder, seed, size):
        self.program = program
        self.folder = folder
        self.random = random.Random(seed)
        self.size = size

    def path(self, name):
        return os.path.join(self.folder, name)

    def start(self, arguments, **keywords):
        return subprocess.Popen(
            [self.program, *arguments], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
            stderr=subprocess.PIPE, cwd=self.folder, text=True, **keywords)

    def run(self, arguments, codes=(0,), **keywords):
        process = self.start(arguments, **keywords)
        try:
            output, errors = process.communicate(timeout=600)
        except subprocess.TimeoutExpired:
            process.kill()
            raise Failure(f"`hindcast {' '.join(arguments)}` hangs")
        if process.returncode not in codes:
            raise Failure(
                f"`hindcast {' '.join(arguments)}` ended with {process.returncode}: {errors.strip()}")
        return output, errors, process.returncode

    def ingest(self, ledger, paths, *options, codes=(0,), **keywords):
        return self.run(["ingest", "--quiet", "--ledger", ledger, *options, *paths], codes, **keywords)

    def totals(self, ledger):
        output, _, _ = self.run(["usage", "--ledger", ledger, "--by", "day,model,user", "--json"])
        answer = json.loads(output)
        return {"rows": answer["rows"], "totals": answer["totals"]}

    def expect(self, ledger, totals, what):
        self.run(["ledger", "verify", "--ledger", ledger])
        found = self.totals(ledger)
        if found != totals:
            raise Failure(
                f"{what}: {found['totals']['requests']} requests and "
                f"{found['totals']['totalTokens']} tokens instead of "
                f"{totals['totals']['requests']} and {totals['totals']['totalTokens']}")

    # Logs

    def line(self, number, output=None):
        second = number * 7 % 2_000_000
        day, rest = divmod(second, 86_400)
        hour, rest = divmod(rest, 3600)
        minute, second = divmod(rest, 60)
        stamp = f"2026-09-{day + 1:02}T{hour:02}:{minute:02}:{second:02}Z"
        model = ["small", "large", "other"][number % 3]
        output = number % 977 if output is None else output
        return (
            f'{{"schemaType":"ModelInvocationLog","timestamp":"{stamp}","requestId":"r{number}",'
            f'"modelId":"{model}","identity":{{"arn":"user-{number % 5}"}},'
            f'"input":{{"inputTokenCount":{number}}},"output":{{"outputTokenCount":{output}}}}}\n')

    def logs(self, files, rows):
        """Files of `rows` records that overlap by a tenth, some of the copies with more in them."""
        paths = []
        for part in range(files):
            first = part * rows * 9 // 10
            path = self.path(f"part-{part:03}.json.gz")
            text = "".join(
                self.line(number, number % 977 + (part if number % 3 == 0 else 0))
                for number in range(first, first + rows))
            with gzip.open(path, "wt", compresslevel=1) as file:
                file.write(text)
            paths.append(path)
        return paths

    def clean(self, paths, *options):
        """The totals of an undisturbed run, and how long it takes."""
        ledger = self.path("clean.sqlite")
        begin = time.monotonic()
        self.ingest(ledger, paths, *options)
        return self.totals(ledger), time.monotonic() - begin


# Trials


def trial_kill(fire, count):
    """kill -9 at random instants, then the same command again."""
    paths = fire.logs(6, fire.size)
    totals, duration = fire.clean(paths)
    middle = 0
    for number in range(count):
        ledger = fire.path(f"killed-{number}.sqlite")
        kills = fire.random.randint(1, 3)
        for _ in range(kills):
            process = fire.start(["ingest", "--quiet", "--ledger", ledger, *paths])
            time.sleep(fire.random.uniform(0, duration * 1.1))
            if process.poll() is None:
                process.send_signal(signal.SIGKILL)
                middle += 1
            process.communicate()
        fire.ingest(ledger, paths)
        fire.expect(ledger, totals, f"after {kills} kills")
        os.remove(ledger)
    return f"{count} ingests, {middle} killed before their end"


def trial_interrupt(fire, _):
    """Ctrl-C: ends within a second, what was finished stays, the same command finishes the rest."""
    paths = fire.logs(8, fire.size * 2)
    totals, duration = fire.clean(paths)
    slowest = 0
    kept = 0
    for number in range(6):
        ledger = fire.path(f"interrupted-{number}.sqlite")
        process = fire.start(["ingest", "--json", "--jobs", "1", "--ledger", ledger, *paths])
        time.sleep(fire.random.uniform(0.05, duration))
        begin = time.monotonic()
        process.send_signal(signal.SIGINT)
        output, _ = process.communicate()
        if process.returncode == -signal.SIGINT:
            continue  # before it could be noted: nothing was done yet
        slowest = max(slowest, time.monotonic() - begin)
        if process.returncode == 130:
            said = json.loads(output)["totals"]["requests"]
            found = fire.totals(ledger)["totals"]["requests"] if said else 0
            if said != found:
                raise Failure(f"{said} requests said to be in, {found} are")
            kept += said > 0
        elif process.returncode != 0:
            raise Failure(f"ended with {process.returncode}")
        fire.ingest(ledger, paths)
        fire.expect(ledger, totals, "after Ctrl-C")
    if slowest > 1.0 + duration:
        raise Failure(f"took {slowest:.1f} s to stop")
    return f"slowest stop {slowest:.2f} s, {kept} with files kept"


def trial_disk(fire, _):
    """A disk that fills up: a refusal that says so, and the rest once there is room."""
    paths = fire.logs(6, fire.size * 2)
    totals, _ = fire.clean(paths)
    full = os.path.getsize(fire.path("clean.sqlite"))
    how = "a tmpfs"
    for share in (0.05, 0.3, 0.6, 0.9):
        size = int(full * share)
        mount = fire.path(f"disk-{share}")
        os.mkdir(mount)
        mounted = os.geteuid() == 0 and subprocess.run(
            ["mount", "-t", "tmpfs", "-o", f"size={max(size, 65536)}", "tmpfs", mount],
            stderr=subprocess.DEVNULL).returncode == 0
        ledger = os.path.join(mount, "l.sqlite")
        try:
            limit = None
            if not mounted:
                how = "a limit on file sizes"

                def limit():
                    signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
                    resource.setrlimit(resource.RLIMIT_FSIZE, (size, size))

            _, errors, code = fire.run(
                ["ingest", "--quiet", "--ledger", ledger, *paths], (0, 1), preexec_fn=limit)
            if code == 0:
                raise Failure(f"a disk of {size} bytes took a ledger of {full}")
            if "full" not in errors and "cannot" not in errors and "I/O" not in errors:
                raise Failure(f"a full disk is not named: {errors}")
            larger = fire.path(f"larger-{share}.sqlite")
            if os.path.exists(ledger):
                shutil.copy(ledger, larger)
                journal = ledger + "-journal"
                if os.path.exists(journal):
                    shutil.copy(journal, larger + "-journal")
            fire.ingest(larger, paths)
            fire.expect(larger, totals, f"after a disk of {share:.0%}")
        finally:
            if mounted:
                subprocess.run(["umount", mount], check=False)
    return how


def trial_readonly(fire, _):
    """A ledger that cannot be written is refused and stays as it is."""
    paths = fire.logs(2, 300)
    ledger = fire.path("l.sqlite")
    fire.ingest(ledger, paths[:1])
    before = open(ledger, "rb").read()
    if os.geteuid() == 0:
        # The superuser may write anywhere but to a mount that is read-only.
        folder = fire.path("frozen")
        os.mkdir(folder)
        shutil.copy(ledger, folder)
        if subprocess.run(["mount", "--bind", folder, folder]).returncode != 0:
            return "not tried: the superuser writes anywhere, and may not mount here"
        try:
            subprocess.run(["mount", "-o", "remount,bind,ro", folder], check=True)
            frozen = os.path.join(folder, "l.sqlite")
            _, errors, _ = fire.ingest(frozen, paths, codes=(1,))
            fire.run(["usage", "--ledger", frozen])
        finally:
            subprocess.run(["umount", folder], check=False)
    else:
        os.chmod(ledger, 0o444)
        os.chmod(fire.folder, 0o555)
        try:
            _, errors, _ = fire.ingest(ledger, paths, codes=(1,))
            fire.run(["usage", "--ledger", ledger])
        finally:
            os.chmod(fire.folder, 0o755)
            os.chmod(ledger, 0o644)
    if "cannot" not in errors:
        raise Failure(f"not named: {errors}")
    if open(ledger, "rb").read() != before:
        raise Failure("the ledger changed")
    return errors.strip()


def trial_replaced(fire, _):
    """The ledger is deleted, or another put in its place, while an ingest runs."""
    paths = fire.logs(8, fire.size)
    totals, duration = fire.clean(paths)
    small = fire.path("small.sqlite")
    fire.ingest(small, paths[:1])
    refusals = 0
    for number in range(6):
        ledger = fire.path(f"moving-{number}.sqlite")
        fire.ingest(ledger, paths[:1])
        process = fire.start(["ingest", "--quiet", "--jobs", "1", "--ledger", ledger, *paths])
        time.sleep(fire.random.uniform(0.01, duration))
        running = process.poll() is None
        # Another name for the file tells when it was written to last.
        old = ledger + ".old"
        os.link(ledger, old)
        removed = time.time_ns()
        os.remove(ledger)
        if number % 2:
            shutil.copy(small, ledger + ".new")
            os.rename(ledger + ".new", ledger)
        _, errors = process.communicate()
        running = running and (process.returncode != 0 or os.stat(old).st_mtime_ns > removed)
        if running and process.returncode == 0 and os.path.exists(ledger):
            # It ended well, so what it says must be in the ledger that is there.
            fire.expect(ledger, totals, "a ledger replaced in the middle")
        elif running and process.returncode == 0:
            raise Failure("the ledger was deleted in the middle, and the run ends as if it were there")
        elif running:
            refusals += 1
            if not errors.strip():
                raise Failure("a refusal without a word")
        fire.ingest(ledger, paths)
        fire.expect(ledger, totals, "once more after it was replaced")
    return f"{refusals} refusals"


def trial_growing(fire, _):
    """A log is written to while it is read, grows between runs, rotates and is compressed."""
    log = fire.path("x.log")
    lines = [fire.line(number) for number in range(fire.size * 4)]
    server = [statistics(number) for number in range(3000)]
    for name, content, options in [
        ("requests", lines, ()),
        ("intervals", server, ("--year", "2026", "--model", "m")),
    ]:
        whole = fire.path(f"{name}.whole")
        with open(whole, "w") as file:
            file.writelines(content)
        totals, _ = fire.clean([whole], *options)
        os.remove(fire.path("clean.sqlite"))
        ledger = fire.path(f"{name}.sqlite")
        with open(log, "w") as file:
            written = 0
            while written < len(content):
                step = fire.random.randint(1, len(content) // 4)
                # Half a line is on disk when the reader comes by.
                text = "".join(content[written : written + step])
                cut = fire.random.randint(0, len(text))
                file.write(text[:cut])
                file.flush()
                process = fire.start(["ingest", "--quiet", *options, "--ledger", ledger, log])
                time.sleep(fire.random.uniform(0, 0.02))
                file.write(text[cut:])
                file.flush()
                process.communicate()
                if process.returncode not in (0, 2):
                    raise Failure(f"a log that grows ends with {process.returncode}")
                written += step
        fire.ingest(ledger, [log], *options)
        fire.expect(ledger, totals, f"{name} of a log that grew")
        os.rename(log, log + ".1")
        fire.ingest(ledger, [log + ".1"], *options)
        subprocess.run(["gzip", "-f", log + ".1"], check=True)
        fire.ingest(ledger, [log + ".1.gz"], *options)
        fire.expect(ledger, totals, f"{name} of a log that rotated")
        os.remove(log + ".1.gz")
    return ""


def statistics(number):
    minute, second = divmod(number * 10, 60)
    hour, minute = divmod(minute, 60)
    return (
        f"INFO 09-16 {hour:02}:{minute:02}:{second:02} [loggers.py:87] Engine 000: Avg prompt "
        f"throughput: {number % 50 + 100}.0 tokens/s, Avg generation throughput: {number % 7 + 10}.0 "
        "tokens/s, Running: 1 reqs, Waiting: 0 reqs, GPU KV cache usage: 1.0%, Prefix cache hit "
        "rate: 0.0%\n")


def trial_truncated(fire, _):
    """gz files cut anywhere, ingested, later completed, in any order."""
    paths = fire.logs(3, fire.size)
    totals, _ = fire.clean(paths)
    for number in range(4):
        ledger = fire.path(f"cut-{number}.sqlite")
        names = []
        for path in paths:
            content = open(path, "rb").read()
            for _ in range(2):
                name = fire.path(f"cut-{number}-{len(names)}.json.gz")
                open(name, "wb").write(content[: fire.random.randint(20, len(content) - 1)])
                names.append(name)
        names += paths
        if number % 2:
            fire.random.shuffle(names)
        for name in names:
            fire.ingest(ledger, [name], codes=(0, 1, 2))
        fire.expect(ledger, totals, "after cut files")
    return ""


def trial_together(fire, _):
    """Four processes with overlapping lists of files on one ledger."""
    paths = fire.logs(8, fire.size)
    totals, _ = fire.clean(paths)
    for number in range(3):
        ledger = fire.path(f"together-{number}.sqlite")
        processes = []
        for place in range(4):
            own = [path for i, path in enumerate(paths) if i % 4 == place or fire.random.random() < 0.6]
            fire.random.shuffle(own)
            processes.append(fire.start(["ingest", "--quiet", "--ledger", ledger, *own]))
        for process in processes:
            _, errors = process.communicate()
            if process.returncode != 0:
                raise Failure(f"one of four ended with {process.returncode}: {errors.strip()}")
        fire.expect(ledger, totals, "four at once")
    return ""


def trial_changing(fire, _):
    """A file is overwritten and cut short while it is read: told, or right, and right afterwards."""
    path = fire.path("changing.json")
    ledger = fire.path("l.sqlite")
    first = "".join(fire.line(number) for number in range(fire.size * 6))
    noted = 0
    for _ in range(4):
        open(path, "w").write(first)
        stop = threading.Event()

        def change():
            while not stop.is_set():
                with open(path, "r+") as file:
                    file.truncate(fire.random.randint(0, len(first)))
                    file.seek(0)
                    file.write(first[: fire.random.randint(1, len(first))])

        thread = threading.Thread(target=change)
        thread.start()
        _, _, code = fire.ingest(ledger, [path], codes=(0, 1, 2))
        stop.set()
        thread.join()
        noted += code != 0
    open(path, "w").write(first)
    totals, _ = fire.clean([path])
    fire.ingest(ledger, [path])
    fire.expect(ledger, totals, "once the file is whole")
    return f"{noted} of 4 told of it"


TRIALS = {
    name[len("trial_"):]: trial for name, trial in list(globals().items()) if name.startswith("trial_")
}


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n\n")[0])
    parser.add_argument("--program", type=os.path.abspath, default=os.path.join(ROOT, ".build/release/hindcast"))
    parser.add_argument("--kills", type=int, default=20, help="ingests to kill a round (default 20)")
    parser.add_argument("--rows", type=int, default=20_000, help="records a file (default 20,000)")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--hours", type=float, help="rounds with new seeds for so long")
    parser.add_argument("--only", help="trials, separated by commas")
    parser.add_argument("--list", action="store_true", help="name the trials")
    options = parser.parse_args()
    if options.list:
        for name, trial in TRIALS.items():
            print(f"{name:12} {trial.__doc__.splitlines()[0]}")
        return 0
    names = options.only.split(",") if options.only else list(TRIALS)
    for name in names:
        if name not in TRIALS:
            parser.error(f"there is no trial '{name}'; --list names them")
    if not os.access(options.program, os.X_OK):
        parser.error(f"{options.program} is not there; `make build` makes it")
    end = time.monotonic() + (options.hours or 0) * 3600
    seed = options.seed
    failures = 0
    while True:
        for name in names:
            folder = tempfile.mkdtemp(prefix=f"underfire-{name}-")
            begin = time.monotonic()
            try:
                said = TRIALS[name](Fire(options.program, folder, seed, options.rows), options.kills)
                print(f"ok      {name:12} seed {seed}  {time.monotonic() - begin:6.1f} s  {said}")
                shutil.rmtree(folder)
            except Failure as failure:
                failures += 1
                print(f"FAILED  {name:12} seed {seed}  {failure}\n        see {folder}")
            sys.stdout.flush()
        seed += 1
        if time.monotonic() >= end:
            return 1 if failures else 0


if __name__ == "__main__":
    sys.exit(main())
