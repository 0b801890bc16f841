import type { ConfigNotices } from '../broker/unavailable.ts';
import type { GatewayConfig } from '../config/load.ts';

/** Remarks on the configuration for the answer of a search. `rejected` is why the file as it is now was not taken over. */
export function configNotices(config: GatewayConfig, rejected: string | undefined): ConfigNotices {
  const { misconfigured, disabled, denied = [] } = config;
  const off = disabled.filter((key) => !denied.includes(key));
  return { misconfigured, disabled: off, ...configHint(config, rejected) };
}

/** Tells a model what of the configuration cannot be used as it stands, with the cure; nothing where all is well. */
function configHint(config: GatewayConfig, rejected: string | undefined): { hint?: string } {
  const hints = [hintOf(config, rejected), config.project?.notice].filter((hint) => hint !== undefined);
  return hints.length > 0 ? { hint: hints.join('\n') } : {};
}

function hintOf({ found, path, servers, problems }: GatewayConfig, rejected: string | undefined): string | undefined {
  if (rejected) return `The configuration was edited and not taken over: ${rejected}`;
  if (!found) return noConfig(path);
  const whole = problems.filter(({ severity, server }) => severity === 'error' && server === undefined);
  if (whole.length > 0) return whole.map(({ message }) => message).join('; ');
  if (servers.length > 0) return undefined;
  return path === '' ? 'The object given as configuration has no server.' : `No server is configured in ${path}.`;
}

/** Says that there is no file yet, and what to write where. */
export function noConfig(path: string): string {
  return `No configuration yet: write your servers to ${path}, for example {"name": {"command": ["npx", "-y", "some-mcp-server"]}}. It is picked up at once.`;
}
