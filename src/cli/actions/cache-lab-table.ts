import type { Analysis } from '../../inference/index.js';

const MEBIBYTE = 2 ** 20;
const WIDTH = 12;

/** Hit rates by size and policy, with the distance of the best policy to the optimum. */
export function cacheLabTable({ study, choice }: Analysis): string {
  const names = Object.keys(choice.curves[0].hit_rates) as (keyof (typeof choice.curves)[0]['hit_rates'])[];
  const head = ['MiB', 'experts', ...names, 'gap'].map((text) => text.padStart(WIDTH)).join('');
  const rows = choice.curves.map(({ bytes, experts, hit_rates: rates }) => {
    const best = Math.max(...names.filter((name) => name !== 'belady').map((name) => rates[name]));
    const percents = [...names.map((name) => rates[name]), rates.belady - best].map(percent);
    return [(bytes / MEBIBYTE).toFixed(1), String(experts), ...percents]
      .map((text) => text.padStart(WIDTH))
      .join('');
  });
  const { policy, expert_cache_mb: size, hit_rate: rate, optimum, prediction, prefetch } = choice;
  const found = `EXPERT_CACHE_MB=${size}: ${policy}, hit rate ${percent(rate)}, ${percent(optimum - rate)} below the optimum`;
  const foretold =
    prediction === null
      ? []
      : [
          `next layer's experts foretold: precision ${percent(prediction.precision)}, recall ${percent(prediction.recall)}`,
        ];
  if (prefetch !== null) {
    const gain = `hit rate ${percent(prefetch.hit_rate)} with ${prefetch.loads.toFixed(2)} times the loads`;
    foretold.push(`loading them early: ${gain}`);
  }
  const counted = `${study.steps} passes, ${study.uses} uses of ${study.experts} experts; hit rates`;
  return [counted, head, ...rows, '', found, ...foretold].join('\n');
}

function percent(rate: number): string {
  return `${(100 * rate).toFixed(2)} %`;
}
