/** Media type of JSON. */
export const JSON_TYPE = 'application/json';
/** Media type of plain text. */
export const TEXT_TYPE = 'text/plain';
/** Media type of bytes. */
export const BYTES_TYPE = 'application/octet-stream';
/** Media type of JSON lines. */
export const LINES_TYPE = 'application/x-ndjson';
/** Media type of server-sent events. */
export const STREAM_TYPE = 'text/event-stream';
/** Media type of comma-separated values. */
export const CSV_TYPE = 'text/csv';

/** What comes with a success: what it says, and the media types it can have. */
export interface Success {
  readonly description: string;
  readonly types: readonly string[];
}

/** An answer in JSON. */
export const json = (description: string): Success => ({ description, types: [JSON_TYPE] });
/** A plain text. */
export const text = (description: string): Success => ({ description, types: [TEXT_TYPE] });
/** Bytes. */
export const bytes = (description: string): Success => ({ description, types: [BYTES_TYPE] });
/** JSON lines, as they come about. */
export const lines = (description: string): Success => ({ description, types: [LINES_TYPE] });
/** No content. */
export const nothing = (description: string): Success => ({ description, types: [] });
/** JSON, or a stream of it. */
export const answer = (what: string): Success => ({
  description: `${what}; with \`stream: true\` server-sent events that end in \`[DONE]\`. A refusal after the first event is an event \`{error}\` without \`[DONE]\` behind it.`,
  types: [JSON_TYPE, STREAM_TYPE],
});

/** How operations answer when they do not refuse, by id and status. */
export type Answers = Readonly<Record<string, Readonly<Record<number, Success>>>>;
