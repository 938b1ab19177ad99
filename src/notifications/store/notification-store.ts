import { randomUUID } from 'node:crypto';
import { Injectable } from '@nestjs/common';
import { DataSource, type EntityManager } from 'typeorm';
import type { Notice } from '../notice.js';
import {
  channelFigures,
  claimedDelivery,
  noticeRow,
  type ChannelFigures,
  type ClaimedDelivery,
  type NoticeRow,
} from './notification-rows.js';

/** A taken delivery belongs to its courier for so long; then another may take it. */
const LEASE = `interval '60 seconds'`;
/** So long after it was given up a delivery begins anew. */
const AGAIN = `interval '15 minutes'`;
/** Notices that may be open at a time: a source of trouble that never ends must not fill the disk. */
const MOST_OPEN = 10_000;

/** Notices with what came of telling each channel. */
const NOTICES = `
  SELECT n.id, n.key, n.kind, n.severity, n.title, n.created_at, n.settled_at, n.acknowledged_by, n.acknowledged_reason,
    n.path, n.needs_answer,
    (SELECT coalesce(json_agg(json_build_object('channel', d.channel, 'event', d.event, 'state', d.state, 'attempts', d.attempts,
       'error', d.error, 'at', coalesce(d.sent_at, d.error_at)) ORDER BY d.event, d.next_at), '[]')
     FROM notification_deliveries d WHERE d.notification_id = n.id) AS deliveries
  FROM notifications n`;

type Rows = Parameters<typeof claimedDelivery>[0][];

/** How a new notice begins its way. */
export interface NoticeStart {
  readonly id: string;
  /** The channel that is told first. */
  readonly channel: string;
  /** Whether that channel has been told already. */
  readonly told: boolean;
  readonly escalateMinutes: number | null;
}

/** A new id of a notice. */
export function noticeId(): string {
  return `note_${randomUUID().replaceAll('-', '')}`;
}

/** The outbox of notices: one row per notice, one per channel that is told of it. */
@Injectable()
export class NotificationStore {
  constructor(private readonly dataSource: DataSource) {}

  /** Adds a notice and its first delivery. @returns whether it is new: false while one with its key is open, or too many are */
  async add(
    manager: EntityManager,
    notice: Notice,
    { id, channel, told, escalateMinutes }: NoticeStart,
  ): Promise<boolean> {
    const { key, kind, severity, title, text, path, needsAnswer } = notice;
    const rows: unknown[] = await manager.query(
      `INSERT INTO notifications (id, key, kind, severity, title, body, path, needs_answer, stage, escalate_at)
       SELECT $1, $2, $3, $4, $5, $6, $7, $8, $9, now() + $10::float8 * interval '1 minute'
       WHERE (SELECT count(*) FROM (SELECT 1 FROM notifications WHERE settled_at IS NULL LIMIT ${MOST_OPEN}) o) < ${MOST_OPEN}
       ON CONFLICT DO NOTHING RETURNING id`,
      [
        id,
        key,
        kind,
        severity,
        title,
        text,
        path,
        needsAnswer,
        channel,
        needsAnswer ? escalateMinutes : null,
      ],
    );
    if (rows.length === 0) return false;
    await this.deliver(manager, id, channel, 'raised');
    if (told) await this.sent(manager, id, channel, 'raised');
    return true;
  }

  /**
   * Ends the open notice of a key: what was not sent is withdrawn, and channels that were told are told of the end.
   * @returns whether one was open
   */
  async settle(manager: EntityManager, key: string, tellsSettled: readonly string[]): Promise<boolean> {
    const [rows]: [{ id: string }[], number] = await manager.query(
      'UPDATE notifications SET settled_at = now() WHERE key = $1 AND settled_at IS NULL RETURNING id',
      [key],
    );
    if (rows.length === 0) return false;
    const { id } = rows[0];
    await manager.query(
      `UPDATE notification_deliveries SET state = 'withdrawn' WHERE notification_id = $1 AND state = 'pending'`,
      [id],
    );
    await manager.query(
      `INSERT INTO notification_deliveries (notification_id, channel, event, state)
       SELECT notification_id, channel, 'settled', 'pending' FROM notification_deliveries
       WHERE notification_id = $1 AND event = 'raised' AND state = 'sent' AND channel = ANY ($2::text[])
       ON CONFLICT DO NOTHING`,
      [id, tellsSettled],
    );
    return true;
  }

  /** Takes deliveries that are due, of one channel or of all others, at most `limit`; each belongs to the caller for a minute. */
  async claim(
    limit: number,
    of: { channel: string } | { noneOf: readonly string[] },
  ): Promise<ClaimedDelivery[]> {
    const [which, parameter] =
      'channel' in of ? ['channel = $2', of.channel] : ['channel <> ALL ($2::text[])', of.noneOf];
    const [rows] = await this.dataSource.query<[Rows, number]>(
      `UPDATE notification_deliveries d SET attempts = d.attempts + 1, next_at = now() + ${LEASE}
       FROM notifications n
       WHERE n.id = d.notification_id AND (d.notification_id, d.channel, d.event) IN (
         SELECT notification_id, channel, event FROM notification_deliveries
         WHERE state = 'pending' AND next_at <= now() AND ${which} ORDER BY next_at LIMIT $1 FOR UPDATE SKIP LOCKED)
       RETURNING d.channel, d.event, d.attempts, n.*`,
      [limit, parameter],
    );
    return rows.map(claimedDelivery);
  }

  /** A delivery has arrived. When its notice was settled meanwhile, the end follows. */
  async sent(manager: EntityManager, id: string, channel: string, event: string): Promise<void> {
    await manager.query(
      `UPDATE notification_deliveries SET state = 'sent', sent_at = now(), error = NULL
       WHERE notification_id = $1 AND channel = $2 AND event = $3`,
      [id, channel, event],
    );
    if (event === 'raised' && (await this.isSettled(manager, id)))
      await this.deliver(manager, id, channel, 'settled');
  }

  /** A channel took a notice without the outbox; nothing to note where that does not have it, or knows. */
  async taken(manager: EntityManager, id: string, channel: string): Promise<void> {
    const rows: { state: string | null }[] = await manager.query(
      `SELECT d.state FROM notifications n LEFT JOIN notification_deliveries d
         ON d.notification_id = n.id AND d.channel = $2 AND d.event = 'raised' WHERE n.id = $1`,
      [id, channel],
    );
    if (rows.length === 0 || rows[0].state === 'sent') return;
    await this.deliver(manager, id, channel, 'raised');
    await this.sent(manager, id, channel, 'raised');
  }

  /** An attempt failed; the next one is due after `waitMs`, or never (null): then the delivery has failed. */
  async failed(
    manager: EntityManager,
    { id, channel, event }: { id: string; channel: string; event: string },
    error: string,
    waitMs: number | null,
  ): Promise<void> {
    await manager.query(
      `UPDATE notification_deliveries
       SET state = CASE WHEN $5::float8 IS NULL THEN 'failed' ELSE state END, error = $4, error_at = now(),
           next_at = now() + coalesce($5::float8, 0) * interval '1 millisecond'
       WHERE notification_id = $1 AND channel = $2 AND event = $3 AND state = 'pending'`,
      [id, channel, event, error, waitMs],
    );
  }

  /** Open notices that nobody answered in time, or a certain one, held until the transaction ends; at most a hundred. */
  async unanswered(manager: EntityManager, id: string | null): Promise<{ id: string; stage: string }[]> {
    return manager.query(
      `SELECT id, stage FROM notifications
       WHERE settled_at IS NULL AND (id = $1 OR ($1::text IS NULL AND escalate_at <= now()))
       ORDER BY position LIMIT 100 FOR UPDATE ${id === null ? 'SKIP LOCKED' : ''}`,
      [id],
    );
  }

  /** Lets the next channel know, too; null: there is no further one, and nobody is waited for any more. */
  async escalate(manager: EntityManager, id: string, channel: string | null, minutes: number): Promise<void> {
    await manager.query(
      `UPDATE notifications SET stage = coalesce($2, stage),
         escalate_at = CASE WHEN $2::text IS NULL OR NOT needs_answer THEN NULL ELSE now() + $3::float8 * interval '1 minute' END
       WHERE id = $1`,
      [id, channel, minutes],
    );
    if (channel !== null) await this.deliver(manager, id, channel, 'raised');
  }

  /**
   * Lets deliveries that were given up begin anew, where their notice is open and wants an answer: an outage must not keep people from
   * being told for good. What was sent is not sent again.
   */
  async revive(channels: readonly string[]): Promise<void> {
    await this.dataSource.query(
      `UPDATE notification_deliveries d SET state = 'pending', attempts = 0, next_at = now()
       FROM notifications n
       WHERE n.id = d.notification_id AND n.settled_at IS NULL AND n.needs_answer AND d.event = 'raised' AND d.state = 'failed'
         AND d.error_at <= now() - ${AGAIN} AND d.channel = ANY ($1::text[])`,
      [channels],
    );
  }

  /** Closes what nobody will answer any more, and forgets what is long over. */
  async tidy(): Promise<void> {
    await this.dataSource.query(
      `UPDATE notifications SET settled_at = now() WHERE settled_at IS NULL
         AND created_at < now() - CASE WHEN needs_answer THEN interval '7 days' ELSE interval '1 day' END`,
    );
    await this.dataSource.query(
      `DELETE FROM notifications WHERE id IN (
         SELECT id FROM notifications WHERE created_at < now() - interval '30 days' AND settled_at IS NOT NULL LIMIT 1000)`,
    );
  }

  /** How the channels do; a channel that never had a delivery is not there. */
  async figures(): Promise<ChannelFigures[]> {
    const rows = await this.dataSource.query<Rows>(
      `SELECT channel, count(*) FILTER (WHERE state = 'pending') AS pending,
         count(*) FILTER (WHERE state = 'sent') AS sent, count(*) FILTER (WHERE state = 'failed') AS failed,
         max(sent_at) AS last_sent_at, max(error_at) AS last_error_at,
         (array_agg(error ORDER BY error_at DESC) FILTER (WHERE error IS NOT NULL))[1] AS last_error
       FROM notification_deliveries GROUP BY channel`,
    );
    return rows.map(channelFigures);
  }

  /** Notices, newest first. */
  async recent(limit: number): Promise<NoticeRow[]> {
    const rows = await this.dataSource.query<Rows>(`${NOTICES} ORDER BY n.position DESC LIMIT $1`, [limit]);
    return rows.map(noticeRow);
  }

  /** One notice; null where there is none. */
  async one(id: string, reader: Pick<EntityManager, 'query'> = this.dataSource): Promise<NoticeRow | null> {
    const rows: Rows = await reader.query(`${NOTICES} WHERE n.id = $1`, [id]);
    return rows.length === 0 ? null : noticeRow(rows[0]);
  }

  /** Writes down who has seen an open notice. @returns its key; null where it is not open or not there */
  async acknowledge(manager: EntityManager, id: string, who: string, reason: string): Promise<string | null> {
    const [rows]: [{ key: string }[], number] = await manager.query(
      `UPDATE notifications SET acknowledged_by = $2, acknowledged_reason = $3
       WHERE id = $1 AND settled_at IS NULL RETURNING key`,
      [id, who, reason],
    );
    return rows.at(0)?.key ?? null;
  }

  private async isSettled(manager: EntityManager, id: string): Promise<boolean> {
    // Held, so that a settlement at this moment either sees the delivery as sent or is seen here.
    const rows: { settled: boolean }[] = await manager.query(
      'SELECT settled_at IS NOT NULL AS settled FROM notifications WHERE id = $1 FOR SHARE',
      [id],
    );
    return rows[0]?.settled === true;
  }

  private async deliver(manager: EntityManager, id: string, channel: string, event: string): Promise<void> {
    await manager.query(
      `INSERT INTO notification_deliveries (notification_id, channel, event, state)
       VALUES ($1, $2, $3, 'pending') ON CONFLICT DO NOTHING`,
      [id, channel, event],
    );
  }
}
