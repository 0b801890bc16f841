import { isJsonObject } from '../../core/json.ts';
import type { Checked, Surroundings } from '../check.ts';
import { checkSettings } from '../check-settings.ts';
import { warning } from '../finding.ts';
import type { RawConfig } from '../formats.ts';
import type { GatewaySettings } from '../settings.ts';

/** Settings that say something about the work in a project; all others are about the user's machine. */
export const PROJECT_SETTINGS: readonly string[] = ['expose', 'invoke', 'permissions'];

/** The settings of a project's file that count, defaults filled in; each other one is a warning. */
export function checkProjectSettings(
  { path, value }: RawConfig['settings'],
  surroundings: Surroundings,
): Checked<GatewaySettings> {
  if (!isJsonObject(value)) return checkSettings({ path, value }, surroundings);
  const names = Object.keys(value);
  const findings = names
    .filter((name) => !PROJECT_SETTINGS.includes(name))
    .map((name) => warning([...path, name], 'counts in your own configuration only; ignored in that of a project'));
  const own = Object.fromEntries(Object.entries(value).filter(([name]) => PROJECT_SETTINGS.includes(name)));
  const checked = checkSettings({ path, value: own }, surroundings);
  return { value: checked.value, findings: [...findings, ...checked.findings] };
}

/**
 * A project's settings over the user's, so that it forbids more and never less: `expose` may only be switched off, and the
 * user's `permissions` come first.
 */
export function mergeSettings(own: GatewaySettings, project: GatewaySettings): GatewaySettings {
  const { resources, prompts } = project.expose;
  return {
    ...own,
    expose: { resources: own.expose.resources && resources, prompts: own.expose.prompts && prompts },
    invoke: { ...own.invoke, ...project.invoke },
    // The first rule that fits decides.
    permissions: [...own.permissions, ...project.permissions],
  };
}
