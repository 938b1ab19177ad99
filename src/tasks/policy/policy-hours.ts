import { err, ok, type Result } from '../../common/index.js';

const DAYS = ['sun', 'mon', 'tue', 'wed', 'thu', 'fri', 'sat'] as const;
type Day = (typeof DAYS)[number];

/** When an action is allowed: local times `HH:MM`; a window whose end is before its start spans midnight. */
export interface PolicyHours {
  /** A time zone of the IANA data base. */
  readonly zone: string;
  readonly from: string;
  readonly to: string;
  /** Days on which the window may begin. */
  readonly days: readonly Day[];
}

const MINUTES_PER_DAY = 24 * 60;
const TIME = /^([01]\d|2[0-3]):[0-5]\d$/;

/** Reads hours; the refusal says what is allowed. */
export function parseHours(raw: unknown): Result<PolicyHours, string> {
  const { zone, from, to, days = [...DAYS] } = (raw ?? {}) as Record<string, unknown>;
  if (typeof zone !== 'string' || !isZone(zone))
    return err('hours.zone is a time zone such as Europe/Berlin');
  if (typeof from !== 'string' || typeof to !== 'string' || !TIME.test(from) || !TIME.test(to))
    return err('hours.from and hours.to are times such as "08:00"');
  if (!Array.isArray(days) || days.length === 0 || !days.every((day) => DAYS.includes(day as Day)))
    return err(`hours.days is a list of ${DAYS.join(', ')}`);
  return ok({ zone, from, to, days: days as Day[] });
}

/** Whether a moment lies in the hours. @param at ms since the epoch */
export function isWithinHours({ zone, from, to, days }: PolicyHours, at: number): boolean {
  const { minutes, day } = localTime(zone, at);
  const [start, end] = [minutesOf(from), minutesOf(to)];
  const today = days.includes(DAYS[day]);
  if (start <= end) return today && minutes >= start && minutes < end;
  const yesterday = days.includes(DAYS[(day + 6) % 7]);
  return (today && minutes >= start) || (yesterday && minutes < end);
}

function localTime(zone: string, at: number): { minutes: number; day: number } {
  const parts = new Intl.DateTimeFormat('en-US', {
    ...{ timeZone: zone, weekday: 'short', hour: '2-digit', minute: '2-digit', hourCycle: 'h23' },
  }).formatToParts(at);
  const part = (type: string): string => parts.find((each) => each.type === type)?.value ?? '';
  const minutes = (Number(part('hour')) * 60 + Number(part('minute'))) % MINUTES_PER_DAY;
  return { minutes, day: DAYS.indexOf(part('weekday').toLowerCase() as Day) };
}

function minutesOf(time: string): number {
  return Number(time.slice(0, 2)) * 60 + Number(time.slice(3));
}

function isZone(zone: string): boolean {
  try {
    new Intl.DateTimeFormat('en-US', { timeZone: zone });
    return true;
  } catch {
    return false;
  }
}
