export { KeysModule } from './keys.module.js';
export { NodeKeys } from './node-keys.js';
export { secp256k1Signer, type Secp256k1Signer } from './secp256k1-signer.js';
export { ed25519Signer, type Ed25519Signer } from './signer.js';
