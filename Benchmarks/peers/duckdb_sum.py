#!/usr/bin/env python3
"""The work of an ingest's first question, asked of DuckDB: tokens by model and day.

Usage: duckdb_sum.py bedrock|litellm FILE...   Prints the sums as JSON. All cores, explicit schema, no
ledger, no deduplication, no check of anything: the least that a fair comparison can ask for.
"""

import json
import sys

import duckdb

QUERIES = {
    "bedrock": """
        SELECT modelId AS model, CAST(timestamp AS DATE) AS day,
               sum(input.inputTokenCount), sum(input.cacheReadInputTokenCount),
               sum(input.cacheWriteInputTokenCount), sum(output.outputTokenCount)
        FROM read_json(?, format = 'newline_delimited', compression = 'gzip', columns = {
          timestamp: 'TIMESTAMP', modelId: 'VARCHAR',
          input: 'STRUCT(inputTokenCount BIGINT, cacheReadInputTokenCount BIGINT,
                         cacheWriteInputTokenCount BIGINT)',
          output: 'STRUCT(outputTokenCount BIGINT)'})
        GROUP BY ALL""",
    # The cache's share lies in JSON inside a JSON string; like the ledger, the sum needs it.
    "litellm": """
        WITH rows AS (
          SELECT model, CAST(startTime AS DATE) AS day, prompt_tokens, completion_tokens,
                 metadata::JSON AS metadata
          FROM read_json(?, format = 'newline_delimited', compression = 'gzip', columns = {
            startTime: 'TIMESTAMP', model: 'VARCHAR', prompt_tokens: 'BIGINT',
            completion_tokens: 'BIGINT', metadata: 'VARCHAR'})),
        split AS (
          SELECT *,
            coalesce(CAST(metadata->>'$.usage_object.prompt_tokens_details.cached_tokens'
                          AS BIGINT), 0) AS read,
            coalesce(CAST(metadata->>'$.usage_object.cache_creation_input_tokens'
                          AS BIGINT), 0) AS written
          FROM rows)
        SELECT model, day, sum(prompt_tokens - read - written), sum(read), sum(written),
               sum(completion_tokens)
        FROM split GROUP BY ALL""",
}


def main():
    kind, files = sys.argv[1], sys.argv[2:]
    rows = duckdb.connect().execute(QUERIES[kind], [files]).fetchall()
    names = ("uncachedInput", "cacheRead", "cacheWrite", "output")
    totals = {n: sum(row[2 + i] or 0 for row in rows) for i, n in enumerate(names)}
    print(json.dumps({"rows": len(rows), "totals": {k: int(v) for k, v in totals.items()}}))


if __name__ == "__main__":
    main()
