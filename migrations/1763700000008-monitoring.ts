import type { MigrationInterface, QueryRunner } from 'typeorm';

/** What the agents saw (a partition a month), alerts, health reports, incidents, attempts to heal, and their records. */
export class Monitoring1763700000008 implements MigrationInterface {
  name = 'Monitoring1763700000008';

  async up(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query(`
      CREATE TABLE monitoring_observations (
        agent text NOT NULL,
        node text NOT NULL,
        at timestamptz NOT NULL,
        status text NOT NULL,
        score double precision,
        detail text NOT NULL,
        measures text NOT NULL
      ) PARTITION BY RANGE (at)`);
    await queryRunner.query(
      'CREATE INDEX monitoring_observations_by_agent ON monitoring_observations (agent, at)',
    );
    await queryRunner.query(`
      CREATE TABLE alerts (
        id text COLLATE "C" PRIMARY KEY CHECK (id ~ '^alert_[0-9a-f]{32}$'),
        position bigint GENERATED ALWAYS AS IDENTITY UNIQUE,
        fingerprint text NOT NULL,
        source text NOT NULL,
        severity text NOT NULL CHECK (severity IN ('info', 'warning', 'critical')),
        state text NOT NULL CHECK (state IN ('firing', 'acknowledged', 'resolved')),
        summary text NOT NULL,
        evidence text NOT NULL,
        lasting boolean NOT NULL,
        occurrences integer NOT NULL DEFAULT 1,
        returns integer NOT NULL DEFAULT 0,
        raised_at bigint NOT NULL,
        seen_at bigint NOT NULL,
        quiet_since bigint,
        acknowledged_by text,
        acknowledged_at bigint,
        reason text,
        resolved_at bigint
      )`);
    await queryRunner.query(
      `CREATE UNIQUE INDEX alerts_open ON alerts (fingerprint) WHERE state <> 'resolved'`,
    );
    await queryRunner.query('CREATE INDEX alerts_by_fingerprint ON alerts (fingerprint, position)');
    await queryRunner.query(`
      CREATE TABLE health_reports (
        id text COLLATE "C" PRIMARY KEY CHECK (id ~ '^report_[0-9a-f]{32}$'),
        position bigint GENERATED ALWAYS AS IDENTITY UNIQUE,
        node text NOT NULL,
        at bigint NOT NULL,
        status text NOT NULL,
        report text NOT NULL
      )`);
    await queryRunner.query(`
      CREATE TABLE incidents (
        id text COLLATE "C" PRIMARY KEY CHECK (id ~ '^incident_[0-9a-f]{32}$'),
        position bigint GENERATED ALWAYS AS IDENTITY UNIQUE,
        node text NOT NULL,
        cause text NOT NULL,
        state text NOT NULL,
        severity text NOT NULL,
        summary text NOT NULL,
        remedy text,
        decision text,
        attempts integer NOT NULL,
        steps text NOT NULL,
        evidence text NOT NULL,
        began_at bigint NOT NULL,
        opened_at bigint NOT NULL,
        updated_at bigint NOT NULL,
        closed_at bigint
      )`);
    await queryRunner.query(`CREATE INDEX incidents_open ON incidents (node) WHERE closed_at IS NULL`);
    await queryRunner.query(`
      CREATE TABLE healing_attempts (
        id text COLLATE "C" PRIMARY KEY,
        incident text COLLATE "C" NOT NULL,
        cause text NOT NULL,
        remedy text NOT NULL,
        helped boolean NOT NULL,
        detail text NOT NULL,
        took_ms bigint NOT NULL,
        at bigint NOT NULL
      )`);
    await queryRunner.query(
      'CREATE INDEX healing_attempts_by_remedy ON healing_attempts (remedy, cause, at)',
    );
    await queryRunner.query(`
      CREATE TABLE monitoring_records (
        hash text COLLATE "C" PRIMARY KEY CHECK (hash ~ '^[0-9a-f]{64}$'),
        position bigint GENERATED ALWAYS AS IDENTITY UNIQUE,
        kind text NOT NULL,
        subject text COLLATE "C" NOT NULL,
        record text NOT NULL
      )`);
    await queryRunner.query(
      'CREATE INDEX monitoring_records_by_subject ON monitoring_records (subject, position)',
    );
  }

  async down(queryRunner: QueryRunner): Promise<void> {
    for (const table of [
      'monitoring_records',
      'healing_attempts',
      'incidents',
      'health_reports',
      'alerts',
      'monitoring_observations',
    ])
      await queryRunner.query(`DROP TABLE ${table}`);
  }
}
