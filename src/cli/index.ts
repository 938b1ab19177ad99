export { CommandContext, EXIT } from './command-context.js';
export type { RegisterCommand } from './commands/index.js';
export { runCommandLine } from './program.js';
export type { Progress } from './progress.js';
export { serve, type RunningServer } from './serve.js';
export { ServerClient, problemIn } from './server-client.js';
export { commandToken, withApplication, type CommandHost } from './with-application.js';
