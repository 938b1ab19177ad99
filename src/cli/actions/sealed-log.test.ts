import { ed25519 } from '@noble/curves/ed25519.js';
import { bytesToHex, merkleLeafHash, utf8ToBytes } from '../../common/index.js';
import { MerkleTree } from '../../common/merkle-tree.js';
import { nativeSha256 } from '../../common/native-hash.js';
import type { SealedEvidence } from '../../learning/index.js';
import { formatVerifierKey, signCheckpoint } from '../../log/index.js';
import type { ServerClient } from '../server-client.js';
import { beaconInLog } from './sealed-log.js';

const SECRET = new Uint8Array(32).fill(7);
const signer = {
  ...{ name: 'stemma.example', publicKey: ed25519.getPublicKey(SECRET) },
  sign: (message: Uint8Array) => ed25519.sign(message, SECRET),
};

/** The tree over the first leaves of a log. */
function treeOf(log: string, size: number): MerkleTree {
  const leaves = Array.from({ length: size }, (_, i) => merkleLeafHash(utf8ToBytes(`${log} ${i}`)));
  return MerkleTree.over(leaves, nativeSha256);
}

const rootOf = (log: string, size: number) => bytesToHex(treeOf(log, size).root);

/** Four leaves are the left half of eight: the right half proves it. */
const right = () => bytesToHex(treeOf('own', 8).path(0)[2]);

/** A server whose log has eight leaves. */
function serverOf(path: unknown = [right()], size = 8): ServerClient {
  const note = signCheckpoint({ size, root: rootOf('own', size) }, signer);
  const texts: Record<string, string> = {
    '/log/checkpoint': note,
    '/log/key': `${formatVerifierKey(signer)}\n`,
  };
  return {
    fetch: (asked: string) => Promise.resolve(new Response(texts[asked])),
    json: () => Promise.resolve({ first: 4, second: size, path }),
  } as unknown as ServerClient;
}

const evidence = (root: string, size = 4) =>
  ({ verdict: { beacon: { root, size } } }) as unknown as SealedEvidence;

describe('the root of a beacon', () => {
  it('is one of the log where that has grown from it', async () => {
    expect(await beaconInLog(serverOf(), evidence(rootOf('own', 4)))).toMatchObject({
      ...{ part: 'log', agrees: true },
    });
    expect((await beaconInLog(serverOf([], 4), evidence(rootOf('own', 4)))).agrees).toBe(true);
  });

  it.each<[string, ServerClient, SealedEvidence]>([
    ['it is of another log', serverOf(), evidence(rootOf('other', 4))],
    ['it is of another size', serverOf(), evidence(rootOf('own', 3), 4)],
    ['the log is shorter', serverOf([], 4), evidence(rootOf('own', 8), 8)],
    ['the proof is another one', serverOf([rootOf('other', 4)]), evidence(rootOf('own', 4))],
    ['the proof is none', serverOf(['no hash']), evidence(rootOf('own', 4))],
    ['the proof is endless', serverOf(Array(200).fill(right())), evidence(rootOf('own', 4))],
  ])('is none where %s', async (_, server, of) => {
    expect((await beaconInLog(server, of)).agrees).toBe(false);
  });
});
