export { createHttpApplication } from './http-application.js';
export { WebModule } from './web.module.js';
