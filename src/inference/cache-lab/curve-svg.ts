import { CURVE_NAMES, hitRate, type CurveName, type Study } from './study.js';

const WIDTH = 740;
const HEIGHT = 420;
const PLOT = { left: 62, top: 52, right: 574, bottom: 362 } as const;
const MEBIBYTE = 2 ** 20;
/** Least distance of two labels at the right edge, px. */
const LABEL_GAP = 15;

/** Colours that keep their distance on white and on dark grey, also for people who see no red or green (P. Tol, "bright"). */
const COLOURS: Readonly<Record<CurveName, string>> = {
  lru: '#4477aa',
  lfu: '#ee6677',
  lfru: '#ccbb44',
  'least-stale': '#228833',
  'layer-quota': '#aa3377',
  belady: '#808080',
};

const NAMES: Readonly<Record<CurveName, string>> = {
  lru: 'LRU',
  lfu: 'LFU',
  lfru: 'LFRU',
  'least-stale': 'least-stale',
  'layer-quota': 'layer quota',
  belady: 'optimum (Belady)',
};

const STYLE = `text{font:13px system-ui,sans-serif;fill:#24292f}.minor{font-size:11px;fill:#57606a}.grid{stroke:#d0d7de;stroke-width:1}
.back{fill:#ffffff}.curve{fill:none;stroke-width:2}.belady{stroke-dasharray:5 4}
@media(prefers-color-scheme:dark){text{fill:#e6edf3}.minor{fill:#9198a1}.grid{stroke:#3d444d}.back{fill:#0d1117}}`;

/** Draws a study: hit rate over the size of the cache, one curve per policy. The picture adapts to light and dark pages. */
export function curvePicture(study: Study, title: string, configuredBytes?: number): string {
  const most = Math.max(...study.sizes.map(({ bytes }) => bytes));
  const x = (bytes: number) => PLOT.left + ((PLOT.right - PLOT.left) * bytes) / most;
  const y = (rate: number) => PLOT.bottom - (PLOT.bottom - PLOT.top) * rate;
  const curves = CURVE_NAMES.map((name) => {
    const points = study.sizes.map(
      (size) => `${round(x(size.bytes))},${round(y(hitRate(study, size, name)))}`,
    );
    return `<polyline class="curve ${name}" stroke="${COLOURS[name]}" points="${points.join(' ')}"/>`;
  });
  const budget =
    configuredBytes === undefined || configuredBytes > most
      ? ''
      : `<path class="grid" stroke-dasharray="2 3" d="M${round(x(configuredBytes))} ${PLOT.top}V${PLOT.bottom}"/>`;
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${HEIGHT}" role="img" aria-label="${escape(title)}">`,
    `<style>${STYLE}</style><rect class="back" width="${WIDTH}" height="${HEIGHT}"/>`,
    `<text x="${PLOT.left}" y="24" font-weight="600">${escape(title)}</text>`,
    `<text class="minor" x="${PLOT.left}" y="42">hit rate over expert cache size; ${study.steps} passes, ${study.experts} experts</text>`,
    ...rateAxis(y),
    ...sizeAxis(most, study.expertBytes, x),
    budget,
    ...curves,
    ...labels(study, y),
    '</svg>\n',
  ].join('\n');
}

function rateAxis(y: (rate: number) => number): string[] {
  return [0, 0.25, 0.5, 0.75, 1].map((rate) => {
    const at = round(y(rate));
    const text = `<text class="minor" x="${PLOT.left - 8}" y="${at + 4}" text-anchor="end">${rate * 100} %</text>`;
    return `<path class="grid" d="M${PLOT.left} ${at}H${PLOT.right}"/>${text}`;
  });
}

function sizeAxis(most: number, expertBytes: number, x: (bytes: number) => number): string[] {
  const ticks = [0, 0.25, 0.5, 0.75, 1].map((part) => {
    const bytes = most * part;
    const experts = Math.round(bytes / expertBytes);
    const place = `x="${round(x(bytes))}" text-anchor="middle"`;
    const size = `<text class="minor" ${place} y="${PLOT.bottom + 18}">${mebibytes(bytes)}</text>`;
    return `${size}<text class="minor" ${place} y="${PLOT.bottom + 33}">${experts}</text>`;
  });
  const middle = (PLOT.left + PLOT.right) / 2;
  return [
    ...ticks,
    `<text class="minor" x="${middle}" y="${HEIGHT - 8}" text-anchor="middle">MiB, experts</text>`,
  ];
}

/** A name beside the end of each curve's middle part, moved apart where they would overlap. */
function labels(study: Study, y: (rate: number) => number): string[] {
  const middle = study.sizes[Math.floor((study.sizes.length - 1) / 2)];
  const placed = CURVE_NAMES.map((name) => ({ name, at: y(hitRate(study, middle, name)) })).sort(
    (a, b) => a.at - b.at,
  );
  let last = -Infinity;
  return placed.map(({ name, at }) => {
    last = Math.max(at, last + LABEL_GAP);
    const rate = (100 * hitRate(study, middle, name)).toFixed(1);
    const line = `<path class="curve ${name}" stroke="${COLOURS[name]}" d="M${PLOT.right + 10} ${round(last - 4)}h16"/>`;
    return `${line}<text class="minor" x="${PLOT.right + 30}" y="${round(last)}">${NAMES[name]} ${rate}</text>`;
  });
}

function mebibytes(bytes: number): string {
  const size = bytes / MEBIBYTE;
  return size.toFixed(size < 100 && size > 0 ? 1 : 0);
}

function round(value: number): number {
  return Math.round(value * 10) / 10;
}

function escape(text: string): string {
  return text.replace(/[&<>"]/g, (character) => `&#${character.charCodeAt(0)};`);
}
