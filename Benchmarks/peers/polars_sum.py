#!/usr/bin/env python3
"""The same sums as duckdb_sum.py, asked of Polars' streaming engine.

Usage: polars_sum.py bedrock FILE...   Prints the sums as JSON. All cores, explicit schema.
"""

import json
import sys

import polars as pl

INPUT = pl.Struct({"inputTokenCount": pl.Int64, "cacheReadInputTokenCount": pl.Int64,
                   "cacheWriteInputTokenCount": pl.Int64})
SCHEMA = {"timestamp": pl.String, "modelId": pl.String, "input": INPUT,
          "output": pl.Struct({"outputTokenCount": pl.Int64})}


def main():
    kind, files = sys.argv[1], sys.argv[2:]
    if kind != "bedrock":
        sys.exit(f"polars_sum.py: no query for {kind}")
    sums = (
        pl.scan_ndjson(files, schema=SCHEMA)
        .select(
            "modelId", pl.col("timestamp").str.head(10).alias("day"),
            pl.col("input").struct.field("inputTokenCount").alias("uncachedInput"),
            pl.col("input").struct.field("cacheReadInputTokenCount").alias("cacheRead"),
            pl.col("input").struct.field("cacheWriteInputTokenCount").alias("cacheWrite"),
            pl.col("output").struct.field("outputTokenCount").alias("output"))
        .group_by("modelId", "day").sum()
        .collect(engine="streaming"))
    names = ("uncachedInput", "cacheRead", "cacheWrite", "output")
    print(json.dumps({"rows": len(sums), "totals": {n: int(sums[n].sum()) for n in names}}))


if __name__ == "__main__":
    main()
