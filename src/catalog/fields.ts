import { isJsonObject } from '../core/json.ts';
import type { ToolDefinition, ToolEntry } from '../core/tool.ts';

/** What the index knows of a tool: its id and the texts that a query is matched against. */
export interface SearchDocument {
  readonly id: string;
  readonly name: string;
  readonly title: string;
  readonly description: string;
  readonly server: string;
}

const MAX_NAME_CHARS = 300;
const MAX_PROSE_CHARS = 4000;

/** The searchable texts of a tool, bounded in length whatever its upstream wrote. */
export function searchDocument(entry: ToolEntry, serverDescription = ''): SearchDocument {
  const { definition } = entry;
  return {
    id: entry.id,
    name: definition.name.slice(0, MAX_NAME_CHARS),
    title: titleOf(definition).slice(0, MAX_NAME_CHARS),
    description: textOf(definition.description).slice(0, MAX_PROSE_CHARS),
    server: [entry.server, ...entry.tags, serverDescription].join(' ').slice(0, MAX_NAME_CHARS),
  };
}

/** A tool's display name: `title`, else `annotations.title`, else empty. */
export function titleOf({ title, annotations }: ToolDefinition): string {
  return textOf(title) || textOf(isJsonObject(annotations) ? annotations.title : undefined);
}

/** The value if it is a string, else empty: upstreams put anything anywhere. */
export function textOf(value: unknown): string {
  return typeof value === 'string' ? value : '';
}
