export * from './account.js';
export { AccountStanding } from './account-standing.js';
export { AccountCleaning } from './account-cleaning.js';
export { AccountChanges, type AccountChange } from './account-changes.js';
export { AccountJournal, type AccountEvent } from './account-journal.js';
export { Accounts, type Credentials, type NewAccount } from './accounts.js';
export { randomId, randomSecret } from './random-id.js';
export { SetupTokens, invalid as setupTokenInvalid } from './setup-tokens.js';
