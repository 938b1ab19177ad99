export { SelfHealingModule } from './self-healing.module.js';
