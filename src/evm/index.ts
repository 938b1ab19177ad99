export { EvmModule } from './evm.module.js';
