import { ed25519 } from '@noble/curves/ed25519.js';
import { bytesToHex, utf8ToBytes } from '../../../src/common/hash.js';
import { merkleLeafHash, merkleNodeHash, merkleRoot } from '../../../src/common/merkle.js';
import { signCheckpoint } from '../../../src/log/checkpoint/checkpoint.js';
import { formatVerifierKey } from '../../../src/log/checkpoint/note.js';
import { watchLog, type LogMemory } from './log-watch.js';

const secret = new Uint8Array(32).fill(7);
const signer = {
  name: 'test',
  publicKey: ed25519.getPublicKey(secret),
  sign: (message: Uint8Array) => ed25519.sign(message, secret),
};
const key = formatVerifierKey(signer);
const leaves = ['a', 'b', 'c', 'd'].map((leaf) => merkleLeafHash(utf8ToBytes(leaf)));
const root = (size: number): string => bytesToHex(merkleRoot(leaves.slice(0, size)));
const publish = (size: number, ofRoot = root(size), now = 2) => ({
  note: signCheckpoint({ size, root: ofRoot }, signer),
  key,
  now,
});
const proofFrom3To4 = [leaves[2], leaves[3], merkleNodeHash(leaves[0], leaves[1])].map(bytesToHex);
const never = () => Promise.reject(new Error('no proof should be asked for'));

async function remember(size: number): Promise<LogMemory> {
  const seen = await watchLog(null, publish(size, root(size), 1), never);
  if (!seen.ok) throw new Error(seen.fault);
  return seen.memory;
}

describe('watching the log', () => {
  it('remembers the first checkpoint it sees and follows the log as it grows', async () => {
    const memory = await remember(3);
    const same = await watchLog(memory, publish(3), never);
    expect(same).toMatchObject({ ok: true, memory: { first: { size: 3, at: 1 }, last: { size: 3, at: 2 } } });
    const grown = await watchLog(memory, publish(4), () => Promise.resolve(proofFrom3To4));
    expect(grown).toMatchObject({
      ok: true,
      memory: { first: { size: 3 }, last: { size: 4, root: root(4) } },
    });
  });

  it('notices a log that was rewritten, shortened, forked or signed by another', async () => {
    const memory = await remember(3);
    const forged = bytesToHex(merkleRoot([leaves[1], ...leaves.slice(1)]));
    const other = { ...publish(3), key: formatVerifierKey({ ...signer, name: 'other' }) };
    const unsigned = { ...publish(3), note: publish(3).note.replace('\n3\n', '\n2\n') };
    const cases: [Parameters<typeof watchLog>[1], RegExp][] = [
      [publish(4, forged), /is not the beginning/],
      [publish(2), /shrunk from 3 leaves to 2/],
      [publish(3, forged), /two roots for 3 leaves/],
      [other, /key is not the one/],
      [unsigned, /not signed by the log’s key/],
    ];
    for (const [published, fault] of cases) {
      const watched = await watchLog(memory, published, () => Promise.resolve(proofFrom3To4));
      expect(watched).toEqual({ ok: false, fault: expect.stringMatching(fault) as string });
    }
  });
});
