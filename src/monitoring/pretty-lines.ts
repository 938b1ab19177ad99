const COLOURS: Readonly<Record<string, string>> = {
  60: '35',
  50: '31',
  40: '33',
  30: '36',
  20: '90',
  10: '90',
};
const NAMES: Readonly<Record<string, string>> = {
  60: 'FATAL',
  50: 'ERROR',
  40: 'WARN ',
  30: 'INFO ',
  20: 'DEBUG',
  10: 'TRACE',
};
const HIDDEN = new Set(['level', 'time', 'msg', 'context', 'pid', 'hostname', 'err', 'stack']);

/** One of pino's JSON lines as people like to read it. What is no such line is returned as it is. */
export function prettyLine(line: string, colour: boolean): string {
  let entry: Record<string, unknown>;
  try {
    entry = JSON.parse(line) as Record<string, unknown>;
  } catch {
    return line;
  }
  const level = String(entry.level);
  const paint = (code: string, text: string) => (colour ? `\u001b[${code}m${text}\u001b[0m` : text);
  const time = new Date(Number(entry.time)).toISOString().slice(11, 23);
  const context = typeof entry.context === 'string' ? `${paint('90', `[${entry.context}]`)} ` : '';
  const facts = Object.entries(entry)
    .filter(([key]) => !HIDDEN.has(key))
    .map(([key, value]) => `${key}=${typeof value === 'string' ? value : JSON.stringify(value)}`)
    .join(' ');
  const stack = typeof entry.stack === 'string' ? `\n${entry.stack}` : '';
  const head = `${paint('90', time)} ${paint(COLOURS[level] ?? '0', NAMES[level] ?? level)}`;
  return `${head} ${context}${String(entry.msg ?? '')}${facts === '' ? '' : ` ${paint('90', facts)}`}${stack}\n`;
}
