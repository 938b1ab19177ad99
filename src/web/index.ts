export { createHttpApplication } from './http-application.js';
export { packageVersion } from './version-report.js';
export { WebModule } from './web.module.js';
