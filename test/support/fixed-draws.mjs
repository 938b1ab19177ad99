// What tests get as `fast-check` (jest.config.mjs): properties are tried on the same values in every run, so that none fails by what was
// drawn. STEMMA_SEED draws others.
import fc from '../../node_modules/fast-check/lib/fast-check.js';

fc.configureGlobal({ seed: Number(process.env.STEMMA_SEED ?? 20_261_122) });

export default fc;
export * from '../../node_modules/fast-check/lib/fast-check.js';
