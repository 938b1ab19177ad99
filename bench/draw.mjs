// Draws the pictures of docs/performance.md from the newest results of `npm run bench -- --peers` and `-- --roofline`.
// node bench/draw.mjs
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';

const RESULTS = new URL('results/', import.meta.url);
const IMAGES = new URL('../docs/images/', import.meta.url);
const COLOURS = ['#1c7ed6', '#868e96', '#74c0fc', '#ced4da', '#dee2e6'];
const PHASE_COLOURS = { attention: '#1c7ed6', experts: '#e8590c', logits: '#2f9e44' };
const INK = '#495057';

mkdirSync(IMAGES, { recursive: true });
for (const [name, draw] of [
  ['peers', peers],
  ['roofline', roofline],
]) {
  const result = newest(name);
  if (result === null) continue;
  writeFileSync(new URL(`performance-${name}.svg`, IMAGES), draw(result));
  console.log(`docs/images/performance-${name}.svg`);
}

/** The result of a benchmark in the file that was written last; null where there is none. */
function newest(name) {
  const reports = readdirSync(RESULTS)
    .filter((file) => file.endsWith('.json'))
    .map((file) => JSON.parse(readFileSync(new URL(file, RESULTS), 'utf8')))
    .filter((report) => report.results[name]?.results)
    .sort((a, b) => a.at.localeCompare(b.at));
  return reports.at(-1)?.results[name] ?? null;
}

/** Bars: tokens per second of every side, as part of the best in its group; whiskers from the slowest round to the fastest. */
function peers({ results }) {
  const groups = [...new Set(results.map(({ model, measurement }) => `${model}: ${measurement}`))];
  const sides = [...new Set(results.map(({ side }) => side))];
  const [left, width, bar] = [190, 420, 16];
  const groupHeight = sides.length * bar + 14;
  const parts = groups.flatMap((group, g) => {
    const rows = results.filter(({ model, measurement }) => `${model}: ${measurement}` === group);
    const most = Math.max(...rows.flatMap(({ rounds }) => rounds));
    const top = 40 + g * groupHeight;
    const bars = rows.map(({ side, rounds }, i) => {
      const sorted = [...rounds].sort((a, b) => a - b);
      const at = (rate) => left + (rate / most) * width;
      const median = sorted[sorted.length >> 1];
      const y = top + i * bar;
      return [
        rectangle(left, y, at(median) - left, bar - 3, COLOURS[sides.indexOf(side)]),
        line(at(sorted[0]), y + 6.5, at(sorted.at(-1)), y + 6.5, INK),
        text(left + width + 8, y + 10, `${Math.round(median)}`, 'start'),
      ].join('');
    });
    return [text(left - 8, top + (rows.length * bar) / 2 + 3, group, 'end'), ...bars];
  });
  const legend = sides.map(
    (side, i) =>
      rectangle(left + i * 150, 12, 10, 10, COLOURS[i]) + text(left + 15 + i * 150, 21, side, 'start'),
  );
  return svg(700, 50 + groups.length * groupHeight, [...legend, ...parts]);
}

/** Multiply-adds per second over multiply-adds per byte read, both logarithmic, under the machine's limits. */
function roofline({ bandwidth, computing, threads, results }) {
  const [left, right, top, bottom] = [60, 640, 30, 360];
  const [from, to] = [0.5, 128];
  const peak = (computing.most * threads) / 1e9;
  const reading = bandwidth.wasm / 1e9;
  const x = (intensity) => left + (Math.log2(intensity / from) / Math.log2(to / from)) * (right - left);
  const y = (rate) => bottom - (Math.log2(rate / 2) / Math.log2((peak * 1.5) / 2)) * (bottom - top);
  const knee = peak / reading;
  const points = results.map(({ shape, work, phase, bytes, macs, seconds }) => {
    const [px, py] = [x(macs / bytes), y(macs / seconds / 1e9)];
    const mark = `<circle cx="${px.toFixed(1)}" cy="${py.toFixed(1)}" r="5" fill="${PHASE_COLOURS[phase]}" fill-opacity="${shape === 'M' ? 0.9 : 0.4}"/>`;
    return `<g><title>${shape}, ${work}, ${phase}: ${(macs / seconds / 1e9).toFixed(1)} GMAC/s</title>${mark}</g>`;
  });
  const ticks = [1, 2, 4, 8, 16, 32, 64, 128].map((value) =>
    text(x(value), bottom + 16, `${value}`, 'middle'),
  );
  const rates = [2, 4, 8, 16, 32, 64, 128].filter((rate) => rate < peak * 1.5);
  const heights = rates.map((rate) => text(left - 6, y(rate) + 4, `${rate}`, 'end'));
  const legend = Object.entries(PHASE_COLOURS).map(
    ([phase, colour], i) =>
      rectangle(left + 10 + i * 90, 8, 10, 10, colour) + text(left + 25 + i * 90, 17, phase, 'start'),
  );
  return svg(680, 400, [
    line(left, bottom, right, bottom, INK),
    line(left, top, left, bottom, INK),
    line(x(from), y(reading * from), x(knee), y(peak), INK),
    line(x(knee), y(peak), right, y(peak), INK),
    text(right, y(peak) - 6, `${peak.toFixed(0)} GMAC/s, ${threads} threads`, 'end'),
    text(x(from) + 8, y(reading * from * 1.25) - 14, `reads ${reading.toFixed(0)} GB/s`, 'start'),
    ...[...ticks, ...heights, ...points, ...legend],
    text(right, 17, 'pale: S, strong: M', 'end'),
    text((left + right) / 2, 394, 'multiply-adds per byte of weights', 'middle'),
    text(left, 27, 'GMAC/s', 'middle'),
  ]);
}

function rectangle(x, y, width, height, fill) {
  return `<rect x="${x.toFixed(1)}" y="${y}" width="${width.toFixed(1)}" height="${height}" fill="${fill}"/>`;
}

function line(x1, y1, x2, y2, stroke) {
  const [a, b, c, d] = [x1, y1, x2, y2].map((value) => value.toFixed(1));
  return `<line x1="${a}" y1="${b}" x2="${c}" y2="${d}" stroke="${stroke}"/>`;
}

function text(x, y, content, anchor) {
  return `<text x="${x.toFixed(1)}" y="${y.toFixed(1)}" text-anchor="${anchor}">${content}</text>`;
}

function svg(width, height, parts) {
  const style = `font-family="sans-serif" font-size="11" fill="${INK}"`;
  const ground = `<rect width="${width}" height="${height}" fill="#ffffff"/>`;
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${height}" ${style}>${ground}\n${parts.join('\n')}\n</svg>\n`;
}
