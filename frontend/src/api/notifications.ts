import { requestJson } from './client.js';

/** A way to call people, and how it does. Times are ISO 8601. */
export interface Channel {
  readonly name: string;
  /** Where it goes, without anything secret. */
  readonly target: string;
  readonly pending: number;
  readonly sent: number;
  readonly failed: number;
  readonly last_sent_at: string | null;
  readonly last_error: string | null;
  readonly last_error_at: string | null;
}

/** What came of telling one channel. */
export interface Delivery {
  readonly channel: string;
  readonly event: 'raised' | 'settled';
  readonly state: 'pending' | 'sent' | 'failed' | 'withdrawn';
  readonly attempts: number;
  readonly error: string | null;
  readonly at: string | null;
}

/** A notice to people. */
export interface Notice {
  readonly id: string;
  readonly kind: string;
  readonly severity: 'info' | 'warning' | 'critical';
  readonly title: string;
  /** Page where something can be done about it. */
  readonly path: string;
  readonly needs_answer: boolean;
  readonly created_at: string;
  readonly settled_at: string | null;
  readonly acknowledged_by: string | null;
  readonly acknowledged_reason: string | null;
  readonly deliveries: readonly Delivery[];
}

/** Channels and the last notices. */
export interface Notifications {
  readonly escalate_after_minutes: number;
  readonly channels: readonly Channel[];
  readonly items: readonly Notice[];
}

/** What a channel answered to a test. */
export interface TestResult {
  readonly channel: string;
  readonly ok: boolean;
  readonly code: string | null;
  readonly detail: string | null;
  readonly took_ms: number;
}

/** Channels and the last notices. */
export function getNotifications(signal?: AbortSignal): Promise<Notifications> {
  return requestJson('/api/notifications', { signal });
}

/** Sends a test by one channel, now. */
export function testChannel(channel: string): Promise<{ readonly results: readonly TestResult[] }> {
  return requestJson('/api/notifications/test', { method: 'POST', body: { channel } });
}

/** Says that somebody has seen a notice. */
export function acknowledgeNotice(id: string, reason: string): Promise<Notice> {
  return requestJson(`/api/notifications/${encodeURIComponent(id)}/acknowledge`, {
    method: 'POST',
    body: { reason },
  });
}
