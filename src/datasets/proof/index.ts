export { findNonce, mineWork, workOf } from './proof-of-work.js';
