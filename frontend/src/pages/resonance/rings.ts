/** Side of the picture's square, in its own units. */
export const SIDE = 400;
const CENTRE = SIDE / 2;
const INNER = 48;
const STEP = 34;
/** Points of a ring: enough for its waves to look round. */
const POINTS = 60;
const DEEPEST = 13;

/**
 * The outline of a ring as an SVG path. Its waves are as deep as its value, and as many as its place: so the four differ
 * without colour, too. Without data it is a plain circle. @param ring 0 is the innermost @param turn radians
 */
export function ringPath(ring: number, value: number | null, turn: number): string {
  const radius = INNER + ring * STEP;
  const depth = value === null ? 0 : 1.5 + value * DEEPEST;
  const waves = 3 + ring * 2;
  const parts: string[] = [];
  for (let i = 0; i < POINTS; i++) {
    const angle = (i / POINTS) * 2 * Math.PI;
    const swell = sine(waves * angle + turn) + 0.4 * sine((waves + 2) * angle - turn * 1.3);
    const r = radius + (depth * swell) / 1.4;
    parts.push(
      `${(CENTRE + r * sine(angle + Math.PI / 2)).toFixed(1)} ${(CENTRE + r * sine(angle)).toFixed(1)}`,
    );
  }
  return `M${parts.join('L')}Z`;
}

/** Which phase is foremost after so many ms: each for six seconds. */
export function foremost(elapsedMs: number): number {
  return Math.floor(elapsedMs / 6_000) % 4;
}

/** The sine by two parabolas, within 0.0012: plenty for a picture, and the same in every browser. */
export function sine(x: number): number {
  const turns = x / (2 * Math.PI);
  const angle = 2 * (turns - Math.round(turns));
  const arch = 4 * angle * (1 - Math.abs(angle));
  return arch + 0.225 * (arch * Math.abs(arch) - arch);
}
