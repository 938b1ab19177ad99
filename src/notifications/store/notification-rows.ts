import type { NoticeSeverity, OutgoingNotice } from '../notice.js';

/** A delivery that a courier has taken: the notice, where it goes, and which attempt this is. */
export interface ClaimedDelivery {
  readonly notice: Omit<OutgoingNotice, 'node' | 'link'>;
  readonly channel: string;
  /** 1 for the first. */
  readonly attempt: number;
}

/** A notice as lists show it. */
export interface NoticeRow {
  readonly id: string;
  readonly key: string;
  readonly kind: string;
  readonly severity: NoticeSeverity;
  readonly title: string;
  readonly createdAt: Date;
  readonly settledAt: Date | null;
  /** Whoever said that the notice has been seen, and what they know of it; null where nobody has. */
  readonly acknowledgedBy: string | null;
  readonly acknowledgedReason: string | null;
  /** Page of the dashboard where something can be done about it. */
  readonly path: string;
  readonly needsAnswer: boolean;
  readonly deliveries: readonly DeliveryRow[];
}

/** What came of telling one channel. */
export interface DeliveryRow {
  readonly channel: string;
  readonly event: string;
  readonly state: string;
  readonly attempts: number;
  readonly error: string | null;
  /** When it arrived, or when the last attempt failed, ISO 8601; null before either. */
  readonly at: string | null;
}

/** How a channel does. */
export interface ChannelFigures {
  readonly channel: string;
  readonly pending: number;
  readonly sent: number;
  readonly failed: number;
  readonly lastSentAt: Date | null;
  readonly lastError: string | null;
  readonly lastErrorAt: Date | null;
}

type Columns = Readonly<Record<string, string | number | boolean | Date | null>>;

/** Columns of a claimed delivery joined with its notice. */
export function claimedDelivery(row: Columns): ClaimedDelivery {
  return {
    channel: String(row.channel),
    attempt: Number(row.attempts),
    notice: {
      id: String(row.id),
      event: row.event as 'raised' | 'settled',
      key: String(row.key),
      kind: String(row.kind),
      severity: row.severity as NoticeSeverity,
      title: String(row.title),
      text: String(row.body),
      path: String(row.path),
      needsAnswer: row.needs_answer === true,
      at: (row.created_at as Date).getTime(),
    },
  };
}

/** A row of the list, its deliveries as JSON. */
export function noticeRow(row: Columns): NoticeRow {
  return {
    id: String(row.id),
    key: String(row.key),
    kind: String(row.kind),
    severity: row.severity as NoticeSeverity,
    title: String(row.title),
    createdAt: row.created_at as Date,
    settledAt: row.settled_at as Date | null,
    acknowledgedBy: row.acknowledged_by as string | null,
    acknowledgedReason: row.acknowledged_reason as string | null,
    path: String(row.path),
    needsAnswer: row.needs_answer === true,
    deliveries: row.deliveries as unknown as DeliveryRow[],
  };
}

/** A row of the figures per channel. */
export function channelFigures(row: Columns): ChannelFigures {
  return {
    channel: String(row.channel),
    pending: Number(row.pending),
    sent: Number(row.sent),
    failed: Number(row.failed),
    lastSentAt: row.last_sent_at as Date | null,
    lastError: row.last_error === null ? null : String(row.last_error),
    lastErrorAt: row.last_error_at as Date | null,
  };
}
