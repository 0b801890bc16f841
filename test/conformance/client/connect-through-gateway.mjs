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
  const meta = (name, input) => client.callTool({ name, arguments: input });
  return {
    list: async () => namesIn(await meta('search', { filters: { server: 'conf' }, limit: 50 })),
    call: (name, input = {}) => meta('invoke', { id: `conf::${name}`, args: input }),
    request: (method, params) => client.request({ method, params }),
    close: async () => {
      await client.close();
      await rm(folder, { recursive: true });
    },
  };
}

function namesIn({ content: [{ text }] }) {
  return JSON.parse(text).results.map(({ id }) => id.slice('conf::'.length));
}
