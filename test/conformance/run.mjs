/**
 * Runs the official conformance suite without and with the gateway in between, prints both scores side by side, and
 * compares them with `baseline.json`; and against the gateway's own HTTP edge. Arguments choose sections; without any, all run.
 * `--gateway-only` leaves out what runs without the gateway: it says whether the scripts here are right, and takes half the time.
 * Exit code 1: the direct score is not full, something fails that the baseline does not name, or something that it names passes.
 */
import { readFileSync } from 'node:fs';
import { startEdge } from './edge.mjs';
import { compare, report } from './report.mjs';
import { serveHttp } from './server/serve-http.mjs';
import { startShim } from './shim.mjs';
import { installSuite, required, testClient, testServer } from './suite.mjs';

const baseline = JSON.parse(readFileSync(new URL('baseline.json', import.meta.url), 'utf8'));

/** What the suite runs and does not require yet, and what is about HTTP alone. */
const HTTP_SCENARIOS = { '2025-11-25': ['server-session-lifecycle'], '2026-07-28': ['http-header-validation'] };

const SECTIONS = {
  'server-2025': () => server('2025-11-25'),
  'server-2026': () => server('2026-07-28'),
  'client-2025': () => client('2025-11-25'),
  'client-2026': () => client('2026-07-28'),
  'edge-2025': () => edge('2025-11-25'),
  'edge-2026': () => edge('2026-07-28'),
};

async function server(revision) {
  const scenarios = await required('server', revision);
  const direct = isGatewayOnly ? undefined : await serverDirectly(revision);
  const shim = await startShim({ upstream: revision });
  const gateway = await testServer(shim.url, revision).finally(shim.close);
  return { scenarios, direct, gateway };
}

async function serverDirectly(revision) {
  const own = await serveHttp();
  return testServer(own.url, revision).finally(own.close);
}

/** The five tools themselves at `/mcp`, with nothing in between that would translate. */
async function edge(revision) {
  const scenarios = [...(await required('server', revision)), ...HTTP_SCENARIOS[revision]];
  const { url, close } = await startEdge({ upstream: revision });
  return { scenarios, gateway: await testServer(url, revision).finally(close) };
}

async function client(revision) {
  const scenarios = await required('client', revision);
  const direct = isGatewayOnly ? undefined : await testClient(scenarios, revision, {});
  const gateway = await testClient(scenarios, revision, { CONFORMANCE_THROUGH: 'gateway' });
  return { scenarios, direct, gateway };
}

const args = process.argv.slice(2);
const isGatewayOnly = args.includes('--gateway-only');
const named = args.filter((arg) => arg !== '--gateway-only');
const unknown = named.filter((section) => !(section in SECTIONS));
if (unknown.length > 0) throw new Error(`Unknown section ${unknown}; there are ${Object.keys(SECTIONS).join(', ')}`);
const chosen = named.length > 0 ? named : Object.keys(SECTIONS);
await installSuite();
const complaints = [];
for (const section of chosen) {
  const outcome = await SECTIONS[section]();
  console.log(report(section, outcome, baseline[section]));
  complaints.push(...compare(section, outcome, baseline[section]));
}
for (const complaint of complaints) console.log(complaint);
process.exitCode = complaints.length > 0 ? 1 : 0;
