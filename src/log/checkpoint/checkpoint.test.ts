import { ed25519 } from '@noble/curves/ed25519.js';
import fc from 'fast-check';
import { openCheckpoint, parseCheckpoint, signCheckpoint } from './checkpoint.js';
import { formatVerifierKey, openNote, parseVerifierKey, signNote, type NoteSigner } from './note.js';

/** The example of golang.org/x/mod/sumdb/note, which other implementations of signed notes test against. */
const VERIFIER_KEY = 'PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW';
const NOTE =
  'If you think cryptography is the answer to your problem,\n' +
  "then you don't know what your problem is.\n" +
  '\n' +
  '— PeterNeumann x08go/ZJkuBS9UG/SffcvIAQxVBtiFupLLr8pAcElZInNIuGUgYN1FFYC2pZSNXgKvqfqdngotpRZb6KE6RyyBwJnAM=\n';

function signerOf(name: string, seed: number): NoteSigner {
  const secret = new Uint8Array(32).fill(seed);
  return { name, publicKey: ed25519.getPublicKey(secret), sign: (message) => ed25519.sign(message, secret) };
}

const signer = signerOf('stemma.example', 7);
const root = 'ab'.repeat(32);

describe('signed notes', () => {
  it('agree with the published example', () => {
    const verifier = parseVerifierKey(VERIFIER_KEY);
    if (!verifier.ok) throw verifier.error;
    expect(formatVerifierKey(verifier.value)).toBe(VERIFIER_KEY);
    expect(openNote(NOTE, verifier.value)).toMatchObject({
      ok: true,
      value: NOTE.slice(0, NOTE.indexOf('\n\n') + 1),
    });
    expect(openNote(NOTE.replace('answer', 'Answer'), verifier.value)).toMatchObject({
      error: { code: 'NOTE_SIGNATURE' },
    });
  });

  it('open beside signatures of others, and only with the right key', () => {
    const other = signerOf('witness.example', 8);
    const own = signNote('hello\n', signer);
    const both = own + signNote('hello\n', other).split('\n\n')[1];
    expect(openNote(both, signer)).toEqual({ ok: true, value: 'hello\n' });
    expect(openNote(both, other)).toEqual({ ok: true, value: 'hello\n' });
    expect(openNote(own, other)).toMatchObject({ error: { code: 'NOTE_SIGNATURE' } });
    expect(openNote(own, { ...signer, publicKey: other.publicKey })).toMatchObject({
      error: { code: 'NOTE_SIGNATURE' },
    });
  });

  it('refuse any changed character', () => {
    const note = signNote('some text\nof two lines\n', signer);
    fc.assert(
      fc.property(
        fc.nat(note.length - 1),
        fc.constantFrom('a', 'Z', '0', '\n', ' ', '='),
        (at, character) => {
          fc.pre(note[at] !== character);
          expect(openNote(note.slice(0, at) + character + note.slice(at + 1), signer).ok).toBe(false);
        },
      ),
    );
  });

  it.each([
    '',
    'x+y',
    'name+00000000+AAAA',
    VERIFIER_KEY.replace('c74f20a3', 'c74f20a4'),
    `${VERIFIER_KEY}=`,
  ])('refuse the verifier key %p', (key) =>
    expect(parseVerifierKey(key)).toMatchObject({ error: { code: 'NOTE_KEY' } }),
  );
});

describe('checkpoints', () => {
  it('say origin, size and root in base64', () => {
    const note = signCheckpoint({ size: 17, root }, signer);
    expect(note.split('\n').slice(0, 4)).toEqual([
      'stemma.example',
      '17',
      Buffer.from(root, 'hex').toString('base64'),
      '',
    ]);
    expect(openCheckpoint(note, signer)).toEqual({
      ok: true,
      value: { origin: 'stemma.example', size: 17, root },
    });
  });

  it.each([
    '',
    'o\n1\n',
    'o\n01\nAAAA\n',
    `o\n-1\n${btoa('x'.repeat(32))}\n`,
    `\n1\n${btoa('x'.repeat(32))}\n`,
    `o\n1\n${btoa('x'.repeat(31))}\n`,
  ])('refuse %p', (text) =>
    expect(parseCheckpoint(text)).toMatchObject({ error: { code: 'CHECKPOINT_FORMAT' } }),
  );
});
