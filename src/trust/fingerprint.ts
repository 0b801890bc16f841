import { createHash, randomUUID } from 'node:crypto';
import type { ToolDefinition } from '../core/tool.ts';
import { canonicalJson } from './canonical-json.ts';
import { inSlices } from './in-slices.ts';

/** What a model or a caller acts on, beside the name by which tools are compared; the order is that of fingerprints. */
export const PARTS = ['title', 'description', 'inputSchema', 'outputSchema', 'annotations'] as const;

export type Part = (typeof PARTS)[number];

const PART_NAMES: Readonly<Record<Part, string>> = {
  title: 'title',
  description: 'description',
  inputSchema: 'input schema',
  outputSchema: 'output schema',
  annotations: 'annotations',
};

/** Characters of the digest of a part: 96 bits. */
const DIGEST_CHARS = 16;

/** A digest of each part, so that two fingerprints tell what differs. A definition nested too deeply never has the same twice. */
export function fingerprintOf(definition: ToolDefinition): string {
  try {
    return PARTS.map((part) => digestOf(definition[part])).join('.');
  } catch (error) {
    if (error instanceof RangeError) return randomUUID();
    throw error;
  }
}

/** Digest of a list of tools exactly as it was received, computed in slices; cheap, and different for lists that mean the same. */
export async function listDigest(tools: readonly ToolDefinition[]): Promise<string> {
  const hash = createHash('sha256');
  try {
    await inSlices(tools, (tool) => void hash.update(JSON.stringify(tool)));
  } catch (error) {
    if (!(error instanceof RangeError)) throw error;
    hash.update(randomUUID());
  }
  return hash.digest('base64url');
}

function digestOf(part: unknown): string {
  if (part === undefined) return '';
  return createHash('sha256').update(canonicalJson(part)).digest('base64url').slice(0, DIGEST_CHARS);
}

/** The parts in which two fingerprints differ. */
export function differing(one: string, other: string): readonly Part[] {
  const digests = other.split('.');
  const own = one.split('.');
  return PARTS.filter((_, at) => own[at] !== digests[at]);
}

/** Parts as people call them: `description and input schema`. */
export function partNames(parts: readonly Part[]): string {
  const names = parts.map((part) => PART_NAMES[part]);
  const last = names.pop() ?? '';
  return names.length > 0 ? `${names.join(', ')} and ${last}` : last;
}

/** Those parts of a definition, as its accepted text is kept. */
export function actedOn(definition: ToolDefinition): ToolDefinition {
  const parts = PARTS.flatMap((part) => (definition[part] === undefined ? [] : [[part, definition[part]]]));
  return { name: definition.name, ...Object.fromEntries(parts) };
}
