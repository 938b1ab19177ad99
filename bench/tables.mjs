// Prints the tables of docs/performance.md, in Markdown, from a file in bench/results/.
// node bench/tables.mjs <file>
import { readFileSync } from 'node:fs';

const { results } = JSON.parse(readFileSync(process.argv[2], 'utf8'));
if (results.peers) printPeers(results.peers);
if (results.roofline) printRoofline(results.roofline);

function printPeers({ results: rows }) {
  console.log('| model | | ours | llama.cpp, 2 threads | 1 thread | ratio |\n|---|---|---|---|---|---|');
  for (const ours of rows.filter(({ side }) => side === 'stemma')) {
    const [two, one] = ['llama.cpp from C', 'llama.cpp from C, 1 thread'].map((side) =>
      rows.find(
        (row) => row.model === ours.model && row.measurement === ours.measurement && row.side === side,
      ),
    );
    const ratios = spread(ours.rounds.map((rate, i) => rate / Math.max(two.rounds[i], one.rounds[i])));
    const medians = [ours, two, one].map(({ rounds }) => Math.round(spread(rounds)[1]).toLocaleString('en'));
    const shown = ratios.map((ratio) => ratio.toFixed(2)).join(' / ');
    console.log(`| ${ours.model} | ${ours.measurement} | ${medians.join(' | ')} | ${shown} |`);
  }
}

function printRoofline({ bandwidth, computing, peaks, threads, results: rows }) {
  const giga = (value) => (value === null ? '–' : (value / 1e9).toFixed(1));
  console.log(`| limit | 1 thread | ${threads} threads |\n|---|---|---|`);
  console.log(`| read in WebAssembly, GB/s | ${giga(bandwidth.wasm1)} | ${giga(bandwidth.wasm)} |`);
  console.log(`| read in C, GB/s | ${giga(bandwidth.c1)} | ${giga(bandwidth.c)} |`);
  console.log(`| multiply in WebAssembly, GMAC/s | ${giga(computing.wasm)} | |`);
  console.log(`| the same by relaxed SIMD, GMAC/s | ${giga(computing.relaxed)} | |`);
  console.log(`| multiply in C, GMAC/s | ${giga(computing.c)} | |`);
  for (const [name, rows] of [
    ['int8x1', '8 bit, 1 row'],
    ['int8x16', '8 bit, 16 rows'],
    ['f32x1', '32 bit, 1 row'],
    ['f32x16', '32 bit, 16 rows'],
  ])
    console.log(`| kernel's inner loop, ${rows}, GMAC/s | ${giga(peaks[name])} | |`);
  console.log(
    '\n| model | work | phase | of the time | GB/s | GMAC/s | of the limit |\n|---|---|---|---|---|---|---|',
  );
  for (const { shape, work, phase, seconds, bytes, macs, part, share, by } of rows) {
    const percent = (value) => `${(value * 100).toFixed(0)} %`;
    console.log(
      `| ${shape} | ${work} | ${phase} | ${percent(part)} | ${giga(bytes / seconds)} | ${giga(macs / seconds)} | ${percent(share)} (${by}) |`,
    );
  }
}

function spread(numbers) {
  const sorted = [...numbers].sort((a, b) => a - b);
  return [sorted[0], sorted[sorted.length >> 1], sorted.at(-1)];
}
