import { isLoopback } from './loopback.js';

/** What a process does: answers requests, runs background work, or executes experts for others. */
export type Role = 'api' | 'worker' | 'expert';

/** Log levels of pino. */
export type LogLevel = 'fatal' | 'error' | 'warn' | 'info' | 'debug' | 'trace' | 'silent';

/** Where a notice to a person can go. */
export type NotifyChannel = 'webhook' | 'email' | 'slack' | 'pagerduty';

/** Every setting of the server, read once at start and never changed. Each is documented in `.env.example`. */
export class AppConfig {
  /** Address to listen on. */
  readonly host!: string;
  /** TCP port to listen on; 0 takes any free one. */
  readonly port!: number;
  /** Absolute path of the folder that holds everything the server keeps. */
  readonly dataDir!: string;
  /** Name of this node in checkpoints: letters, digits, dot, dash. */
  readonly nodeName!: string;
  readonly role!: Role;
  /** PostgreSQL to use; null starts the embedded one. */
  readonly databaseUrl!: string | null;
  /** Connections of this process to PostgreSQL. */
  readonly databasePoolSize!: number;
  /** Longest time one statement may take, ms. */
  readonly databaseTimeoutMs!: number;
  /** Where the embedded PostgreSQL lives when its user cannot reach `dataDir`. */
  readonly postgresDir!: string;
  readonly redisUrl!: string | null;
  /** `file` (below `dataDir`) or an s3 URL. */
  readonly blobStore!: string;
  readonly logLevel!: LogLevel;
  /** `pretty`, `json`, or `auto`: pretty on a terminal. */
  readonly logFormat!: 'auto' | 'pretty' | 'json';
  /** Kernel threads; 0 takes one per core. */
  readonly inferenceThreads!: number;
  /** The kernel, whose bits anyone can have again, or TensorFlow.js. */
  readonly inferenceEngine!: 'exact' | 'tfjs';
  /** What TensorFlow.js computes with; `auto`: the best that there is. */
  readonly tfjsBackend!: 'auto' | 'node-gpu' | 'node' | 'webgpu' | 'wasm' | 'cpu';
  /** MiB for experts; together with `kvCacheMb` at most what `cacheProblem` lets pass. */
  readonly expertCacheMb!: number;
  /** Which expert leaves the memory when another needs room; `auto`: as `stemma cache-lab` chose last, else `lru`. */
  readonly expertPolicy!: 'auto' | 'lru' | 'lfu' | 'lfru' | 'least-stale' | 'layer-quota';
  /** Whether a thread of its own loads experts while the kernel computes, foretold ones included. */
  readonly expertPrefetch!: boolean;
  /** Size of the ring that keeps each model's routing, MiB; 0 keeps none. */
  readonly routingTraceMb!: number;
  /** MiB for keys and values. */
  readonly kvCacheMb!: number;
  /** Whether requests that begin with the same tokens share their keys and values. */
  readonly prefixCache!: boolean;
  /** Whether repeated text is guessed and verified several tokens at once where that may pay, unless a request says; the answers are the same. */
  readonly speculation!: 'auto' | 'off';
  /** Requests that may wait for the engine before others get 429. */
  readonly maxQueue!: number;
  /** Leading zero bits a block hash needs. */
  readonly blockDifficulty!: number;
  /** Whether an empty chain imports the genesis model at start. */
  readonly importGenesis!: boolean;
  /** Encrypts the node's keys at rest. */
  readonly keyPassphrase!: string | null;
  /**
   * Whether this is one person's own machine: wanted (`SINGLE_USER`), only reachable over loopback and not published
   * through a proxy. Everything is then allowed without a token.
   */
  readonly singleUser!: boolean;
  /** Whether anybody may register an account, or only an admin may make one. */
  readonly registration!: 'open' | 'closed';
  /** How long an access token is valid, seconds. */
  readonly accessTokenSeconds!: number;
  /** How long a sign-in lasts without being used, days. */
  readonly sessionDays!: number;
  /** Memory that hashing one password takes (argon2id), KiB. */
  readonly passwordMemoryKib!: number;
  /** Passes over that memory. */
  readonly passwordPasses!: number;
  /** Passwords that are hashed at the same time. */
  readonly passwordHashesAtOnce!: number;
  /** Requests per minute of a new account. */
  readonly rateLimitNewbie!: number;
  /** Requests per minute of an account an admin trusts. */
  readonly rateLimitTrusted!: number;
  /** Requests per minute of an account that works for a living. */
  readonly rateLimitExpert!: number;
  /** Requests per minute of one address whose callers have not signed in. */
  readonly rateLimitAddress!: number;
  /** WebSocket clients at the same time. */
  readonly websocketClients!: number;
  /** WebSocket clients of one address (of one /64 of IPv6) at the same time. */
  readonly websocketClientsPerAddress!: number;
  /** The chain that wallets sign in on (EIP-155): 1 is Ethereum. */
  readonly walletChainId!: number;
  /** Origins of other web pages that may use the API, exactly as browsers send them. */
  readonly corsOrigins!: readonly string[];
  /** Signs access tokens (HS256); null uses a secret made on first start. */
  readonly jwtSecret!: string | null;
  /** Bearer token `GET /metrics` asks for; null leaves it open. */
  readonly metricsToken!: string | null;
  /** Where traces go (OTLP over HTTP, the collector's base URL); null makes none. */
  readonly otelExporterOtlpEndpoint!: string | null;
  /** The name of this server in traces. */
  readonly otelServiceName!: string;
  /** Share of the requests that are traced when the caller has not decided, 0 to 1. */
  readonly otelTracesSamplerArg!: number;
  /** Address people reach this server at, when it is not `host:port`. */
  readonly publicUrl!: string | null;
  /** Whether `X-Forwarded-*` headers are believed. */
  readonly trustProxy!: boolean;
  /** Steps of tasks that this process executes at once; 0 leaves them to other processes. */
  readonly taskWorkers!: number;
  /** How long a step waits before its second attempt, ms; doubled for every further one. */
  readonly taskRetryMs!: number;
  /** How long an approval can be given, minutes. */
  readonly approvalMinutes!: number;
  /** Folder of the policy files; null takes those of the installation. */
  readonly policyDir!: string | null;
  /** File with what the server may decide by itself; null takes that of the installation. */
  readonly decisionMatrix!: string | null;
  /** File with what the truth mirror asks; null takes that of the installation. */
  readonly truthMirrorQuestions!: string | null;
  /** How further servers are started and stopped: not at all, as instances of a systemd template, or by a program. */
  readonly replicaAdapter!: 'none' | 'systemd' | 'command';
  /** Absolute path of that program. */
  readonly replicaCommand!: string | null;
  /** Name of the systemd template, without `@.service`. */
  readonly replicaUnit!: string;
  /** Further servers there may be at most. */
  readonly replicaMost!: number;
  /** Whether decisions of every type are only recorded. */
  readonly autonomyShadow!: boolean;
  /** Seconds between two looks of the autopilot; 0: it does not look. */
  readonly autopilotSeconds!: number;
  /** How long a release that comes by stages is in one where too few people ask to tell, seconds. */
  readonly rolloutStageSeconds!: number;
  /** Whether `http_probe` may ask private and link-local addresses. */
  readonly probePrivateAddresses!: boolean;
  /** Where guardians are called: channels in the order they are tried. */
  readonly notifyChannels!: readonly NotifyChannel[];
  /** Address that takes signed notices; null: no webhook. */
  readonly notifyWebhookUrl!: string | null;
  /** Signs the bodies of the webhook (HMAC-SHA256). */
  readonly notifyWebhookSecret!: string | null;
  /** `smtp://` or `smtps://` with user and password; null: no e-mail. */
  readonly notifySmtpUrl!: string | null;
  readonly notifyEmailFrom!: string | null;
  readonly notifyEmailTo!: readonly string[];
  /** Address of a Slack incoming webhook; null: no Slack. */
  readonly notifySlackUrl!: string | null;
  /** Integration key of PagerDuty's Events API v2; null: no PagerDuty. */
  readonly notifyPagerdutyKey!: string | null;
  /** Where PagerDuty takes events; other for its EU service region. */
  readonly notifyPagerdutyUrl!: string;
  /** How long a notice may stay unanswered before the next channel gets it, too, minutes. */
  readonly notifyEscalateMinutes!: number;
  /** How long a notice waits before its second attempt, ms; doubled for every further one. */
  readonly notifyRetryMs!: number;
  /** Whether notices may go to private and link-local addresses. */
  readonly notifyPrivateAddresses!: boolean;
  /** JSON-RPC address of an EVM node; null: steps that need one are refused. */
  readonly evmRpcUrl!: string | null;
  /** Chain id that node must have; 0 takes the one it has. */
  readonly evmChainId!: number;
  /** File with the private key transactions are signed with (64 hex digits); null takes the key this node signs blocks with. */
  readonly evmKeyFile!: string | null;
  /** Minutes between two rounds of the monitoring agents; 0: only on request. */
  readonly monitoringMinutes!: number;
  /** How long what the agents saw is kept, days; at least six months. */
  readonly monitoringRetentionDays!: number;
  /** Hours between two full health reports. */
  readonly healthReportHours!: number;
  /** `auto` acts within what guardians allow, `watch` only diagnoses and calls, `off` does neither. */
  readonly healing!: 'auto' | 'watch' | 'off';
  /** Seconds between two looks of the healing watch. */
  readonly healingSeconds!: number;
  /** File of the known patterns and their remedies; null takes that of the installation. */
  readonly healingFile!: string | null;
  /** File of the policy of rewards; null takes that of the installation. */
  readonly rewardsFile!: string | null;
  /** Folder of snapshots; null: `snapshots` in `dataDir`. */
  readonly snapshotDir!: string | null;
  /** Longest time that the audit of a dataset may take, seconds. */
  readonly datasetAuditSeconds!: number;
  /** How long people may vote on a dataset, seconds. */
  readonly datasetVoteSeconds!: number;
  /** How much longer, once, while there are too few votes, seconds. */
  readonly datasetVoteExtensionSeconds!: number;
  /** How long a rejection may be appealed against, and its file is kept, seconds. */
  readonly datasetAppealSeconds!: number;
  /** How often an approved dataset is looked through again, seconds. */
  readonly datasetRescanSeconds!: number;
  /** How often the server looks for datasets that something has to be done with, ms. */
  readonly datasetSweepMs!: number;
  /** Leading zero bits of the proof of work that a new account owes for a dataset. */
  readonly datasetWorkBits!: number;
  /** Datasets a day of a new account. */
  readonly datasetQuotaNewbie!: number;
  /** Datasets a day of an account an admin trusts. */
  readonly datasetQuotaTrusted!: number;
  /** Datasets a day of an account that works for a living. */
  readonly datasetQuotaExpert!: number;
  /** Largest dataset, all files together, MiB. */
  readonly datasetMaxMb!: number;
  /** How releases with better experts go live: all at once, or unseen first and then for a share of the answers. */
  readonly learningRollout!: 'promote' | 'staged';
  /** Which data experts may have been trained on: any, or approved datasets of chain D only. */
  readonly learningDatasets!: 'any' | 'approved';
  /** Examples of each domain of the genesis generators that a measurement begins with; of stories, a fifth of that. */
  readonly learningDraws!: number;
  /** Share by which the loss of a candidate must fall, overall and in every domain that is claimed. */
  readonly learningDelta!: number;
  /** Share by which the loss of no domain may rise, unless the rise may be chance. */
  readonly learningEpsilon!: number;
  /** Whose trainings are audited: of those who offer to show them (others are accepted and not paid), or everybody's, and what cannot be audited is refused. */
  readonly learningAudit!: 'offered' | 'required';
  /** Updates of a training that its contributor has to show; 0: none is asked for. */
  readonly learningAuditUpdates!: number;
  /** How long a contributor may take to show them, seconds. */
  readonly learningOpeningSeconds!: number;
  /** Hours between two times the pre-filter is learnt anew; 0: it is not. */
  readonly learningFilterHours!: number;
  /** Bytes of all updates of one round together, MiB. */
  readonly learningRoundMb!: number;
  /** How long updates are kept after their round has ended, days; 0: for good. */
  readonly learningRoundDays!: number;
  /** Hours for which an expert that came from another one was not in use until its payload lies as a delta only; 0: none is packed away. */
  readonly deltaColdHours!: number;
  /** Longest time that making a payload from its deltas may take, ms; above it, the payload stays whole. */
  readonly deltaLoadMs!: number;
  /** Folder with copies of payloads by their hash, such as `blobs/payloads` of a backup; null: there is none. */
  readonly blobBackupDir!: string | null;
  /** Base URL of another node a damaged payload is fetched from; null: there is none. */
  readonly blobPeerUrl!: string | null;
  /** Base URLs of the nodes that this server asks for testimonies when somebody disputes their answers; no others are asked. */
  readonly disputePeers!: readonly string[];
  /** Largest JSON request body, KiB. */
  readonly bodyLimitKb!: number;
  /** How long a stopping server waits for running work, ms. */
  readonly shutdownTimeoutMs!: number;

  readonly #settings: AppSettings;

  constructor(settings: AppSettings) {
    this.#settings = settings;
    Object.assign(this, settings, { singleUser: settings.singleUser && isPrivate(settings) });
  }

  /** The same configuration with some settings replaced. */
  with(changes: Partial<AppSettings>): AppConfig {
    return new AppConfig({ ...this.#settings, ...changes });
  }
}

/** The settings as they were given. */
export type AppSettings = Omit<AppConfig, 'with'>;

/** Whether nothing but this machine reaches the server. */
function isPrivate({ host, publicUrl, trustProxy }: AppSettings): boolean {
  const publishedElsewhere =
    publicUrl !== null && !isLoopback(new URL(publicUrl).hostname.replace(/^\[|\]$/g, ''));
  return isLoopback(host) && !trustProxy && !publishedElsewhere;
}
