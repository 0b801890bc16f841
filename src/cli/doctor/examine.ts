import type { GatewayConfig } from '../../config/load.ts';
import type { ServerConfig } from '../../config/schema.ts';
import type { Signal } from '../../core/abort.ts';
import { Gateway } from '../../gateway/gateway.ts';
import type { Logger } from '../../platform/log.ts';
import { realPath } from '../../platform/real-path.ts';
import { startTimeoutMs } from '../../upstream/start-policy.ts';
import type { ClientHome } from '../client-configs/client.ts';
import { CLIENTS } from '../client-configs/clients.ts';
import { findServers } from '../client-configs/found-servers.ts';
import { leadsToUs, type Self, selfOf } from '../client-configs/our-entry.ts';
import { parseOurFile, readOurFile } from '../client-configs/our-file.ts';
import { ourState, readOurSecrets } from '../client-configs/our-secrets.ts';
import { type AskedServer, askServer, inTurns } from './ask-servers.ts';
import { checkClients } from './check-clients.ts';
import { checkConfig, checkItself, checkNames, isItself } from './check-config.ts';
import { checkInstallation, checkSecrecy } from './check-installation.ts';
import { checkCommands, checkServers, checkWays } from './check-servers.ts';
import {
  checkLists,
  checkNoise,
  checkTokens,
  checkTools,
  type LoggedProblem,
  type TokenBill,
  tokenBill,
} from './check-tools.ts';
import { AREAS, type Finding } from './finding.ts';

export interface Examination {
  readonly config: GatewayConfig;
  /** Servers to ask; empty: all. */
  readonly wanted: readonly string[];
  /** Longest start of a server, in ms. */
  readonly timeoutMs: number;
  readonly home: ClientHome;
  readonly dataDirectory: string;
  /** Absolute path of the running bin. */
  readonly bin: string;
  /** Aborted to stop early: servers that are still starting are then not reported. */
  readonly signal: Signal;
}

export interface Diagnosis {
  /** Findings in the order of the report. */
  readonly findings: readonly Finding[];
  readonly servers: readonly AskedServer[];
  readonly tokens: TokenBill;
}

/** Examines everything, or only the wanted servers. Starts servers, and leaves none running. */
export async function examine(examination: Examination): Promise<Diagnosis> {
  const { config, wanted, home } = examination;
  const concerned = (server: string) => wanted.length === 0 || wanted.includes(server);
  const { bin } = examination;
  const self = selfOf(config.settings, [bin, realPath(bin)]);
  const ourselves = config.servers.filter((server) => concerned(server.key) && isItself(server, self));
  const servers = config.servers.filter((server) => concerned(server.key) && !ourselves.includes(server));
  const [lacking, around, running] = await Promise.all([
    checkCommands(servers, home),
    wanted.length === 0 ? checkSurroundings(examination, self) : [],
    examineRunning({ ...config, servers, problems: [] }, examination),
  ]);
  const findings = [
    ...checkConfig(config, concerned),
    ...checkItself(ourselves),
    ...inProject([...checkServers(running.asked, servers, lacking), ...running.findings], config),
    ...checkWays(servers),
    ...around,
  ];
  const inOrder = AREAS.flatMap((area) => findings.filter((finding) => finding.area === area));
  return { findings: inOrder, servers: running.asked, tokens: running.tokens };
}

/** Adds `mcp-gateway allow` to cures that change a project's file, because the change must be confirmed. */
function inProject(findings: readonly Finding[], { project }: GatewayConfig): readonly Finding[] {
  return findings.map((finding) => {
    const { area, place, cure } = finding;
    if (area !== 'servers' || cure === undefined || !project?.servers.includes(place)) return finding;
    if (!/\b(?:command|url|headers|cwd|argument)\b/.test(cure)) return finding;
    return { ...finding, cure: `${cure}; it stands in ${project.path}: then mcp-gateway allow ${project.path}` };
  });
}

/** Runs the checks that need running servers. */
async function examineRunning(config: GatewayConfig, { timeoutMs, dataDirectory, wanted, signal }: Examination) {
  const { log, logged } = listeningLog();
  // Without a cache directory the gateway asks all servers anew; it stores only the first fingerprints of tools.
  const patient = config.servers.map((server) => withPatience(server, timeoutMs));
  const gateway = new Gateway({ ...config, servers: [] }, { log, dataDirectory });
  try {
    gateway.startServers();
    const { pool, catalog, toolWarnings, ownDefinitions } = gateway.internals();
    const toolsOf = (server: string) => catalog.toolsOf(server);
    const ask = { timeoutMs, signal, toolsOf: (server: string) => toolsOf(server).length };
    const answers = await inTurns(patient, async (server, begun) => {
      if (signal.aborted) return undefined;
      gateway.reload({ ...config, servers: begun });
      const upstream = pool.upstreams.get(server.key);
      return upstream && askServer(upstream, ask);
    });
    const asked = answers.filter((answer) => answer !== undefined);
    const tools = config.servers.flatMap(({ key }) => toolsOf(key));
    const tokens = tokenBill(tools, ownDefinitions());
    const names = checkNames(config.servers, toolsOf);
    const bill = wanted.length === 0 ? checkTokens(tokens, tools.length) : [];
    return {
      asked,
      tokens,
      findings: [...checkNoise(logged), ...checkLists(logged), ...names, ...checkTools(tools, toolWarnings), ...bill],
    };
  } finally {
    await gateway.stop();
  }
}

/**
 * Raises a server's time for its start to `timeoutMs`, unless its entry sets `startTimeoutMs`: with `--timeout 600`, a
 * start may take nine minutes.
 */
function withPatience(server: ServerConfig, timeoutMs: number): ServerConfig {
  return { ...server, startTimeoutMs: server.startTimeoutMs ?? Math.max(timeoutMs, startTimeoutMs(server)) };
}

/** Returns a logger that collects problems, independent of the level in the settings. */
function listeningLog(): { readonly log: Logger; readonly logged: readonly LoggedProblem[] } {
  const logged: LoggedProblem[] = [];
  const keep = (message: string, fields: object = {}) => void logged.push({ ...fields, message });
  const pass = () => {};
  // The gateway logs foreign lines on a server's stdout only at the level `debug`, since they are no fault of its own.
  const noise = (message: string, fields: object = {}) => void (message === 'transport' && keep(message, fields));
  return { log: { debug: noise, info: pass, warning: keep, error: keep, setLevel: pass }, logged };
}

/** Checks which users can read our secrets, the clients, and the runtime. */
async function checkSurroundings(
  { config, home, bin, dataDirectory }: Examination,
  self: Self,
): Promise<readonly Finding[]> {
  const found = await findServers(CLIENTS, home);
  const entries = found.servers.map(({ entry }) => entry).filter((entry) => leadsToUs(entry, self));
  const entryWords = entries.flatMap(({ command, args }) => [command, args].flat()).filter(isText);
  const { versions } = process;
  const [secrecy, clients, installation] = await Promise.all([
    checkSecrecy(config.path, home),
    checkClients(found, { home, self, ours: await ourFiles(config.path, home) }),
    checkInstallation({ ...home, dataDirectory, bin, entryWords, versions, uid: process.getuid?.() }),
  ]);
  return [...secrecy, ...clients, ...installation];
}

function isText(value: unknown): value is string {
  return typeof value === 'string';
}

/** Returns the contents of our files; a broken one counts as empty, because another finding reports it. */
async function ourFiles(path: string, home: ClientHome): Promise<ReturnType<typeof ourState>> {
  const file = await readOurFile(path).catch(() => parseOurFile(path, undefined));
  return ourState(file, await readOurSecrets(file, home).catch(() => undefined));
}
