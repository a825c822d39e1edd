import GRDB

/// The tables of a ledger, and how older ones become the present ones.
enum Schema {
  /// "hcst" as a number: marks a SQLite file as a hindcast ledger.
  static let applicationID: Int64 = 0x6863_7374
  static var version: Int64 { Int64(migrations.count) }

  /// From version n to n + 1, in order; each runs inside one transaction.
  static let migrations: [@Sendable (Database) throws -> Void] = [createFirst]

  private static func createFirst(_ db: Database) throws {
    try db.execute(
      sql: """
        CREATE TABLE source (
          id INTEGER PRIMARY KEY,
          path TEXT NOT NULL,
          format TEXT NOT NULL,
          digest BLOB,
          head BLOB,
          size INTEGER NOT NULL,
          damage TEXT,
          superseded_by INTEGER,
          records INTEGER NOT NULL,
          requests INTEGER NOT NULL,
          duplicates INTEGER NOT NULL,
          replaced INTEGER NOT NULL,
          skipped INTEGER NOT NULL,
          grouping TEXT,
          first_start INTEGER,
          last_start INTEGER,
          notes TEXT NOT NULL
        ) STRICT;
        CREATE INDEX source_digest ON source (digest);
        CREATE INDEX source_head ON source (head);

        CREATE TABLE skipped_line (
          source INTEGER NOT NULL, line INTEGER NOT NULL, byte INTEGER NOT NULL,
          reason TEXT NOT NULL
        ) STRICT;

        CREATE TABLE kind (
          id INTEGER PRIMARY KEY,
          provider TEXT NOT NULL,
          model TEXT NOT NULL,
          tier TEXT NOT NULL,
          region TEXT NOT NULL,
          status TEXT NOT NULL,
          split_known INTEGER NOT NULL,
          currency TEXT NOT NULL
        ) STRICT;
        CREATE TABLE label (
          kind INTEGER NOT NULL, key TEXT NOT NULL, name TEXT NOT NULL, value TEXT NOT NULL
        ) STRICT;
        CREATE INDEX label_kind ON label (kind);

        CREATE TABLE block (
          id INTEGER PRIMARY KEY,
          source INTEGER NOT NULL,
          rows INTEGER NOT NULL,
          first_start INTEGER NOT NULL,
          last_start INTEGER NOT NULL,
          kinds BLOB NOT NULL,
          data BLOB NOT NULL
        ) STRICT;

        CREATE TABLE segment (id INTEGER PRIMARY KEY, entries INTEGER NOT NULL) STRICT;
        CREATE TABLE identity_page (
          id INTEGER PRIMARY KEY, segment INTEGER NOT NULL, last BLOB NOT NULL,
          entries BLOB NOT NULL
        ) STRICT;
        CREATE INDEX identity_page_segment ON identity_page (segment, id, last);
        CREATE TABLE loose_identity (
          key BLOB PRIMARY KEY, block INTEGER NOT NULL, row INTEGER NOT NULL,
          is_full INTEGER NOT NULL
        ) STRICT, WITHOUT ROWID;

        -- Sums by quarter of an hour (Unix seconds of its start), kind and source. Some zones sit at
        -- :30 or :45, so this is the widest cell that every zone can cut days from.
        CREATE TABLE cell (
          start INTEGER NOT NULL,
          kind INTEGER NOT NULL,
          source INTEGER NOT NULL,
          records INTEGER NOT NULL,
          requests INTEGER NOT NULL,
          failed INTEGER NOT NULL,
          uncached_input INTEGER NOT NULL,
          cache_read INTEGER NOT NULL,
          cache_write_5m INTEGER NOT NULL,
          cache_write_1h INTEGER NOT NULL,
          cache_write_other INTEGER NOT NULL,
          output INTEGER NOT NULL,
          reasoning INTEGER NOT NULL,
          audio_input INTEGER NOT NULL,
          audio_output INTEGER NOT NULL,
          image_input INTEGER NOT NULL,
          -- The reported cost is cost_micro x 10^-6 + cost_pico x 10^-12 of the kind's currency.
          cost_micro INTEGER NOT NULL,
          cost_pico INTEGER NOT NULL,
          cost_records INTEGER NOT NULL,
          unknown_cache_split INTEGER NOT NULL,
          unknown_requests INTEGER NOT NULL,
          PRIMARY KEY (start, kind, source)
        ) STRICT, WITHOUT ROWID;

        CREATE VIEW v_kinds AS
          SELECT kind.*,
            (SELECT value FROM label WHERE kind = kind.id AND key = 'user') AS user,
            (SELECT value FROM label WHERE kind = kind.id AND key = 'key') AS api_key,
            (SELECT value FROM label WHERE kind = kind.id AND key = 'project') AS project,
            (SELECT value FROM label WHERE kind = kind.id AND key = 'team') AS team,
            (SELECT value FROM label WHERE kind = kind.id AND key = 'application') AS application
          FROM kind;

        CREATE VIEW v_usage_15min AS
          SELECT cell.start AS start_epoch, datetime(cell.start, 'unixepoch') AS start_utc,
            k.provider, k.model, k.tier, k.region, k.status, k.user, k.api_key, k.project, k.team,
            k.application, source.path AS source,
            cell.requests, cell.failed, cell.uncached_input, cell.cache_read, cell.cache_write_5m,
            cell.cache_write_1h, cell.cache_write_other, cell.output, cell.reasoning,
            cell.uncached_input + cell.cache_read + cell.cache_write_5m + cell.cache_write_1h
              + cell.cache_write_other + cell.output AS total_tokens,
            CASE WHEN cell.cost_records > 0
              THEN cell.cost_micro / 1e6 + cell.cost_pico / 1e12 END AS reported_cost,
            k.currency
          FROM cell JOIN v_kinds k ON k.id = cell.kind JOIN source ON source.id = cell.source;

        CREATE VIEW v_usage_daily AS
          SELECT date(start_epoch, 'unixepoch') AS day,
            start_epoch / 86400 * 86400 AS day_epoch, provider, model, tier, region, user, api_key,
            project, team, application, currency,
            sum(requests) AS requests, sum(failed) AS failed,
            sum(uncached_input) AS uncached_input, sum(cache_read) AS cache_read,
            sum(cache_write_5m) AS cache_write_5m, sum(cache_write_1h) AS cache_write_1h,
            sum(cache_write_other) AS cache_write_other, sum(output) AS output,
            sum(reasoning) AS reasoning, sum(total_tokens) AS total_tokens,
            sum(reported_cost) AS reported_cost
          FROM v_usage_15min GROUP BY 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12;

        CREATE VIEW v_sources AS
          SELECT id, path, format, damage, records, requests, duplicates, replaced, skipped,
            datetime(first_start / 1000000, 'unixepoch') AS first_utc,
            datetime(last_start / 1000000, 'unixepoch') AS last_utc
          FROM source WHERE superseded_by IS NULL;
        """)
  }
}
