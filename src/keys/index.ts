export { KeysModule } from './keys.module.js';
export { NodeKeys } from './node-keys.js';
export { ed25519Signer, secp256k1Signer, type Ed25519Signer, type Secp256k1Signer } from './signer.js';
