import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Client } from '@modelcontextprotocol/client';
import { StdioClientTransport } from '@modelcontextprotocol/client/stdio';
import { gatewayCommand } from '../gateway-command.mjs';
import { answerRequests, CAPABILITIES, CLIENT_INFO } from './handlers.mjs';

/** The SDK's client connected to a gateway of its own, whose one server `conf` is the one at `url`. */
export async function connectThroughGateway({ url, revision }) {
  const folder = await mkdtemp(join(tmpdir(), 'conformance-'));
  const config = join(folder, 'config.json');
  await writeFile(config, JSON.stringify({ conf: { url } }));
  const [command, ...args] = gatewayCommand(config);
  const client = answerRequests(
    new Client(CLIENT_INFO, {
      capabilities: CAPABILITIES,
      ...(revision === '2026-07-28' && { versionNegotiation: { mode: { pin: revision } } }),
    }),
  );
  await client.connect(new StdioClientTransport({ command, args }));
  const meta = async (name, input) => client.callTool({ name, arguments: input });
  const ask = async (name, input) => JSON.parse((await meta(name, input)).content[0].text);

  async function list() {
    const { results } = await ask('search', { filters: { server: 'conf' }, limit: 50 });
    return Promise.all(results.map(({ id }) => ask('describe', { id })));
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
