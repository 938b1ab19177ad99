import type { StepReport } from '../trainer/trainer.js';
import type { Check } from './training-run.js';

const WIDTH = 740;
const HEIGHT = 380;
const PLOT = { left: 62, top: 52, right: 710, bottom: 330 } as const;
const LINES = 4;
/** Steps are drawn as means of at most so many groups: a curve of ten thousand points is a smear. */
const POINTS = 240;

const STYLE = `text{font:13px system-ui,sans-serif;fill:#24292f}.minor{font-size:11px;fill:#57606a}.grid{stroke:#d0d7de;stroke-width:1}
.back{fill:#ffffff}.learnt{fill:none;stroke:#4477aa;stroke-width:1.5}.unseen{fill:none;stroke:#ee6677;stroke-width:2}.dot{fill:#ee6677}
@media(prefers-color-scheme:dark){text{fill:#e6edf3}.minor{fill:#9198a1}.grid{stroke:#3d444d}.back{fill:#0d1117}}`;

/** Draws the loss of a training over its steps: of what is learnt, and of examples that are not. Adapts to light and dark pages. */
export function lossCurve(title: string, steps: readonly StepReport[], checks: readonly Check[]): string {
  const learnt = grouped(steps);
  const all = [...learnt.map(({ loss }) => loss), ...checks.map(({ loss }) => loss)];
  const [least, most] = [Math.min(...all), Math.max(...all)];
  const [low, high] = most > least ? [least, most] : [least - 0.5, most + 0.5];
  const last = Math.max(1, ...learnt.map(({ step }) => step), ...checks.map(({ step }) => step));
  const x = (step: number) => round(PLOT.left + ((PLOT.right - PLOT.left) * step) / last);
  const y = (loss: number) => round(PLOT.bottom - ((PLOT.bottom - PLOT.top) * (loss - low)) / (high - low));
  const path = (points: readonly Check[]) =>
    points.map(({ step, loss }) => `${x(step)},${y(loss)}`).join(' ');
  const grid = Array.from({ length: LINES + 1 }, (_, i) => {
    const loss = low + ((high - low) * i) / LINES;
    const line = `<path class="grid" d="M${PLOT.left} ${y(loss)}H${PLOT.right}"/>`;
    return `${line}<text class="minor" x="${PLOT.left - 8}" y="${y(loss) + 4}" text-anchor="end">${loss.toFixed(3)}</text>`;
  });
  const dots = checks.map(
    ({ step, loss }) => `<circle class="dot" cx="${x(step)}" cy="${y(loss)}" r="2.5"/>`,
  );
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${HEIGHT}" role="img" aria-label="${escape(title)}">`,
    `<style>${STYLE}</style><rect class="back" width="${WIDTH}" height="${HEIGHT}"/>`,
    `<text x="${PLOT.left}" y="24" font-weight="600">${escape(title)}</text>`,
    `<text class="minor" x="${PLOT.left}" y="42">cross-entropy per token over steps: blue what is learnt, red examples that are not</text>`,
    ...grid,
    `<polyline class="learnt" points="${path(learnt)}"/>`,
    `<polyline class="unseen" points="${path(checks)}"/>`,
    ...dots,
    `<text class="minor" x="${PLOT.left}" y="${PLOT.bottom + 20}">0</text>`,
    `<text class="minor" x="${PLOT.right}" y="${PLOT.bottom + 20}" text-anchor="end">${last}</text>`,
    '</svg>\n',
  ].join('\n');
}

/** Means of neighbouring steps. */
function grouped(steps: readonly StepReport[]): Check[] {
  const size = Math.max(1, Math.ceil(steps.length / POINTS));
  const groups = Array.from({ length: Math.ceil(steps.length / size) }, (_, i) =>
    steps.slice(i * size, (i + 1) * size),
  );
  return groups.map((group) => ({
    step: group[group.length - 1].step + 1,
    loss: group.reduce((sum, { loss }) => sum + loss, 0) / group.length,
  }));
}

function round(value: number): number {
  return Math.round(value * 10) / 10;
}

function escape(text: string): string {
  return text.replace(/[&<>"]/g, (character) => `&#${character.charCodeAt(0)};`);
}
