/**
 * The client that the suite drives: `node client-driver.mjs <url of the suite's server>`. The scenario and its revision
 * come in the environment; CONFORMANCE_THROUGH=gateway puts the gateway between this client and that server.
 */
import { connectDirectly } from './client/connect-directly.mjs';
import { connectThroughGateway } from './client/connect-through-gateway.mjs';
import { scenarioNamed } from './client/scenarios.mjs';

const {
  MCP_CONFORMANCE_SCENARIO: name,
  MCP_CONFORMANCE_PROTOCOL_VERSION: revision,
  MCP_CONFORMANCE_CONTEXT: context = '{}',
  CONFORMANCE_THROUGH: through,
} = process.env;

const connect = through === 'gateway' ? connectThroughGateway : connectDirectly;
const session = await connect({ url: process.argv.at(-1), revision, context: JSON.parse(context) });
try {
  await scenarioNamed(name)(session, JSON.parse(context));
} finally {
  await session.close();
}
