import { checkEd25519, type Ed25519Check } from '../../common/ed25519.js';
import { CodedError } from '../../common/errors.js';
import { bytesToHex, hexToBytes } from '../../common/hash.js';
import { err, ok, type Result } from '../../common/result.js';
import { base64ToBytes, bytesToBase64 } from './base64.js';
import { openNote, signNote, type NoteSigner, type NoteVerifier } from './note.js';

/** What a checkpoint says: the log's name, its number of leaves, and the RFC 6962 root over them (64 hex digits). */
export interface Checkpoint {
  readonly origin: string;
  readonly size: number;
  readonly root: string;
}

/** The checkpoint as a signed note (C2SP tlog-checkpoint). The signer's name is the origin. */
export function signCheckpoint({ size, root }: Omit<Checkpoint, 'origin'>, signer: NoteSigner): string {
  return signNote(`${signer.name}\n${size}\n${bytesToBase64(hexToBytes(root))}\n`, signer);
}

/** Reads a checkpoint signed by `verifier`. Refusals: `NOTE_FORMAT`, `NOTE_SIGNATURE`, `CHECKPOINT_FORMAT`. */
export function openCheckpoint(
  note: string,
  verifier: NoteVerifier,
  check: Ed25519Check = checkEd25519,
): Result<Checkpoint> {
  const text = openNote(note, verifier, check);
  return text.ok ? parseCheckpoint(text.value) : text;
}

/** Reads the text of a checkpoint; lines beyond the third are extensions and passed over. */
export function parseCheckpoint(text: string): Result<Checkpoint> {
  const [origin, size, encoded] = text.split('\n');
  const root = encoded === undefined ? null : base64ToBytes(encoded);
  const valid =
    origin !== undefined && origin !== '' && /^(0|[1-9]\d{0,14})$/.test(size ?? '') && root?.length === 32;
  if (!valid)
    return err(
      new CodedError('CHECKPOINT_FORMAT', 'This is not a checkpoint: origin, size and root are due.'),
    );
  return ok({ origin, size: Number(size), root: bytesToHex(root) });
}
