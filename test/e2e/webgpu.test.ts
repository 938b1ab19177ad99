import { spawn } from 'node:child_process';
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { packageRoot } from '../../src/common/installation.js';
import { browserTests } from './dashboard-support.js';

const golden = join(packageRoot(), 'test', 'vectors', 'golden');

interface Outcome {
  readonly code: number | null;
  readonly printed: string;
}

/** The comparison of the fast lane with the exact one, where Dawn finds the SwiftShader of the browser under test. */
function compare(...words: readonly string[]): Promise<Outcome> {
  return new Promise((resolve, reject) => {
    const bench = join(packageRoot(), 'bench', 'tfjs.mjs');
    const child = spawn(process.execPath, [bench, '--swiftshader', '--no-speed', ...words], {
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    let printed = '';
    for (const stream of [child.stdout, child.stderr])
      stream.on('data', (chunk: Buffer) => (printed += chunk.toString()));
    child.on('error', reject);
    child.on('close', (code) => resolve({ code, printed }));
  });
}

/** Names of the checkpoints that agree. */
function agreeing({ printed }: Outcome): readonly string[] {
  return [...printed.matchAll(/^ok +(\S+): .*greedy ids equal$/gm)].map(([, name]) => name);
}

// SwiftShader comes with the browser.
browserTests('the forward pass on WebGPU', () => {
  it('agrees with the exact lane on every golden checkpoint', async () => {
    const outcome = await compare('--backends', 'webgpu', '--prompts', '1', '--answer', '0');
    expect(outcome).toMatchObject({ code: 0, printed: expect.stringMatching(/^webgpu: /m) as string });
    expect(agreeing(outcome)).toEqual(readdirSync(golden));
  });

  it('gives the same tokens one by one', async () => {
    const words = ['--backends', 'webgpu', '--prompts', '1', '--answer', '3'];
    const outcome = await compare(join(golden, 'gpt_oss-a'), ...words);
    expect(outcome).toMatchObject({ code: 0 });
    expect(agreeing(outcome)).toEqual(['gpt_oss-a']);
  });

  it('is not what a server takes by itself when the adapter computes on the processor', async () => {
    const outcome = await compare('--backends', 'auto', '--no-golden');
    expect(outcome).toMatchObject({
      code: 0,
      printed: expect.stringMatching(/^(node-gpu|node|wasm): /m) as string,
    });
  });
});
