/** A hash shortened in the middle: `4f2a91…c07d`. */
export function shortHash(hash: string, head = 6, tail = 4): string {
  return hash.length <= head + tail + 1 ? hash : `${hash.slice(0, head)}…${hash.slice(-tail)}`;
}

/** A number with a fixed count of decimals and thin thousands separators. */
export function number(value: number, decimals = 0): string {
  return value.toLocaleString('en-GB', { minimumFractionDigits: decimals, maximumFractionDigits: decimals });
}

/** A measured value with as many decimals as it deserves: three significant digits, none from 100 on. */
export function rate(value: number): string {
  if (value === 0) return '0';
  return number(value, value >= 100 ? 0 : value >= 10 ? 1 : 2);
}

/** A byte count in binary units, split into number and unit. */
export function byteParts(bytes: number): readonly [string, string] {
  const units = ['B', 'KiB', 'MiB', 'GiB', 'TiB'];
  let value = bytes;
  let unit = 0;
  while (value >= 1024 && unit < units.length - 1) {
    value /= 1024;
    unit++;
  }
  return [number(value, unit === 0 || value >= 100 ? 0 : 1), units[unit]];
}

/** A byte count in binary units. */
export function bytes(count: number): string {
  return byteParts(count).join(' ');
}

/** A duration in milliseconds as people read it. */
export function duration(ms: number): string {
  if (ms < 1) return `${number(ms, 2)} ms`;
  if (ms < 1000) return `${number(ms)} ms`;
  if (ms < 60_000) return `${number(ms / 1000, 1)} s`;
  return `${Math.floor(ms / 60_000)} min ${number((ms % 60_000) / 1000)} s`;
}

/** Local date and time to the second, in one fixed shape: `2026-03-01 14:05:09`. */
export function dateTime(ms: number): string {
  const date = new Date(ms);
  const two = (value: number): string => String(value).padStart(2, '0');
  const day = `${date.getFullYear()}-${two(date.getMonth() + 1)}-${two(date.getDate())}`;
  return `${day} ${timeOfDay(ms)}`;
}

/** Local time of day to the second. */
export function timeOfDay(ms: number): string {
  const date = new Date(ms);
  const two = (value: number): string => String(value).padStart(2, '0');
  return `${two(date.getHours())}:${two(date.getMinutes())}:${two(date.getSeconds())}`;
}

/** A moment as an axis of so many ms says it: the time of day, in more than two days with its day, in more than two months the day alone. */
export function momentIn(span: number, ms: number): string {
  const days = span / 86_400_000;
  if (days <= 2) return timeOfDay(ms);
  return days <= 60 ? dateTime(ms).slice(5, 16) : dateTime(ms).slice(0, 10);
}

/** `1 token`, `2 tokens`. */
export function count(value: number, noun: string): string {
  return `${number(value)} ${noun}${value === 1 ? '' : 's'}`;
}
