import { ok } from '../common/index.js';
import type { AppSettings } from './app-config.js';
import { flag, integer, listOf, oneOf, optional, origins, share, text, url, type Parser } from './parsers.js';

const path = text(/^[^\0]{1,1024}$/, 'a folder path');
const s3Url = url('s3');
const mailbox = text(/^[^\s<>@,]{1,64}@[^\s<>@,]{1,253}$/, 'an e-mail address');

/** How every setting is read. Its name in the environment and in YAML follows from its name here. */
export const SETTING_PARSERS: { readonly [K in keyof AppSettings]: Parser<AppSettings[K]> } = {
  host: text(/^[\w.:-]{1,253}$/, 'a host name or IP address'),
  port: integer(0, 65_535),
  dataDir: path,
  nodeName: text(/^[a-zA-Z0-9][a-zA-Z0-9.-]{0,62}$/, 'up to 63 letters, digits, dots and dashes'),
  role: oneOf('api', 'worker', 'expert'),
  databaseUrl: optional(url('postgres', 'postgresql')),
  databasePoolSize: integer(3, 200),
  databaseTimeoutMs: integer(100, 600_000),
  postgresDir: path,
  redisUrl: optional(url('redis', 'rediss')),
  blobStore: (raw) => (raw === 'file' ? ok('file') : withHint(s3Url(raw), 'file or ')),
  logLevel: oneOf('fatal', 'error', 'warn', 'info', 'debug', 'trace', 'silent'),
  logFormat: oneOf('auto', 'pretty', 'json'),
  inferenceThreads: integer(0, 256),
  inferenceEngine: oneOf('exact', 'tfjs'),
  tfjsBackend: oneOf('auto', 'node-gpu', 'node', 'webgpu', 'wasm', 'cpu'),
  expertCacheMb: integer(1, 1_048_576),
  expertPolicy: oneOf('auto', 'lru', 'lfu', 'lfru', 'least-stale', 'layer-quota'),
  expertPrefetch: flag,
  routingTraceMb: integer(0, 1024),
  kvCacheMb: integer(1, 1_048_576),
  prefixCache: flag,
  speculation: oneOf('auto', 'off'),
  maxQueue: integer(0, 100_000),
  blockDifficulty: integer(0, 32),
  importGenesis: flag,
  singleUser: flag,
  registration: oneOf('open', 'closed'),
  accessTokenSeconds: integer(60, 86_400),
  sessionDays: integer(1, 365),
  passwordMemoryKib: integer(8, 1_048_576),
  passwordPasses: integer(1, 20),
  passwordHashesAtOnce: integer(1, 64),
  rateLimitNewbie: integer(1, 10_000_000),
  rateLimitTrusted: integer(1, 10_000_000),
  rateLimitExpert: integer(1, 10_000_000),
  rateLimitAddress: integer(1, 10_000_000),
  websocketClients: integer(1, 100_000),
  websocketClientsPerAddress: integer(1, 100_000),
  walletChainId: integer(1, Number.MAX_SAFE_INTEGER),
  corsOrigins: origins,
  keyPassphrase: optional(text(/^.{8,1024}$/s, 'at least 8 characters')),
  jwtSecret: optional(text(/^.{32,1024}$/s, 'at least 32 characters')),
  metricsToken: optional(text(/^[\x21-\x7e]{16,1024}$/, 'at least 16 printable characters without spaces')),
  otelExporterOtlpEndpoint: optional(url('http', 'https')),
  otelServiceName: text(/^[\x20-\x7e]{1,128}$/, 'up to 128 printable characters'),
  otelTracesSamplerArg: share,
  publicUrl: optional(url('http', 'https')),
  trustProxy: flag,
  taskWorkers: integer(0, 64),
  taskRetryMs: integer(10, 600_000),
  approvalMinutes: integer(1, 43_200),
  policyDir: optional(path),
  decisionMatrix: optional(path),
  truthMirrorQuestions: optional(path),
  replicaAdapter: oneOf('none', 'systemd', 'command'),
  replicaCommand: optional(text(/^\/[^\0]{1,1023}$/, 'the absolute path of a program')),
  replicaUnit: text(/^[a-zA-Z0-9][a-zA-Z0-9_.-]{0,99}$/, 'the name of a systemd template without @.service'),
  replicaMost: integer(1, 1_000),
  autonomyShadow: flag,
  autopilotSeconds: integer(0, 3_600),
  rolloutStageSeconds: integer(1, 604_800),
  probePrivateAddresses: flag,
  notifyChannels: listOf(4, oneOf('webhook', 'email', 'slack', 'pagerduty')),
  notifyWebhookUrl: optional(url('http', 'https')),
  notifyWebhookSecret: optional(text(/^[\x21-\x7e]{16,1024}$/, 'at least 16 printable characters')),
  notifySmtpUrl: optional(url('smtp', 'smtps')),
  notifyEmailFrom: optional(mailbox),
  notifyEmailTo: listOf(16, mailbox),
  notifySlackUrl: optional(url('http', 'https')),
  notifyPagerdutyKey: optional(text(/^[\x21-\x7e]{8,256}$/, 'the key of an Events API v2 integration')),
  notifyPagerdutyUrl: url('http', 'https'),
  notifyEscalateMinutes: integer(1, 1_440),
  notifyRetryMs: integer(10, 600_000),
  notifyPrivateAddresses: flag,
  evmRpcUrl: optional(url('http', 'https')),
  evmChainId: integer(0, Number.MAX_SAFE_INTEGER),
  evmKeyFile: optional(path),
  monitoringMinutes: integer(0, 1_440),
  monitoringRetentionDays: integer(184, 3_650),
  healthReportHours: integer(1, 168),
  healing: oneOf('auto', 'watch', 'off'),
  healingSeconds: integer(1, 60),
  healingFile: optional(path),
  rewardsFile: optional(path),
  snapshotDir: optional(path),
  datasetAuditSeconds: integer(1, 86_400),
  datasetVoteSeconds: integer(1, 7_776_000),
  datasetVoteExtensionSeconds: integer(1, 7_776_000),
  datasetAppealSeconds: integer(1, 7_776_000),
  datasetRescanSeconds: integer(1, 31_536_000),
  datasetSweepMs: integer(50, 600_000),
  datasetWorkBits: integer(0, 28),
  datasetQuotaNewbie: integer(0, 1_000_000),
  datasetQuotaTrusted: integer(0, 1_000_000),
  datasetQuotaExpert: integer(0, 1_000_000),
  datasetMaxMb: integer(1, 4_096),
  learningRollout: oneOf('promote', 'staged'),
  learningDatasets: oneOf('any', 'approved'),
  learningDraws: integer(16, 2_000),
  learningDelta: share,
  learningEpsilon: share,
  learningAudit: oneOf('offered', 'required'),
  learningAuditUpdates: integer(0, 1_000_000),
  learningOpeningSeconds: integer(1, 604_800),
  learningFilterHours: integer(0, 720),
  learningRoundMb: integer(1, 512),
  learningRoundDays: integer(0, 3_650),
  deltaColdHours: integer(0, 87_600),
  deltaLoadMs: integer(1, 600_000),
  blobBackupDir: optional(path),
  blobPeerUrl: optional(url('http', 'https')),
  disputePeers: listOf(32, url('http', 'https')),
  bodyLimitKb: integer(16, 65_536),
  shutdownTimeoutMs: integer(0, 600_000),
};

/** Settings whose values never appear in messages, logs or dumps. */
export const SECRET_SETTINGS: ReadonlySet<keyof AppSettings> = new Set([
  'keyPassphrase',
  'jwtSecret',
  'metricsToken',
  'databaseUrl',
  'redisUrl',
  'evmRpcUrl',
  'notifyWebhookUrl',
  'notifyWebhookSecret',
  'notifySmtpUrl',
  'notifySlackUrl',
  'notifyPagerdutyKey',
]);

/** All setting names, in the order of the table above. */
export const SETTING_NAMES = Object.keys(SETTING_PARSERS) as readonly (keyof AppSettings)[];

/** The name of a setting in `default.yaml`: `dataDir` is `data_dir`. */
export function yamlNameOf(setting: keyof AppSettings): string {
  return setting.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);
}

/** The name of a setting in the environment: `dataDir` is `DATA_DIR`. */
export function environmentNameOf(setting: keyof AppSettings): string {
  return yamlNameOf(setting).toUpperCase();
}

function withHint<T>(result: ReturnType<Parser<T>>, hint: string): ReturnType<Parser<T>> {
  return result.ok ? result : { ok: false, error: `${hint}${result.error}` };
}
