import { json, nothing, type Answers } from '../open-api-success.js';

const ACCOUNT = '{id, name, email, roles, tier, disabled, created_at}';
const SIGNED_IN =
  '`{account, access_token, token_type, expires_in, refresh_token}`; with `cookie: true` the refresh token is in an HttpOnly cookie instead';

/** How operations of sessions, accounts and keys answer. */
export const ACCOUNT_ANSWERS: Answers = {
  SessionController_register: { 201: json(SIGNED_IN) },
  SessionController_setUp: { 201: json(SIGNED_IN) },
  SessionController_login: { 200: json(SIGNED_IN) },
  SessionController_refresh: { 200: json(SIGNED_IN) },
  SessionController_logout: { 204: nothing('The session has ended') },
  MeController_me: {
    200: json(
      '`{subject, roles, account, scopes, single_user, registration}`; `account` is null without one',
    ),
  },
  MeController_changePassword: { 204: nothing('The password is changed, other sessions have ended') },
  PasswordController_renew: { 200: json(SIGNED_IN) },
  MeController_list: { 200: json('`{items: [{id, address, client, created_at, used_at, current}]}`') },
  MeController_end: { 204: nothing('The session has ended') },
  ApiKeysController_issue: {
    201: json('`{id, name, scopes, created_at, expires_at, used_at, key}`; `key` is shown this once'),
  },
  ApiKeysController_list: {
    200: json('`{items: [{id, name, scopes, created_at, expires_at, used_at}]}`'),
  },
  ApiKeysController_revoke: { 204: nothing('The key is worth nothing any more') },
  WalletController_nonce: { 200: json('`{nonce, message}`; `message` is what the wallet signs') },
  WalletController_verify: { 200: json(SIGNED_IN) },
  WalletController_unlink: { 204: nothing('The wallet opens the account no more') },
  WalletController_link: { 200: json('`{items: [address]}`, this one included') },
  WalletController_list: { 200: json('`{items: [address]}`') },
  AccountsController_list: { 200: json(`\`{items: [${ACCOUNT}], next_cursor}\``) },
  AccountsController_create: { 201: json(`The account: \`${ACCOUNT}\``) },
  AccountsController_passwordLink: {
    201: json('`{token, path, expires_at}`; `path` is opened on this server, the token is shown this once'),
  },
  AccountsController_change: { 200: json(`The account: \`${ACCOUNT}\``) },
};
