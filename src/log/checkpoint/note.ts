import { checkEd25519, type Ed25519Check } from '../../common/ed25519.js';
import { CodedError } from '../../common/errors.js';
import { concatBytes, sha256Bytes, utf8ToBytes } from '../../common/hash.js';
import { equalBytes } from '../../common/merkle.js';
import { err, ok, type Result } from '../../common/result.js';
import { base64ToBytes, bytesToBase64 } from './base64.js';

/** Signature type of Ed25519 in signed notes. */
const ED25519 = 0x01;
const SIGNATURE_LINE = /^— (?<name>[^\s+]+) (?<signature>[A-Za-z0-9+/]+={0,2})$/u;
const SIGNATURES_LIMIT = 32;
const NOTE_LIMIT = 65_536;

/** Whoever signs notes: a name and an Ed25519 key. */
export interface NoteSigner {
  /** No white space, no plus sign. */
  readonly name: string;
  /** 32 bytes. */
  readonly publicKey: Uint8Array;
  sign(message: Uint8Array): Uint8Array;
}

/** A key that notes are checked with. */
export type NoteVerifier = Pick<NoteSigner, 'name' | 'publicKey'>;

/** Hashes of keys that were needed before: every signature of a signer starts with the same one. */
const keyHashes = new WeakMap<NoteVerifier, Uint8Array>();

/** First four bytes of SHA-256(name ‖ "\n" ‖ 0x01 ‖ key): how a signature says which key made it (C2SP signed-note). */
export function noteKeyHash(verifier: NoteVerifier): Uint8Array {
  const known = keyHashes.get(verifier);
  if (known !== undefined) return known;
  const { name, publicKey } = verifier;
  const hash = sha256Bytes(concatBytes(utf8ToBytes(`${name}\n`), Uint8Array.of(ED25519), publicKey));
  keyHashes.set(verifier, hash.subarray(0, 4));
  return hash.subarray(0, 4);
}

/** The verifier key as people hand it round: `name+hash+base64(0x01 ‖ key)`, hash as 8 hex digits. */
export function formatVerifierKey(verifier: NoteVerifier): string {
  const hash = [...noteKeyHash(verifier)].map((byte) => byte.toString(16).padStart(2, '0')).join('');
  return `${verifier.name}+${hash}+${bytesToBase64(concatBytes(Uint8Array.of(ED25519), verifier.publicKey))}`;
}

/** Reads `formatVerifierKey`; `NOTE_KEY` for anything else. */
export function parseVerifierKey(text: string): Result<NoteVerifier> {
  const [name, , encoded] = text.split('+', 3);
  const key = base64ToBytes(text.slice((name?.length ?? 0) + 10));
  const verifier = { name: name ?? '', publicKey: key?.subarray(1) ?? new Uint8Array(0) };
  const valid = encoded !== undefined && key?.length === 33 && key[0] === ED25519;
  if (valid && formatVerifierKey(verifier) === text) return ok(verifier);
  return err(new CodedError('NOTE_KEY', 'This is not a verifier key of a signed note with Ed25519.'));
}

/** A signed note: the text, an empty line, one signature line. @param text ends with a newline */
export function signNote(text: string, signer: NoteSigner): string {
  if (!text.endsWith('\n') || text.includes('\n\n'))
    throw new Error('a note ends with a newline and has no empty line');
  const signature = concatBytes(noteKeyHash(signer), signer.sign(utf8ToBytes(text)));
  return `${text}\n— ${signer.name} ${bytesToBase64(signature)}\n`;
}

/**
 * The text of a note that carries a valid signature by `verifier`; signatures by others are passed over. `NOTE_FORMAT`
 * when it is no signed note, `NOTE_SIGNATURE` when that signature is missing or wrong.
 */
export function openNote(
  note: string,
  verifier: NoteVerifier,
  check: Ed25519Check = checkEd25519,
): Result<string> {
  const split = note.length > NOTE_LIMIT ? -1 : note.lastIndexOf('\n\n');
  if (split < 0 || !note.endsWith('\n'))
    return err(new CodedError('NOTE_FORMAT', 'This is not a signed note.'));
  const text = note.slice(0, split + 1);
  const lines = note.slice(split + 2, -1).split('\n');
  if (lines.length > SIGNATURES_LIMIT || !lines.every((line) => SIGNATURE_LINE.test(line)))
    return err(new CodedError('NOTE_FORMAT', 'The signature lines of the note are malformed.'));
  const signed = lines.some((line) => isSignedBy(text, line, verifier, check));
  if (signed) return ok(text);
  return err(new CodedError('NOTE_SIGNATURE', `The note carries no valid signature by ${verifier.name}.`));
}

function isSignedBy(text: string, line: string, verifier: NoteVerifier, check: Ed25519Check): boolean {
  const { name, signature } = SIGNATURE_LINE.exec(line)!.groups!;
  const bytes = base64ToBytes(signature);
  if (name !== verifier.name || bytes?.length !== 68) return false;
  if (!equalBytes(bytes.subarray(0, 4), noteKeyHash(verifier))) return false;
  return check(bytes.subarray(4), utf8ToBytes(text), verifier.publicKey);
}
