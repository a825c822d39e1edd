#!/usr/bin/env python3
"""The same sums as duckdb_sum.py, asked of chDB (ClickHouse in a process).

Usage: chdb_sum.py bedrock FILE...   Prints the sums as JSON. All cores, explicit schema.
"""

import json
import os
import sys

import chdb

SCHEMA = ("timestamp String, modelId String, "
          "input Tuple(inputTokenCount Nullable(Int64), cacheReadInputTokenCount Nullable(Int64), "
          "cacheWriteInputTokenCount Nullable(Int64)), output Tuple(outputTokenCount Nullable(Int64))")
QUERY = """
    SELECT modelId, substring(timestamp, 1, 10) AS day, sum(input.inputTokenCount),
           sum(input.cacheReadInputTokenCount), sum(input.cacheWriteInputTokenCount),
           sum(output.outputTokenCount)
    FROM file('{files}', 'JSONEachRow', '{schema}', 'gzip')
    GROUP BY modelId, day
    SETTINGS input_format_skip_unknown_fields = 1,
             input_format_json_ignore_unknown_keys_in_named_tuple = 1"""


def main():
    kind, files = sys.argv[1], sys.argv[2:]
    if kind != "bedrock":
        sys.exit(f"chdb_sum.py: no query for {kind}")
    # A glob has to begin with the folder.
    folders = {os.path.dirname(os.path.abspath(path)) for path in files}
    if len(folders) > 1:
        sys.exit("chdb_sum.py: the files must be in one folder")
    pattern = f"{folders.pop()}/{{{','.join(os.path.basename(path) for path in files)}}}"
    answer = chdb.query(QUERY.format(files=pattern, schema=SCHEMA), "JSONCompact")
    rows = json.loads(str(answer))["data"]
    names = ("uncachedInput", "cacheRead", "cacheWrite", "output")
    totals = {n: sum(int(row[2 + i] or 0) for row in rows) for i, n in enumerate(names)}
    print(json.dumps({"rows": len(rows), "totals": totals}))


if __name__ == "__main__":
    main()
