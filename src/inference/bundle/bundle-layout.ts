/** Version of the bundle format (docs/formats/bundle.md). */
export const BUNDLE_VERSION = 1;

/** Names of the files in a bundle. */
export const BUNDLE = {
  readme: 'README.txt',
  manifest: 'bundle.json',
  receipt: 'receipt.json',
  evidence: 'evidence.json',
  log: 'log.json',
  kernel: 'kernel.wasm',
  /** The signed header of a block, by its hash. */
  header: (block: string) => `headers/${block}.json`,
  /** The payload of a block, by `payload_hash`. */
  payload: (payloadHash: string) => `payloads/${payloadHash}`,
} as const;

/** What a person who finds a bundle should know. */
export function bundleReadme(receiptId: string, kernel: string): string {
  return `This archive is the evidence for one answer of a language model served by Stemma.

  receipt    ${receiptId}
  kernel     ${kernel} (SHA-256 of kernel.wasm)

It holds everything the answer was made from: the signed receipt, the prompt and the answer, the blocks of the model
that were used, the program that computed it, and the proof that the receipt is in the server's log.

To check it, on any machine with Node.js 24, without any contact to the server that made it:

  npx stemma replay ${receiptId}.zip

That verifies every hash and signature, computes the answer again from the blocks and compares every token. It ends with
exit code 0 when all agree, and otherwise says what does not and from which token on.

  receipt.json     the receipt: what produced the answer, signed (Ed25519) by the node it names
  evidence.json    salt, token ids, stop strings and text: what the hashes in the receipt stand for
  log.json         leaf, inclusion proof, signed checkpoint and key of the log (RFC 6962, C2SP tlog-checkpoint)
  headers/         signed headers of the blocks, named by their SHA-256
  payloads/        payloads of the blocks, named by their SHA-256
  kernel.wasm      the WebAssembly module that does all arithmetic

The formats are described in docs/formats of the Stemma project. Whoever has this archive can read the prompt and the
answer: hand it only to people who may.
`;
}
