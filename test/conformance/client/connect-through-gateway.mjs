import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Client } from '@modelcontextprotocol/client';
import { getDefaultEnvironment, StdioClientTransport } from '@modelcontextprotocol/client/stdio';
import { gatewayCommand } from '../gateway-command.mjs';
import { answerRequests, CAPABILITIES, CLIENT_INFO } from './handlers.mjs';
import { METADATA_URL } from './login-without-user.mjs';

/** What this client declares besides: it shows addresses to a user, who opens them at once and agrees to everything. */
const SHOWS_ADDRESSES = { ...CAPABILITIES, elicitation: { ...CAPABILITIES.elicitation, url: {} } };

/** The SDK's client connected to a gateway of its own, whose one server `conf` is the one at `url`. */
export async function connectThroughGateway({ url, revision, context: { client_id, client_secret } }) {
  const folder = await mkdtemp(join(tmpdir(), 'conformance-'));
  const config = join(folder, 'config.json');
  // Whoever has a secret knows whose it is: the gateway gives it to nobody that only the server names.
  const issuer = client_secret && (await issuerOf(url));
  const oauth = { clientMetadataUrl: METADATA_URL, clientId: client_id, clientSecret: client_secret, issuer };
  await writeFile(config, JSON.stringify({ conf: { url, oauth } }));
  const [command, ...args] = gatewayCommand(config);
  const client = answerRequests(
    new Client(CLIENT_INFO, {
      capabilities: SHOWS_ADDRESSES,
      ...(revision === '2026-07-28' && { versionNegotiation: { mode: { pin: revision } } }),
    }),
  );
  // No login of another scenario may be left, nor what another one's server at the same port offered.
  const env = { ...getDefaultEnvironment(), XDG_DATA_HOME: folder, XDG_CACHE_HOME: folder };
  await client.connect(new StdioClientTransport({ command, args, env }));
  const meta = async (name, input) => client.callTool({ name, arguments: input });
  const ask = async (name, input) => JSON.parse((await meta(name, input)).content[0].text);

  async function list() {
    const search = () => ask('search', { filters: { server: 'conf' } });
    const { unavailable = [] } = await search();
    // As a model would do it that reads what `search` says.
    if (unavailable.some(({ state }) => state === 'needs_auth')) await meta('invoke', { id: 'conf::any' });
    const { tools } = await search();
    return Promise.all(tools.map((tool) => ask('describe', { id: tool.id ?? tool })));
  }

  return {
    list,
    call: (name, input = {}) => meta('invoke', { id: `conf::${name}`, args: input }),
    request: (method, params) => client.request({ method, params }),
    close: async () => {
      await client.close();
      await rm(folder, { recursive: true });
    },
  };
}

/** The authorization server that the metadata of a resource name first. */
async function issuerOf(url) {
  const { origin, pathname } = new URL(url);
  const places = [
    `${origin}/.well-known/oauth-protected-resource${pathname}`,
    `${origin}/.well-known/oauth-protected-resource`,
  ];
  for (const place of places) {
    const response = await fetch(place);
    if (response.ok) return (await response.json()).authorization_servers[0];
  }
  return undefined;
}
