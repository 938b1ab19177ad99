import { createHash } from 'node:crypto';
import { bytesToHex, sha256Bytes } from '../../common/index.js';
import { nativeSha256 } from '../../common/native-hash.js';
import { GREEDY } from '../sampler/index.js';
import { CommitmentChain, initialState, publishCommitments } from './index.js';

const context = {
  release: 'ab'.repeat(32),
  kernelHash: 'cd'.repeat(32),
  promptIds: [1, 2, 70000],
  sampling: GREEDY,
};
const sha256 = (...parts: Uint8Array[]): Buffer => {
  const hash = createHash('sha256');
  for (const part of parts) hash.update(part);
  return hash.digest();
};

describe('commitment chain', () => {
  it('starts from release, kernel, prompt and parameters as documented', () => {
    const parameters =
      '{"frequencyPenalty":0,"minP":0,"presencePenalty":0,"repetitionPenalty":1,"seed":0,"temperature":0,"topK":0,"topP":1}';
    const expected = sha256(
      Buffer.from('stemma/commitment/v1'),
      Buffer.alloc(32, 0xab),
      Buffer.alloc(32, 0xcd),
      sha256(Buffer.from('010000000200000070110100', 'hex')),
      sha256(Buffer.from(parameters)),
    );
    expect(bytesToHex(initialState(context, nativeSha256))).toBe(expected.toString('hex'));
  });

  it('binds token and logits of every step', () => {
    const logits = Float32Array.of(1, -2.5, 0);
    const chain = new CommitmentChain(context, sha256Bytes);
    const state = chain.append(2, logits);
    const token = Buffer.from([2, 0, 0, 0]);
    const expected = sha256(initialState(context, sha256Bytes), token, sha256(new Uint8Array(logits.buffer)));
    expect(bytesToHex(state)).toBe(expected.toString('hex'));
    const other = new CommitmentChain(context, sha256Bytes).append(2, Float32Array.of(1, -2.5, 1e-45));
    expect(bytesToHex(other)).not.toBe(bytesToHex(state));
  });

  it.each([
    [0, []],
    [1, [0]],
    [32, [31]],
    [33, [31, 32]],
    [64, [31, 63]],
    [70, [31, 63, 69]],
  ])('publishes of %i states those at %j, salted', (count, places) => {
    const states = Array.from({ length: count }, (_, i) => new Uint8Array(32).fill(i));
    const salt = new Uint8Array(32).fill(9);
    const published = publishCommitments(states, salt, sha256Bytes).map(bytesToHex);
    expect(published).toEqual(places.map((i) => sha256(salt, states[i]).toString('hex')));
  });
});
