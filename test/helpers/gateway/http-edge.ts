import type { JsonObject } from '../../../src/core/json.ts';
import { connectStreamable, type StreamableClient } from '../clients/streamable-client.ts';
import { type Entry, local, type UpstreamOptions } from '../servers/fixture.ts';
import { waitUntil } from '../system/processes.ts';
import { type HttpGateway, startHttpGateway } from './http-gateway.ts';

/** A gateway that serves HTTP with one server `u`, once its tools are known. */
export async function edgeOf(
  entry: Entry | UpstreamOptions = {},
  settings: object = {},
  headers: Record<string, string> = {},
): Promise<HttpGateway> {
  const server = 'type' in entry ? entry : local(entry as UpstreamOptions);
  const gateway = await startHttpGateway({ servers: [{ id: 'u', ...server }], ...settings });
  const known = async () =>
    (await (await fetch(`${gateway.address}/api/v1/tools`, { headers })).text()).includes('u::');
  await waitUntil(known, { what: `the tools of u are known; log: ${gateway.tail()}` });
  return gateway;
}

/** The same, and a client of it that speaks 2025-11-25 by hand unless said otherwise. */
export async function edgeWithClient(
  entry: Entry | UpstreamOptions = {},
  options: { version?: string; capabilities?: JsonObject } = {},
): Promise<{ gateway: HttpGateway; client: StreamableClient }> {
  const gateway = await edgeOf(entry);
  return { gateway, client: await connectStreamable(gateway.address, options) };
}
