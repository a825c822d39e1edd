import GRDB

/// The tables of a ledger, and how older ones become the present ones.
enum Schema {
  /// "hcst" as a number: marks a SQLite file as a hindcast ledger.
  static let applicationID: Int64 = 0x6863_7374
  static var version: Int64 { Int64(migrations.count) }

  /// From version n to n + 1, in order; each runs inside one transaction.
  static let migrations: [@Sendable (Database) throws -> Void] = [
    createFirst, createSecond, createThird, createFourth,
  ]

  /// The columns that both views of usage end with.
  private static let sums = """
    c.requests, c.failed, c.uncached_input, c.cache_read, c.cache_write_5m, c.cache_write_1h,
    c.cache_write_other, c.output, c.reasoning,
    c.uncached_input + c.cache_read + c.cache_write_5m + c.cache_write_1h + c.cache_write_other
      + c.output AS total_tokens,
    CASE WHEN c.cost_records > 0 THEN c.cost_micro / 1e6 + c.cost_pico / 1e12 END AS reported_cost
    """

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
          -- A later source that brought all requests of this one: the same file, grown or complete.
          covered_by INTEGER,
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
        CREATE INDEX source_size ON source (size);

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
          data BLOB NOT NULL,
          -- A bit for each row that is a copy of a request that counts elsewhere; null for none.
          copies BLOB,
          -- The identities of rows that have a weaker one beside theirs; null for none.
          loose BLOB,
          -- Of data.
          checksum INTEGER NOT NULL
        ) STRICT;
        CREATE INDEX block_source ON block (source);

        -- Where each request is by its identity (content 0), and each copy of a request that another
        -- source brought (content 1): what is left of the request if that source is forgotten.
        CREATE TABLE segment (
          id INTEGER PRIMARY KEY, content INTEGER NOT NULL, entries INTEGER NOT NULL
        ) STRICT;
        CREATE TABLE identity_page (
          id INTEGER PRIMARY KEY, segment INTEGER NOT NULL, first BLOB NOT NULL,
          last BLOB NOT NULL, entries BLOB NOT NULL, checksum INTEGER NOT NULL
        ) STRICT;
        CREATE INDEX identity_page_segment ON identity_page (segment, id, first, last);
        -- A weaker identity, the identity its request is filed under, and the full one that owns it.
        CREATE TABLE loose_identity (
          key BLOB PRIMARY KEY, filed BLOB NOT NULL, owner BLOB
        ) STRICT, WITHOUT ROWID;

        -- Sums by quarter of an hour (Unix seconds of its start), kind without labels, and source.
        CREATE TABLE cell (
          start INTEGER NOT NULL,
          kind INTEGER NOT NULL,
          source INTEGER NOT NULL,
          records INTEGER NOT NULL,
          requests INTEGER NOT NULL,
          failed INTEGER NOT NULL DEFAULT 0,
          uncached_input INTEGER NOT NULL,
          cache_read INTEGER NOT NULL,
          cache_write_5m INTEGER NOT NULL DEFAULT 0,
          cache_write_1h INTEGER NOT NULL DEFAULT 0,
          cache_write_other INTEGER NOT NULL DEFAULT 0,
          output INTEGER NOT NULL,
          reasoning INTEGER NOT NULL DEFAULT 0,
          audio_input INTEGER NOT NULL DEFAULT 0,
          audio_output INTEGER NOT NULL DEFAULT 0,
          image_input INTEGER NOT NULL DEFAULT 0,
          -- The reported cost is cost_micro x 10^-6 + cost_pico x 10^-12 of the kind's currency.
          cost_micro INTEGER NOT NULL DEFAULT 0,
          cost_pico INTEGER NOT NULL DEFAULT 0,
          cost_records INTEGER NOT NULL DEFAULT 0,
          unknown_cache_split INTEGER NOT NULL DEFAULT 0,
          unknown_requests INTEGER NOT NULL DEFAULT 0,
          PRIMARY KEY (start, kind, source)
        ) STRICT, WITHOUT ROWID;

        -- The same by UTC day, with labels.
        CREATE TABLE label_day (
          start INTEGER NOT NULL,
          kind INTEGER NOT NULL,
          source INTEGER NOT NULL,
          records INTEGER NOT NULL,
          requests INTEGER NOT NULL,
          failed INTEGER NOT NULL DEFAULT 0,
          uncached_input INTEGER NOT NULL,
          cache_read INTEGER NOT NULL,
          cache_write_5m INTEGER NOT NULL DEFAULT 0,
          cache_write_1h INTEGER NOT NULL DEFAULT 0,
          cache_write_other INTEGER NOT NULL DEFAULT 0,
          output INTEGER NOT NULL,
          reasoning INTEGER NOT NULL DEFAULT 0,
          audio_input INTEGER NOT NULL DEFAULT 0,
          audio_output INTEGER NOT NULL DEFAULT 0,
          image_input INTEGER NOT NULL DEFAULT 0,
          -- The reported cost is cost_micro x 10^-6 + cost_pico x 10^-12 of the kind's currency.
          cost_micro INTEGER NOT NULL DEFAULT 0,
          cost_pico INTEGER NOT NULL DEFAULT 0,
          cost_records INTEGER NOT NULL DEFAULT 0,
          unknown_cache_split INTEGER NOT NULL DEFAULT 0,
          unknown_requests INTEGER NOT NULL DEFAULT 0,
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
          SELECT c.start AS start_epoch, datetime(c.start, 'unixepoch') AS start_utc,
            k.provider, k.model, k.tier, k.region, k.status, source.path AS source,
            \(sums), k.currency
          FROM cell c JOIN kind k ON k.id = c.kind JOIN source ON source.id = c.source;

        CREATE VIEW v_usage_daily AS
          SELECT date(c.start, 'unixepoch') AS day, c.start AS day_epoch,
            k.provider, k.model, k.tier, k.region, k.status, k.user, k.api_key, k.project, k.team,
            k.application, source.path AS source, \(sums), k.currency
          FROM label_day c JOIN v_kinds k ON k.id = c.kind JOIN source ON source.id = c.source;

        CREATE VIEW v_sources AS
          SELECT id, path, format, damage, records, requests, duplicates, replaced, skipped,
            datetime(first_start / 1000000, 'unixepoch') AS first_utc,
            datetime(last_start / 1000000, 'unixepoch') AS last_utc
          FROM source WHERE superseded_by IS NULL;
        """)
  }

  /// Sums by day and labels no longer tell sources apart: of many small files, each of a few requests,
  /// they were as many rows as requests (10,000 files of 100: half of the time and of the ledger).
  ///
  /// Damaged copies are known by samples of their bytes.
  private static func createSecond(_ db: Database) throws {
    let columns = CellSums.columns.joined(separator: ", ")
    let sumsOfColumns = CellSums.columns.map { "sum(\($0))" }.joined(separator: ", ")
    let definitions = CellSums.columns.map { name in
      "\(name) INTEGER NOT NULL\(CellSums.commonColumns.contains(name) ? "" : " DEFAULT 0")"
    }.joined(separator: ", ")
    try db.execute(
      sql: """
        -- Digests of eight bytes each: see FileParts.
        ALTER TABLE source ADD COLUMN parts BLOB;
        CREATE INDEX source_damage ON source (size) WHERE damage IS NOT NULL;

        DROP VIEW v_usage_daily;
        CREATE TEMPORARY TABLE day_sums AS
          SELECT start, kind, \(sumsOfColumns) FROM label_day GROUP BY start, kind;
        DROP TABLE label_day;
        CREATE TABLE label_day (
          start INTEGER NOT NULL, kind INTEGER NOT NULL, \(definitions), PRIMARY KEY (start, kind)
        ) STRICT, WITHOUT ROWID;
        INSERT INTO label_day (start, kind, \(columns)) SELECT * FROM day_sums;
        DROP TABLE day_sums;

        CREATE VIEW v_usage_daily AS
          SELECT date(c.start, 'unixepoch') AS day, c.start AS day_epoch,
            k.provider, k.model, k.tier, k.region, k.status, k.user, k.api_key, k.project, k.team,
            k.application, \(sums), k.currency
          FROM label_day c JOIN v_kinds k ON k.id = c.kind;
        """)
  }

  /// Which of two states of a file is the longer one, however they are compressed.
  private static func createThird(_ db: Database) throws {
    try db.execute(sql: "ALTER TABLE source ADD COLUMN plain_size INTEGER")
  }

  /// What the file system said of files whose bytes are in, so that they need not be read again.
  private static func createFourth(_ db: Database) throws {
    try db.execute(
      sql: """
        CREATE TABLE file_state (state BLOB PRIMARY KEY, source INTEGER NOT NULL)
          STRICT, WITHOUT ROWID;
        """)
  }
}
