/** How bad it is. */
export type NoticeSeverity = 'info' | 'warning' | 'critical';

/** What a person is to be told. */
export interface Notice {
  /** While a notice with this key is open, another one is the same and is not sent again; at most 200 characters. */
  readonly key: string;
  /** What it is about, such as `alert` or `escalation`. */
  readonly kind: string;
  readonly severity: NoticeSeverity;
  /** One line. */
  readonly title: string;
  /** What happened and what is asked; plain text, never secret. */
  readonly text: string;
  /** Path of the dashboard's page about it, such as `/guardian`. */
  readonly path: string;
  /** Whether the next channel gets it, too, when nobody settled it in time. */
  readonly needsAnswer: boolean;
}

/** Why a channel is told: something began, it is over, or somebody tries the channel out. */
export type NoticeEvent = 'raised' | 'settled' | 'test';

/** A notice on its way to one channel. */
export interface OutgoingNotice extends Notice {
  /** The same in every attempt, so that receivers can tell repetitions. */
  readonly id: string;
  readonly event: NoticeEvent;
  /** Name of this node. */
  readonly node: string;
  /** Address of the dashboard's page. */
  readonly link: string;
  /** When it was enqueued, ms since the epoch. */
  readonly at: number;
}

/** Characters that texts of a notice may have; the rest is cut. */
export const MOST_TITLE = 200;
export const MOST_TEXT = 4_000;

/** The same notice with its texts cut to their limits and without control characters in its one-line fields. */
export function bounded(notice: Notice): Notice {
  return {
    ...notice,
    key: notice.key.slice(0, 200),
    title: oneLine(notice.title).slice(0, MOST_TITLE),
    text: notice.text.slice(0, MOST_TEXT),
  };
}

function oneLine(text: string): string {
  return text.replace(/\p{Cc}+/gu, ' ').trim();
}
