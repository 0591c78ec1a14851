"""What every contender in Python reports: records, wall time, CPU time and peak memory, as one JSON file.

The clock starts when the work does: the interpreter and the imports are told apart in `start`.
"""

import json
import os
import resource
import sys
import time


def job():
    """What to do, as bench/contender.ts writes it: urls, credentials, stream, pageSize, modifiedSince, folder."""
    return json.loads(os.environ["BENCH_JOB"])


def cpu_seconds():
    usages = [resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
    return sum(usage.ru_utime + usage.ru_stime for usage in usages)


def peak_bytes():
    # Kilobytes on Linux, bytes on macOS. Of children only the largest is known.
    unit = 1 if sys.platform == "darwin" else 1024
    return max(resource.getrusage(who).ru_maxrss for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)) * unit


def measure(work):
    """Runs `work()`, which returns the number of records written, and reports."""
    start_cpu = cpu_seconds()
    started = time.perf_counter()
    records = work()
    wall = time.perf_counter() - started
    result = {
        "records": records,
        "wallSeconds": wall,
        "cpuSeconds": cpu_seconds() - start_cpu,
        "startCpuSeconds": start_cpu,
        "peakRssBytes": peak_bytes(),
    }
    with open(job()["resultFile"], "w", encoding="utf-8") as file:
        json.dump(result, file)
