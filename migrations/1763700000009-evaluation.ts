import type { MigrationInterface, QueryRunner } from 'typeorm';

/** Notices to people with their deliveries, and what the truth mirror measured. */
export class Evaluation1763700000009 implements MigrationInterface {
  name = 'Evaluation1763700000009';

  async up(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query(`
      CREATE TABLE notifications (
        id text COLLATE "C" PRIMARY KEY CHECK (id ~ '^note_[0-9a-f]{32}$'),
        position bigint GENERATED ALWAYS AS IDENTITY UNIQUE,
        key text NOT NULL,
        kind text NOT NULL,
        severity text NOT NULL CHECK (severity IN ('info', 'warning', 'critical')),
        title text NOT NULL,
        body text NOT NULL,
        path text NOT NULL,
        needs_answer boolean NOT NULL,
        stage text NOT NULL,
        escalate_at timestamptz,
        created_at timestamptz NOT NULL DEFAULT now(),
        settled_at timestamptz
      )`);
    await queryRunner.query(
      'CREATE UNIQUE INDEX notifications_open ON notifications (key) WHERE settled_at IS NULL',
    );
    await queryRunner.query(
      'CREATE INDEX notifications_unanswered ON notifications (escalate_at) WHERE settled_at IS NULL',
    );
    await queryRunner.query('CREATE INDEX notifications_by_age ON notifications (created_at)');
    await queryRunner.query(`
      CREATE TABLE notification_deliveries (
        notification_id text COLLATE "C" NOT NULL REFERENCES notifications (id) ON DELETE CASCADE,
        channel text NOT NULL,
        event text NOT NULL CHECK (event IN ('raised', 'settled')),
        state text NOT NULL CHECK (state IN ('pending', 'sent', 'failed', 'withdrawn')),
        attempts integer NOT NULL DEFAULT 0,
        next_at timestamptz NOT NULL DEFAULT now(),
        error text,
        error_at timestamptz,
        sent_at timestamptz,
        PRIMARY KEY (notification_id, channel, event)
      )`);
    await queryRunner.query(
      `CREATE INDEX notification_deliveries_due ON notification_deliveries (next_at) WHERE state = 'pending'`,
    );
    await queryRunner.query(`
      CREATE TABLE mirror_runs (
        id text COLLATE "C" PRIMARY KEY CHECK (id ~ '^mirror_[0-9a-f]{32}$'),
        position bigint GENERATED ALWAYS AS IDENTITY UNIQUE,
        model text NOT NULL,
        version text NOT NULL,
        release text COLLATE "C" NOT NULL CHECK (release ~ '^[0-9a-f]{64}$'),
        actor text NOT NULL,
        state text NOT NULL CHECK (state IN ('running', 'completed', 'failed', 'cancelled')),
        code text,
        detail text,
        report text,
        report_hash text COLLATE "C",
        created_at timestamptz NOT NULL DEFAULT now(),
        alive_at timestamptz NOT NULL DEFAULT now(),
        finished_at timestamptz
      )`);
    await queryRunner.query('CREATE INDEX mirror_runs_by_release ON mirror_runs (release, position)');
    await queryRunner.query(
      `CREATE UNIQUE INDEX mirror_runs_one_at_a_time ON mirror_runs (state) WHERE state = 'running'`,
    );
  }

  async down(queryRunner: QueryRunner): Promise<void> {
    for (const table of ['mirror_runs', 'notification_deliveries', 'notifications'])
      await queryRunner.query(`DROP TABLE ${table}`);
  }
}
