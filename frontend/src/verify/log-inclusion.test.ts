import { ed25519 } from '@noble/curves/ed25519.js';
import { bytesToHex, sha256Hex, utf8ToBytes } from '../../../src/common/hash.js';
import { merkleLeafHash, merkleNodeHash, merkleRoot } from '../../../src/common/merkle.js';
import { signCheckpoint } from '../../../src/log/checkpoint/checkpoint.js';
import { formatVerifierKey } from '../../../src/log/checkpoint/note.js';
import { inclusionFault, type InclusionEvidence } from './log-inclusion.js';

const secret = new Uint8Array(32).fill(7);
const signer = {
  name: 'test',
  publicKey: ed25519.getPublicKey(secret),
  sign: (message: Uint8Array) => ed25519.sign(message, secret),
};
const claim = { kind: 'block', subject: 'b1', hash: sha256Hex('b1') };
const leaves = [JSON.stringify({ kind: 'x' }), JSON.stringify(claim), JSON.stringify({ kind: 'y' })];
const hashes = leaves.map((leaf) => merkleLeafHash(utf8ToBytes(leaf)));

function evidence(): InclusionEvidence {
  return {
    index: 1,
    leaf: leaves[1],
    size: 3,
    proof: [bytesToHex(hashes[0]), bytesToHex(hashes[2])],
    checkpoint: signCheckpoint({ size: 3, root: bytesToHex(merkleRoot(hashes)) }, signer),
    log_key: formatVerifierKey(signer),
  };
}

describe('inclusion in the log', () => {
  it('holds for a leaf under a signed checkpoint', () => {
    expect(inclusionFault(evidence(), claim)).toBeNull();
  });

  it('names what does not hold', () => {
    const other = { ...signer, publicKey: ed25519.getPublicKey(new Uint8Array(32).fill(8)) };
    const wrongRoot = bytesToHex(merkleNodeHash(hashes[0], hashes[1]));
    const cases: [Partial<InclusionEvidence>, RegExp][] = [
      [{ log_key: formatVerifierKey(other) }, /not one that the log’s key signed/],
      [{ log_key: 'nonsense' }, /not a verifier key/],
      [{ checkpoint: evidence().checkpoint.replace('\n3\n', '\n4\n') }, /not one that the log’s key signed/],
      [{ size: 4 }, /the proof is for 4 leaves, the checkpoint for 3/],
      [
        { checkpoint: signCheckpoint({ size: 3, root: wrongRoot }, signer) },
        /does not lead to the checkpoint’s root/,
      ],
      [{ index: 0 }, /does not lead/],
      [{ leaf: leaves[0] }, /does not lead/],
      [{ proof: [] }, /does not lead/],
    ];
    for (const [change, expected] of cases)
      expect(inclusionFault({ ...evidence(), ...change }, claim)).toMatch(expected);
    expect(inclusionFault(evidence(), { ...claim, subject: 'b2' })).toMatch(/names another subject/);
    expect(inclusionFault(evidence(), { ...claim, hash: sha256Hex('b2') })).toMatch(/names another hash/);
  });
});
