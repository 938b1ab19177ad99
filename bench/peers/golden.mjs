// node bench/peers/golden.mjs <checkpoint with reference.json> [dtype]: exports it to GGUF and compares the logits that llama.cpp's
// library computes from the file with the reference, and with ours.
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { execFileSync } from 'node:child_process';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { buildDriver, installPeers, libraryFolder } from './install.mjs';
import { Side } from './side.mjs';

const [, , checkpoint = 'test/vectors/golden/mixtral-a', dtype = 'f32'] = process.argv;
const script = (name) => fileURLToPath(new URL(name, import.meta.url));
const folder = mkdtempSync(join(tmpdir(), 'stemma-golden-gguf-'));
installPeers();
const driver = buildDriver();
if (driver === null) process.exit(1);
try {
  execFileSync(process.execPath, [script('release-folder.mjs'), checkpoint, dtype, folder], {
    stdio: 'inherit',
  });
  const { input_ids, logits } = JSON.parse(readFileSync(join(checkpoint, 'reference.json'), 'utf8'));
  const theirs = await Side.start('llama.cpp', driver, [
    join(folder, 'model.gguf'),
    '1',
    libraryFolder(),
    'f32',
  ]);
  const ours = await Side.start('stemma', process.execPath, [script('engine-side.mjs'), folder, '1']);
  let [toReference, toOurs] = [0, 0];
  for (const [i, ids] of input_ids.entries()) {
    const line = `logits ${ids.join(' ')}`;
    const [a, b] = [(await theirs.ask(line)).logits, (await ours.ask(line)).logits];
    toReference = Math.max(toReference, difference(a, logits[i]));
    toOurs = Math.max(toOurs, difference(a, b));
  }
  await Promise.all([theirs.stop(), ours.stop()]);
  console.log(
    `${checkpoint} (${dtype}) in llama.cpp: largest difference of a logit ${toReference.toExponential(2)} to the reference, ${toOurs.toExponential(2)} to ours`,
  );
  console.log(JSON.stringify({ toReference, toOurs }));
} finally {
  rmSync(folder, { recursive: true });
}

function difference(a, b) {
  return Math.max(...a.map((row, i) => Math.max(...row.map((value, j) => Math.abs(value - b[i][j])))));
}
